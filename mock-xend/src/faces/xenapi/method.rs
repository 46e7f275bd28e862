//! The methods of each release, derived from a table of attributes and functions as `XendAPI.py` derives them.

use std::collections::HashMap;
use std::sync::LazyLock;

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

/// A method.
#[derive(Debug)]
pub(super) struct Method {
    /// `VM.get_power_state`.
    pub(super) name: String,
    /// `VM`.
    pub(super) class: &'static str,
    pub(super) kind: Kind,
    releases: Releases,
    /// How many arguments it takes, the session included.
    pub(super) arguments: usize,
    /// The type of the result that a task tells, if it tells one.
    pub(super) result_type: Option<&'static str>,
}

/// The only method that takes no session.
pub(super) const LOGIN: &str = "session.login_with_password";

/// What kind of method it is, which decides on what is checked before it is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Tells an attribute of the object that the second argument refers to.
    Get(Way),
    /// Sets an attribute of that object.
    Set(Way),
    /// Does something else with that object.
    Method,
    /// Is called on no object.
    Function,
}

/// How an attribute is told or set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// As the record of the object says it; what is set is kept, and the record says it.
    Record,
    /// The daemon never got to it: `ETODO`.
    Todo,
    /// The daemon refuses it: `EUNSUPPORTED`.
    Unsupported,
    /// The value comes without the struct around it, which is no result.
    Bare,
    /// The daemon's own fault raises an exception of this text.
    Raises(&'static str),
}

/// An attribute of a class.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    releases: Releases,
    pub(super) value_type: ValueType,
    /// Its value where nothing else is said, as the table has it.
    default: &'static str,
}

/// The type of an attribute's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    Text,
    Int,
    Float,
    Bool,
    Time,
    List,
    Map,
    /// The uuid of another object, or nothing.
    Ref,
    /// More than one, by release or by what a client has set.
    Any,
}

impl Attribute {
    /// The attributes of a class that a release has, in the order of its record.
    pub(super) fn of(class: &str, release: Release) -> impl Iterator<Item = &'static Self> {
        let of_class = METHODS.attributes.iter().filter(move |it| it.class == class);
        of_class.filter(move |attribute| attribute.releases.contains(release))
    }

    /// The value of an object of which nothing else is said.
    pub(super) fn default(&self) -> Datum {
        match self.value_type {
            ValueType::Text | ValueType::Ref | ValueType::Any | ValueType::Time => self.default.into(),
            ValueType::Int => self.default.parse().unwrap_or(0_i64).into(),
            ValueType::Float => 0.0.into(),
            ValueType::Bool => (self.default == "true").into(),
            ValueType::List => Datum::List(Vec::new()),
            ValueType::Map => Datum::Dict(Vec::new()),
        }
    }
}

impl Method {
    /// The method of that name in a release.
    pub(super) fn find(name: &str, release: Release) -> Option<&'static Self> {
        let of_name = METHODS.by_name.get(name)?;
        of_name.iter().map(|&at| &METHODS.all[at]).find(|method| method.releases.contains(release))
    }

    /// All methods of a release, by name.
    pub(super) fn of(release: Release) -> impl Iterator<Item = &'static Self> {
        METHODS.all.iter().filter(move |method| method.releases.contains(release))
    }

    /// The name without its class: `get_power_state`.
    pub(super) fn verb(&self) -> &str {
        &self.name[self.class.len() + 1..]
    }

    /// The attribute that the method is about: `power_state` of `VM.get_power_state`, `other_config` of
    /// `VM.add_to_other_config`.
    pub(super) fn field(&self) -> &str {
        let verb = self.verb();
        let field = ["get_", "set_", "add_to_", "remove_from_"].iter().find_map(|prefix| verb.strip_prefix(prefix));
        field.unwrap_or(verb)
    }

    /// Whether the second argument is checked to refer to an object of the class. Sessions and events are not checked,
    /// and the check of an `SR` takes anything (`valid_sr`).
    pub(super) fn takes_reference(&self) -> bool {
        self.kind != Kind::Function && !matches!(self.class, "session" | "event" | "SR")
    }

    /// Whether more may be kept after it than before: it makes an object, or sets an attribute.
    pub(super) fn is_growing(&self) -> bool {
        matches!(self.kind, Kind::Set(_))
            || ["create", "add_to_", "hard_reboot"].iter().any(|prefix| self.verb().starts_with(prefix))
    }

    /// Whether a class is one of those whose code came later, in files of their own, with other ways to look things up
    /// (`autoplug_classes`).
    pub(super) fn is_autoplugged(class: &str) -> bool {
        const AUTOPLUGGED: [&str; 14] = [
            "network",
            "PIF",
            "VM_metrics",
            "PBD",
            "PIF_metrics",
            "PPCI",
            "DPCI",
            "PSCSI",
            "PSCSI_HBA",
            "DSCSI",
            "DSCSI_HBA",
            "XSPolicy",
            "ACMPolicy",
            "cpu_pool",
        ];
        AUTOPLUGGED.contains(&class)
    }

    /// Whether there is an `Async.` form: all but those that tell or set an attribute, and the login.
    pub(super) fn is_asynchronous(&self) -> bool {
        matches!(self.kind, Kind::Method | Kind::Function) && self.name != LOGIN
    }
}

