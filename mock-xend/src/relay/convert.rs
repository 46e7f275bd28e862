//! A scenario that answers as a recording does, and cases of what a server sent.

use std::collections::BTreeSet;
use std::fmt::Write;

use data_encoding::BASE64;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Rules, Value};
use xend_wire::{Limits, Release, sexpr};

use super::recording::{End, Recorded, Recording};
use super::same::{Form, decode};
use crate::fault::Parts;
use crate::redact::{REDACTED, SESSION};
use crate::scenario::{Match, no_pattern};

impl Recording {
    /// Returns a scenario, in TOML, with an expectation for each exchange. Where something was redacted it matches any
    /// value.
    pub fn to_scenario(&self) -> String {
        let mut text = String::new();
        if let Some(release) = self.release {
            let _ = writeln!(text, "release = \"{release}\"\n");
        }
        for exchange in &self.exchanges {
            let _ = writeln!(text, "# {}\n[[expect]]\nface = \"{}\"", exchange.case.escape_debug(), self.face);
            text.push_str(&requests(self.face, exchange));
            text.push_str(&reply(exchange));
            text.push('\n');
        }
        text
    }

    /// Returns a conformance case for each document that the server sent: the path of its file below a folder of cases,
    /// and its text. A reader must accept what a server sends, whatever it makes of it: a recording has bytes, no values.
    /// `file` is the name of the recording, which the cases name as their source.
    pub fn to_cases(&self, file: &str) -> Vec<(String, String)> {
        let mut seen = BTreeSet::new();
        let mut cases = Vec::new();
        for exchange in &self.exchanges {
            let Some(body) = exchange.response.as_deref().map(|response| Parts::of_message(response).body) else {
                continue;
            };
            let Some(codec) = codec(self.face, body).filter(|_| seen.insert(body)) else { continue };
            let id = format!("{codec}/recorded-{}", exchange.case.replace(['.', '_'], "-"));
            let input = match str::from_utf8(body) {
                Ok(text) => format!("input = {}", string(text)),
                Err(_) => format!("input_base64 = \"{}\"", BASE64.encode(body)),
            };
            let title = string(&format!("What a server sent in {} is read", exchange.case));
            let source = string(&format!("recorded: {file}, exchange {}", exchange.case));
            let text =
                format!("id = {}\ntitle = {title}\nsource = {source}\n{input}\n{}", string(&id), accepted(codec, body));
            cases.push((format!("{id}.toml"), text));
        }
        cases
    }
}

/// Returns the codec that reads the body of a reply; `None` if it is no document.
fn codec(face: Face, body: &[u8]) -> Option<&'static str> {
    let limits = Limits::default();
    match face {
        Face::Sxp => {
            let is_list = body.starts_with(b"(");
            let rules = sexpr::Rules::xend(Release::V4_1);
            (is_list && sexpr::parse_with(body, rules, &limits).is_ok()).then_some("sexpr")
        }
        Face::XmlRpc | Face::XenApi => {
            xmlrpc::decode_response(body, Rules::xend(Release::V4_1), &limits).is_ok().then_some("xmlrpc")
        }
    }
}

/// Returns what is expected of readers of a document: to accept it, by all rules if the specification allows it, and
/// otherwise by those of the daemon, and of `nil`, which the daemon sends for nothing, where a subject has it.
fn accepted(codec: &str, body: &[u8]) -> String {
    let is_read_by = |rules| xmlrpc::decode_response(body, rules, &Limits::default()).is_ok();
    let by = |keys: &str| format!("\n[[expect]]\n{keys}level = \"may\"\nany_of = [{{ accept = true }}]\n");
    if codec == "sexpr" || is_read_by(Rules::spec()) {
        return by("");
    }
    let mut text = by("rules = [\"xend\"]\n");
    if memchr::memmem::find(body, b"<nil/>").is_some() && is_read_by(Rules::extended()) {
        text += &by("rules = [\"extended\"]\nneeds = [\"nil\"]\n");
    }
    text
}

