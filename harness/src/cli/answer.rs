//! Formats the results of operations, for people and as JSON.

use serde_json::{Map, Value as Json, json};
use xend_client::Error as Failed;
use xend_wire::operation::Answer;
use xend_wire::sexpr::{Document, Rules, Sexpr, print_value};
use xend_wire::{visible, visible_lines};

/// Formats a result for people: a list of names as lines, records as a table, one record as its fields, a text as it
/// is.
///
/// Each value that the peer sent is on one line, so that it can't look like several. Only a text may have line breaks.
pub(super) fn text(document: &Document<'static>, answer: Answer) -> String {
    let items = || document.values().flat_map(Sexpr::items);
    match answer {
        Answer::Nothing => String::new(),
        Answer::Text => {
            let text = document.first().and_then(Sexpr::as_atom).unwrap_or_default();
            let text = visible_lines(text);
            if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
        }
        Answer::Names | Answer::References => items().map(|name| plain(name) + "\n").collect(),
        Answer::Records(head) => table(items(), head),
        Answer::Record(_) => fields(items().skip(1), 0),
        // A domain that is only defined has no device yet.
        Answer::Device => document.values().filter(|it| it.is_list()).map(|device| plain(device) + "\n").collect(),
        Answer::Devices => {
            let device = |device: Sexpr<'_>| {
                let number = visible(device.name().unwrap_or_default());
                format!("{number}\n{}", fields(device.items().skip(1).flat_map(Sexpr::items), 2))
            };
            items().map(device).collect()
        }
    }
}

/// The columns of a table of domains: for each its heading and its field.
const COLUMNS: [(&str, &str); 6] = [
    ("NAME", "name"),
    ("ID", "domid"),
    ("MEM(MiB)", "memory"),
    ("VCPUS", "vcpus"),
    ("STATE", "state"),
    ("TIME(s)", "cpu_time"),
];