struct Methods {
    /// Sorted by name.
    all: Vec<Method>,
    /// A name may stand for several methods, each of other releases.
    by_name: HashMap<String, Vec<usize>>,
    /// In the order of the table.
    attributes: Vec<Attribute>,
}

static METHODS: LazyLock<Methods> = LazyLock::new(|| {
    let (mut all, mut attributes) = (Vec::new(), Vec::new());
    for row in include_str!("methods.tsv").lines().filter(|line| !line.starts_with('#')) {
        read_row(row, &mut all, &mut attributes);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, method) in all.iter().enumerate() {
        by_name.entry(method.name.clone()).or_default().push(at);
    }
    Methods { all, by_name, attributes }
});

/// Reads a row of the table: a method, or an attribute with its one or two.
fn read_row(row: &'static str, methods: &mut Vec<Method>, attributes: &mut Vec<Attribute>) {
    let mut columns = row.split('\t');
    let mut column = || columns.next().unwrap_or_default();
    let (class, kind, name) = (column(), column(), column());
    let releases = releases(column());
    let method = |verb: String, kind, arguments, result_type| Method {
        name: format!("{class}.{verb}"),
        class,
        kind,
        releases,
        arguments,
        result_type,
    };
    if matches!(kind, "method" | "function") {
        let arguments = column().parse().expect("the table has counts");
        let kind = if kind == "method" { Kind::Method } else { Kind::Function };
        methods.push(method(name.to_owned(), kind, arguments, Some(column()).filter(|text| !text.is_empty())));
        return;
    }
    attributes.push(Attribute { class, name, releases, value_type: value_type(column()), default: column() });
    let (get, set) = (way(column()), way(column()));
    methods.push(method(format!("get_{name}"), Kind::Get(get), 2, None));
    if kind == "rw" {
        methods.push(method(format!("set_{name}"), Kind::Set(set), 3, None));
    }
}

fn value_type(text: &str) -> ValueType {
    match text {
        "text" => ValueType::Text,
        "int" => ValueType::Int,
        "float" => ValueType::Float,
        "bool" => ValueType::Bool,
        "time" => ValueType::Time,
        "list" => ValueType::List,
        "map" => ValueType::Map,
        "ref" => ValueType::Ref,
        "any" => ValueType::Any,
        _ => panic!("the table has types, `{text}` is none"),
    }
}

fn way(text: &'static str) -> Way {
    match text {
        "" => Way::Record,
        "todo" => Way::Todo,
        "unsupported" => Way::Unsupported,
        "bare" => Way::Bare,
        text => Way::Raises(text),
    }
}

/// `3.2`: that release and later ones; `3.1-4.1`: from the first to the last.
fn releases(text: &str) -> Releases {
    let release = |text: &str| -> Release { text.parse().expect("the table has releases") };
    match text.split_once('-') {
        Some((first, last)) => Releases::between(release(first), release(last)),
        None => Releases::since(release(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what `system.listMethods` of each release gave (captures `xenapi-system.listMethods`), without the
    /// methods that were registered for the captures.
    #[test]
    fn each_release_has_the_methods_of_the_captures() {
        let check = |release, captured: &str| {
            let names: Vec<_> = Method::of(release).map(|method| method.name.as_str()).collect();
            assert_eq!(names, captured.lines().collect::<Vec<_>>());
        };
        check(Release::V3_1, include_str!("../../../tests/xenapi/methods-3.1.txt"));
        check(Release::V3_2, include_str!("../../../tests/xenapi/methods-3.2.txt"));
        check(Release::V3_3, include_str!("../../../tests/xenapi/methods-3.3.txt"));
        check(Release::V3_4, include_str!("../../../tests/xenapi/methods-3.4.txt"));
        check(Release::V4_1, include_str!("../../../tests/xenapi/methods-4.1.txt"));
        check(Release::V4_4, include_str!("../../../tests/xenapi/methods-4.4.txt"));
    }
}
