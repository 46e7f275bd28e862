//! The methods of each release, derived from a table of attributes and functions as `XendAPI.py` derives them.

use std::collections::HashMap;
use std::sync::LazyLock;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tells an attribute of the object that the second argument refers to.
    Get,
    /// Sets an attribute of that object.
    Set,
    /// Does something else with that object.
    Method,
    /// Is called on no object.
    Function,
}

impl Method {
    /// The method of that name in a release.
    pub(super) fn find(name: &str, release: Release) -> Option<&'static Self> {
        METHODS.by_name.get(name).map(|&at| &METHODS.all[at]).filter(|method| method.releases.contains(release))
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

    /// Whether the second argument refers to an object of the class. Sessions and events are not checked.
    pub(super) fn takes_reference(&self) -> bool {
        self.kind != Kind::Function && !matches!(self.class, "session" | "event")
    }

    /// Whether there is an `Async.` form: all but those that tell or set an attribute, and the login.
    pub(super) fn is_asynchronous(&self) -> bool {
        self.kind != Kind::Get && self.name != LOGIN
    }
}

struct Methods {
    /// Sorted by name.
    all: Vec<Method>,
    by_name: HashMap<String, usize>,
}

static METHODS: LazyLock<Methods> = LazyLock::new(|| {
    let rows = include_str!("methods.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut all: Vec<Method> = rows.flat_map(methods_of).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    let by_name = all.iter().enumerate().map(|(at, method)| (method.name.clone(), at)).collect();
    Methods { all, by_name }
});

/// The one or two methods of a row of the table.
fn methods_of(row: &'static str) -> Vec<Method> {
    let mut columns = row.split('\t');
    let mut column = || columns.next().expect("the table has these columns");
    let (class, kind, name) = (column(), column(), column());
    let releases = releases(column());
    let method = |kind, name: String, arguments| Method {
        name: format!("{class}.{name}"),
        class,
        kind,
        releases,
        arguments,
        result_type: None,
    };
    let get = || method(Kind::Get, format!("get_{name}"), 2);
    let set = || method(Kind::Set, format!("set_{name}"), 3);
    match kind {
        "ro" => vec![get()],
        "rw" => vec![get(), set()],
        _ => {
            let arguments = column().parse().expect("the table has counts");
            let kind = if kind == "method" { Kind::Method } else { Kind::Function };
            let result_type = columns.next().filter(|text| !text.is_empty());
            vec![Method { result_type, ..method(kind, name.to_owned(), arguments) }]
        }
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
