//! The methods of each release. They are derived from a table of attributes and functions, as `XendAPI.py` derives
//! them.

use std::collections::HashMap;
use std::sync::LazyLock;

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

/// A method of the Xen-API.
#[derive(Debug)]
pub(super) struct Method {
    /// The name, such as `VM.get_power_state`.
    pub(super) name: String,
    /// The class, such as `VM`.
    pub(super) class: &'static str,
    pub(super) kind: Kind,
    releases: Releases,
    /// The number of parameters, the session included.
    pub(super) arguments: usize,
    /// The type of the result that a task shows, if it shows one.
    pub(super) result_type: Option<&'static str>,
}

/// The only method that takes no session.
pub(super) const LOGIN: &str = "session.login_with_password";

/// The kind of method, which determines the checks before it is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Returns an attribute of the object that the second parameter refers to.
    Get(Access),
    /// Sets an attribute of the object that the second parameter refers to.
    Set(Access),
    /// Does something else with the object that the second parameter refers to.
    Method,
    /// Is not called on an object.
    Function,
}

/// How an attribute is read or set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Access {
    /// As in the record of the object: a value that is set is kept, and the record shows it.
    Record,
    /// The daemon never implemented it: `ETODO`.
    Todo,
    /// The daemon refuses it: `EUNSUPPORTED`.
    Unsupported,
    /// The value is returned without the struct around it, which is not a valid result.
    Bare,
    /// A mistake of the daemon raises an exception with this text.
    Raises(&'static str),
}

/// An attribute of a class.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    releases: Releases,
    pub(super) value_type: ValueType,
    /// The value of an object for which nothing else is known, in the notation of the table.
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
    /// The uuid of another object, or an empty text.
    Ref,
    /// More than one type, which depends on the release or on what a client has set.
    Any,
}

impl Attribute {
    /// Returns the attributes that a class has in a release, in the order of the record.
    pub(super) fn of(class: &str, release: Release) -> impl Iterator<Item = &'static Self> {
        let of_class = METHODS.attributes.iter().filter(move |it| it.class == class);
        of_class.filter(move |attribute| attribute.releases.contains(release))
    }

    /// Returns the value of an object for which nothing else is known.
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
    /// Returns the method with a name in a release.
    pub(super) fn find(name: &str, release: Release) -> Option<&'static Self> {
        let of_name = METHODS.by_name.get(name)?;
        of_name.iter().map(|&at| &METHODS.all[at]).find(|method| method.releases.contains(release))
    }

    /// Returns all methods of a release, sorted by name.
    pub(super) fn of(release: Release) -> impl Iterator<Item = &'static Self> {
        METHODS.all.iter().filter(move |method| method.releases.contains(release))
    }

    /// Returns the name without its class, such as `get_power_state`.
    pub(super) fn verb(&self) -> &str {
        &self.name[self.class.len() + 1..]
    }

    /// Returns the attribute that the method is about: `power_state` for `VM.get_power_state`, `other_config` for
    /// `VM.add_to_other_config`.
    pub(super) fn field(&self) -> &str {
        let verb = self.verb();
        let field = ["get_", "set_", "add_to_", "remove_from_"].iter().find_map(|prefix| verb.strip_prefix(prefix));
        field.unwrap_or(verb)
    }

    /// Returns whether the second parameter must refer to an object of the class. Sessions and events are not checked,
    /// and the check of an `SR` accepts anything (`valid_sr`).
    pub(super) fn takes_reference(&self) -> bool {
        self.kind != Kind::Function && !matches!(self.class, "session" | "event" | "SR")
    }

    /// Returns whether the method may increase the memory of the mock: it creates an object, or sets an attribute.
    pub(super) fn may_grow_registry(&self) -> bool {
        matches!(self.kind, Kind::Set(_))
            || ["create", "add_to_", "hard_reboot"].iter().any(|prefix| self.verb().starts_with(prefix))
    }

    /// Returns whether a class is among those that came later, in files of their own, with other ways to look objects
    /// up (`autoplug_classes`).
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

    /// Returns whether the method has an `Async.` form, as all have but the login and those that read or set an
    /// attribute.
    pub(super) fn is_asynchronous(&self) -> bool {
        matches!(self.kind, Kind::Method | Kind::Function) && self.name != LOGIN
    }
}

struct Methods {
    /// All methods, sorted by name.
    all: Vec<Method>,
    /// The places of the methods with a name. A name may have several methods, each of other releases.
    by_name: HashMap<String, Vec<usize>>,
    /// The attributes, in the order of the table.
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

/// Reads a row of the table, which stands for a method, or for an attribute with one or two methods.
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
    let (get, set) = (access(column()), access(column()));
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

fn access(text: &'static str) -> Access {
    match text {
        "" => Access::Record,
        "todo" => Access::Todo,
        "unsupported" => Access::Unsupported,
        "bare" => Access::Bare,
        text => Access::Raises(text),
    }
}

/// Parses a range of releases: `3.2` for that release and later ones, `3.1-4.1` from the first to the last.
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

    /// The expected names are those that `system.listMethods` of each release returned (captures
    /// `xenapi-system.listMethods`), without the methods that were registered for the captures.
    #[test]
    fn each_release_has_the_methods_of_the_captures() {
        let check = |release, captured: &str| {
            let names: Vec<_> = Method::of(release).map(|method| method.name.as_str()).collect();
            assert_eq!(names, captured.lines().collect::<Vec<_>>());
        };
        check(Release::V3_1, include_str!("../../../tests/mock/xenapi/methods-3.1.txt"));
        check(Release::V3_2, include_str!("../../../tests/mock/xenapi/methods-3.2.txt"));
        check(Release::V3_3, include_str!("../../../tests/mock/xenapi/methods-3.3.txt"));
        check(Release::V3_4, include_str!("../../../tests/mock/xenapi/methods-3.4.txt"));
        check(Release::V4_1, include_str!("../../../tests/mock/xenapi/methods-4.1.txt"));
        check(Release::V4_4, include_str!("../../../tests/mock/xenapi/methods-4.4.txt"));
    }
}