fn table<'d>(records: impl Iterator<Item = Sexpr<'d>>, head: &str) -> String {
    let row = |record: Sexpr<'d>| {
        // A name may contain bytes that are not UTF-8.
        let shown = |field: &str| record.lookup(&format!("{head}/{field}"))?.value()?.as_atom().map(visible);
        COLUMNS.map(|(_, field)| match (shown(field), field) {
            (Some(text), "cpu_time") => text.parse().map_or(text, |time: f64| format!("{time:.1}")),
            (Some(text), _) => text,
            // The Xen-API gives the state as a word, in another field.
            (None, "state") => shown("power_state").map_or_else(|| "-".to_owned(), |state| state.to_ascii_lowercase()),
            (None, _) => "-".to_owned(),
        })
    };
    let rows: Vec<_> =
        std::iter::once(COLUMNS.map(|(heading, _)| heading.to_owned())).chain(records.map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS.len()]| {
        let cells = row.iter().zip(widths).enumerate().map(|(at, (cell, width))| match at {
            0 | 4 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// The length of the longest name, in bytes, that counts for the alignment of values.
const WIDEST: usize = 20;

/// Formats fields below each other with their values aligned. Fields inside a field are indented below it.
fn fields<'d>(fields: impl Iterator<Item = Sexpr<'d>>, indent: usize) -> String {
    let fields: Vec<_> = fields.collect();
    let names = fields.iter().filter_map(|field| field.name());
    let width = names.map(<[u8]>::len).filter(|&length| length <= WIDEST).max().unwrap_or_default();
    let mut text = String::new();
    let mut open: Vec<(Sexpr<'d>, usize, usize)> = fields.into_iter().rev().map(|it| (it, indent, width)).collect();
    // A stack is used and no recursion, because a peer may send deeply nested values.
    while let Some((field, indent, width)) = open.pop() {
        let name = visible(field.name().unwrap_or_default());
        let inside: Vec<_> = field.items().skip(1).collect();
        if !inside.is_empty() && inside.iter().all(|value| is_field(*value)) {
            text += &format!("{:indent$}{name}\n", "");
            let names = inside.iter().filter_map(|field| field.name());
            let width = names.map(<[u8]>::len).filter(|&length| length <= WIDEST).max().unwrap_or_default();
            open.extend(inside.into_iter().rev().map(|it| (it, indent + 2, width)));
        } else if field.is_list() {
            let values: Vec<_> = inside.into_iter().map(plain).collect();
            let line = format!("{:indent$}{name:<width$}  {}", "", values.join(" "));
            text += line.trim_end();
            text.push('\n');
        } else {
            text += &format!("{:indent$}{}\n", "", plain(field));
        }
    }
    text
}

/// Returns whether a value is a field, that is, a name with values, and not a list of numbers or references.
fn is_field(value: Sexpr<'_>) -> bool {
    let is_word = |name: &[u8]| name.first().is_some_and(u8::is_ascii_alphabetic);
    let is_reference = |name: &[u8]| name.len() == 36 && name.iter().filter(|&&b| b == b'-').count() == 4;
    value.name().is_some_and(|name| is_word(name) && !is_reference(name))
}

/// Formats a value on one line: an atom as its text, a list as an S-expression.
fn plain(value: Sexpr<'_>) -> String {
    match value.as_atom() {
        Some(atom) => visible(atom),
        None => visible(&print_value(value, Rules::strict())),
    }
}

/// Formats a result as JSON on one line: a text as a string, a list of names as an array, a record as an object.
///
/// A field with one value becomes that value, a field that contains fields an object, and any other field an array. The
/// values of a field that may occur several times are collected in an array.
pub(super) fn json(document: &Document<'static>, answer: Answer) -> String {
    let items = || document.values().flat_map(Sexpr::items);
    let value = match answer {
        Answer::Nothing => Json::Null,
        Answer::Text => document.first().map_or(Json::Null, value),
        Answer::Names | Answer::References => items().map(value).collect(),
        Answer::Records(_) => items().map(|record| object(record.items().skip(1))).collect(),
        Answer::Record(_) => object(items().skip(1)),
        Answer::Device => document.first().filter(|it| it.is_list()).map_or(Json::Null, |device| {
            let pairs: Vec<_> = device.value().into_iter().flat_map(Sexpr::items).map(plain).collect();
            let numbers = pairs.chunks_exact(2).map(|pair| (pair[0].clone(), Json::from(pair[1].clone())));
            let kind = escaped(device.name().unwrap_or_default());
            std::iter::once(("type".to_owned(), Json::from(kind))).chain(numbers).collect()
        }),
        Answer::Devices => {
            let device = |device: Sexpr<'_>| {
                let number = escaped(device.name().unwrap_or_default());
                (number, object_at(device.items().skip(1).flat_map(Sexpr::items), &[], 0))
            };
            items().map(device).collect()
        }
    };
    format!("{value}\n")
}

pub(super) fn json_error(error: &Failed) -> String {
    let fate = format!("{:?}", error.fate()).to_ascii_lowercase();
    let mut error_members = json!({
        "code": error.code().as_str(),
        "message": error.message(),
        "operation": error.operation(),
        "fate": fate,
    });
    if let Some(face) = error.other_face() {
        error_members["other_face"] = face.as_str().into();
    }
    if let Some(status) = error.status() {
        error_members["status"] = status.into();
    }
    if let Some(domain) = error.domain() {
        error_members["domain"] = domain.into();
    }
    format!("{}\n", json!({ "error": error_members }))
}

/// Converts bytes to a string, with an escape such as `\xf3` for each byte that is not UTF-8.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// The depth from which a value is written as a string with an S-expression in it. Nothing that the daemon sends is so
/// deep.
const DEEPEST: usize = 32;

/// The fields of a domain that occur once for each device or virtual processor.
const SEVERAL: [&str; 2] = ["device", "vcpu"];

/// The fields of the Xen-API that are lists, even if they have one value or none.
const LISTS: [&str; 18] = [
    "consoles",
    "VIFs",
    "VBDs",
    "VTPMs",
    "DPCIs",
    "DSCSIs",
    "DSCSI_HBAs",
    "crash_dumps",
    "cpu_pool",
    "PBDs",
    "PIFs",
    "PPCIs",
    "PSCSIs",
    "PSCSI_HBAs",
    "resident_VMs",
    "resident_cpu_pools",
    "capabilities",
    "supported_bootloaders",
];

/// The fields of the Xen-API that are objects, even if they are empty.
const MAPS: [&str; 8] = [
    "API_version_vendor_implementation",
    "platform",
    "other_config",
    "HVM_boot_params",
    "tools_version",
    "runtime_properties",
    "logging",
    "cpu_configuration",
];

fn object<'d>(fields: impl Iterator<Item = Sexpr<'d>>) -> Json {
    object_at(fields, &SEVERAL, 0)
}

fn object_at<'d>(fields: impl Iterator<Item = Sexpr<'d>>, several: &[&str], depth: usize) -> Json {
    let mut members: Map<String, Json> = Map::new();
    let mut repeated: Vec<String> = Vec::new();
    for field in fields {
        let name = escaped(field.name().unwrap_or_default());
        let inside: Vec<_> = field.items().skip(1).collect();
        let inside = match inside[..] {
            _ if LISTS.contains(&name.as_str()) => inside.into_iter().map(|value| value_at(value, depth + 1)).collect(),
            [] if MAPS.contains(&name.as_str()) => Json::Object(Map::new()),
            [] => Json::from(""),
            _ if depth < DEEPEST && inside.iter().all(|value| is_field(*value)) => {
                object_at(inside.into_iter(), several, depth + 1)
            }
            [one] => value_at(one, depth + 1),
            _ => inside.into_iter().map(|value| value_at(value, depth + 1)).collect(),
        };
        match members.get_mut(&name) {
            Some(Json::Array(values)) if repeated.contains(&name) => values.push(inside),
            Some(first) => {
                *first = Json::Array(vec![first.take(), inside]);
                repeated.push(name);
            }
            // A field that may occur several times is an array even if it occurs once.
            None if several.contains(&name.as_str()) => {
                members.insert(name.clone(), Json::Array(vec![inside]));
                repeated.push(name);
            }
            None => drop(members.insert(name, inside)),
        }
    }
    Json::Object(members)
}

fn value(value: Sexpr<'_>) -> Json {
    value_at(value, 0)
}

fn value_at(value: Sexpr<'_>, depth: usize) -> Json {
    match value.as_atom() {
        Some(atom) => escaped(atom).into(),
        None if depth >= DEEPEST => escaped(&print_value(value, Rules::strict())).into(),
        None => value.items().map(|item| value_at(item, depth + 1)).collect(),
    }
}