/// Returns the keys that describe a request.
fn requests(face: Face, exchange: &Recorded) -> String {
    let parts = Parts::of_message(&exchange.request);
    let mut text = String::new();
    let mut put = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    if face == Face::Sxp {
        let form = Form::of(parts);
        let is_usual = form.method.iter().all(u8::is_ascii_uppercase);
        put("method", if is_usual { expected(&form.method) } else { pattern(&form.method) });
        if form.path.starts_with(b"/") {
            put("path", expected(&form.path));
        }
        // An expectation has each field once, and names are texts.
        let is_once = |name: &[u8]| form.fields.iter().filter(|(other, _)| other == name).count() == 1;
        let known = |(name, value): &(Vec<u8>, Vec<u8>)| {
            let name = str::from_utf8(name).ok().filter(|name| is_once(name.as_bytes()))?;
            Some(format!("{} = {}", string(name), expected(value)))
        };
        let fields: Vec<_> = form.fields.iter().filter_map(known).collect();
        if !fields.is_empty() {
            put("fields", format!("{{ {} }}", fields.join(", ")));
        }
        if (!form.body.is_empty() || fields.len() < form.fields.len()) && !parts.body.is_empty() {
            put("body", expected(parts.body));
        }
    } else if let Some((method, params)) = decode(parts.body) {
        let is_of_http = method.bytes().all(|byte| byte.is_ascii_uppercase());
        put("method", if is_of_http { pattern(method.as_bytes()) } else { expected(method.as_bytes()) });
        put("params", format!("[{}]", params.iter().map(value).collect::<Vec<_>>().join(", ")));
    } else if !parts.body.is_empty() {
        put("body", expected(parts.body));
    }
    text
}

/// Returns the keys that describe a reply.
fn reply(exchange: &Recorded) -> String {
    let Some(response) = &exchange.response else {
        return format!("reply = \"{}\"\n", if exchange.end == End::Silent { "hang" } else { "close" });
    };
    let reply = match str::from_utf8(response) {
        Ok(text) => format!("reply = {{ raw = {} }}\n", string(text)),
        Err(_) => format!("reply = {{ raw-base64 = \"{}\" }}\n", BASE64.encode(response)),
    };
    match exchange.end {
        End::Reset => reply + "faults = [{ reset = \"end\" }]\n",
        End::Closed | End::Open | End::Late | End::Silent => reply,
    }
}

/// Returns what a text must be, as scenarios write it: this very text, where a mark stands for any.
fn expected(text: &[u8]) -> String {
    match str::from_utf8(text) {
        Ok(REDACTED | SESSION) => "{ any = true }".to_owned(),
        Ok(text) if text.contains(REDACTED) || text.contains(SESSION) => pattern(text.as_bytes()),
        Ok(text) if no_pattern(text.as_bytes(), true).is_err() => format!("{{ exact = {} }}", string(text)),
        Ok(text) => string(text),
        Err(_) => pattern(text),
    }
}

/// Returns the pattern of a text in which a mark stands for any; that of any text if it is too long for a pattern.
fn pattern(text: &[u8]) -> String {
    let mut pattern = String::new();
    let marks = [REDACTED, SESSION];
    let mut left = text;
    while let Some((first, behind)) = left.split_first() {
        if let Some(mark) = marks.iter().find(|mark| left.starts_with(mark.as_bytes())) {
            pattern.push_str("(?s:.*)");
            left = &left[mark.len()..];
            continue;
        }
        match first {
            b' '..=b'~' => pattern.push_str(&regex::escape(&char::from(*first).to_string())),
            first => {
                let _ = write!(pattern, "\\x{first:02X}");
            }
        }
        left = behind;
    }
    match Match::regex(&pattern).check(true, &|_| Ok(())) {
        Ok(()) => format!("{{ matches = {} }}", string(&pattern)),
        Err(_) => "{ any = true }".to_owned(),
    }
}

/// Returns a string of TOML on one line.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => drop(write!(quoted, "\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Returns a value as scenarios write it.
fn value(of: &Value) -> String {
    match of {
        Value::Int(number) => number.to_string(),
        Value::I8(number) => format!("{{ i8 = {number} }}"),
        Value::Boolean(flag) => flag.to_string(),
        Value::String(text) => expected(text.as_bytes()),
        // Not even itself.
        Value::Double(number) if number.is_nan() => "{ any = \"double\" }".to_owned(),
        Value::Double(number) => format!("{{ double = \"{number}\" }}"),
        Value::DateTime(text) => format!("{{ dateTime = {} }}", string(text)),
        Value::Base64(bytes) => format!("{{ base64 = \"{}\" }}", BASE64.encode(bytes)),
        Value::Array(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(", ")),
        Value::Struct(members) => {
            let pair =
                |(name, of): &(xend_wire::xmlrpc::CompactString, Value)| format!("[{}, {}]", string(name), value(of));
            format!("{{ struct = [{}] }}", members.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Nil => "{ nil = true }".to_owned(),
    }
}
