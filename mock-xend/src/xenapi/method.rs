//! The methods of each release, derived from a table of attributes and functions as `XendAPI.py` derives them.

use std::collections::HashMap;
use std::sync::LazyLock;

use xend_wire::Release;

use super::Simulation;

/// A method.
#[derive(Debug)]
pub(super) struct Method {
    /// `VM.get_power_state`.
    pub(super) name: String,
    /// `VM`.
    pub(super) class: &'static str,
    pub(super) act: Act,
    since: Release,
    /// How many arguments it takes, the session included.
    pub(super) arguments: usize,
    /// The type of the result that a task tells, if it tells one.
    pub(super) result_type: Option<&'static str>,
    pub(super) simulation: Simulation,
}

/// What a method does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Tells an attribute.
    Get(&'static str),
    /// Sets an attribute.
    Set(&'static str),
    /// Something else, to the object that the second argument refers to.
    Method(&'static str),
    /// Something else.
    Function(&'static str),
}

impl Method {
    /// The method of that name in a release.
    pub(super) fn find(name: &str, release: Release) -> Option<&'static Self> {
        METHODS.by_name.get(name).map(|&at| &METHODS.all[at]).filter(|method| method.since <= release)
    }

    /// All methods of a release, by name.
    pub(super) fn of(release: Release) -> impl Iterator<Item = &'static Self> {
        METHODS.all.iter().filter(move |method| method.since <= release)
    }

    /// Whether the second argument refers to an object of the class. Sessions and events are not checked.
    pub(super) fn takes_reference(&self) -> bool {
        !matches!(self.act, Act::Function(_)) && !matches!(self.class, "session" | "event")
    }

    /// Whether there is an `Async.` form: all but those that only tell an attribute, and the login.
    pub(super) fn is_asynchronous(&self) -> bool {
        !matches!(self.act, Act::Get(_)) && self.name != "session.login_with_password"
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
    let since: Release = column().parse().expect("the table has releases");
    let method = |act, name: String, arguments| Method {
        name: format!("{class}.{name}"),
        class,
        act,
        since,
        arguments,
        result_type: None,
        simulation: Simulation::Simulated,
    };
    let get = || method(Act::Get(name), format!("get_{name}"), 2);
    let set = || method(Act::Set(name), format!("set_{name}"), 3);
    match kind {
        "ro" => vec![get()],
        "rw" => vec![get(), set()],
        _ => {
            let arguments = column().parse().expect("the table has counts");
            let act = if kind == "method" { Act::Method(name) } else { Act::Function(name) };
            let result_type = columns.next().filter(|text| !text.is_empty());
            let simulation = match columns.next() {
                Some("scripted") => Simulation::ScriptedOnly,
                _ => Simulation::Simulated,
            };
            vec![Method { result_type, simulation, ..method(act, name.to_owned(), arguments) }]
        }
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
        check(Release::V3_1, include_str!("../../tests/xenapi/methods-3.1.txt"));
        check(Release::V3_4, include_str!("../../tests/xenapi/methods-3.4.txt"));
        check(Release::V4_1, include_str!("../../tests/xenapi/methods-4.1.txt"));
    }
}
