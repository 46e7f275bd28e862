//! Two small readers, written from the specifications and apart from `xend-wire`, whose faults can be switched on one by
//! one. With none switched on they pass every case that they are asked.

pub(crate) mod change;
pub(crate) mod scalar;
pub(crate) mod sexpr;
pub(crate) mod xml;
pub(crate) mod xmlrpc;

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::mutants::Mutant;

/// The document is refused.
#[derive(Debug, PartialEq)]
pub(crate) struct Refused;

/// The faults that are switched on.
///
/// A check that a document fails is asked for by name with [`Faults::check`], and a reader that has the fault `allow` of
/// that name goes on. A construct that is fine is passed by [`Faults::meet`], and a reader that has the fault `refuse` of
/// that name stops. What is made of a piece of the document is altered by the faults `change` of that name.
#[derive(Clone, Copy)]
pub(crate) struct Faults<'a> {
    mutants: &'a [&'a Mutant],
    asked: Option<&'a RefCell<BTreeSet<String>>>,
}

impl<'a> Faults<'a> {
    /// Those of these readers.
    pub(crate) fn of(mutants: &'a [&'a Mutant]) -> Self {
        Self { mutants, asked: None }
    }

    /// None; the names that are asked for are noted, for a fault of another name changes nothing.
    pub(crate) fn none(asked: &'a RefCell<BTreeSet<String>>) -> Self {
        Self { mutants: &[], asked: Some(asked) }
    }

    fn note(self, name: &str, place: &str) {
        if let Some(asked) = self.asked {
            asked.borrow_mut().insert(format!("{name}{place}"));
        }
    }

    /// A rule is broken: the document is refused, unless the reader lacks the check.
    pub(crate) fn check(self, name: &str) -> Result<(), Refused> {
        self.check_in(name, "")
    }

    /// The same for a check that is made in several places: `text-in-param` is the check `text-in-` in a `param`.
    pub(crate) fn check_in(self, name: &str, place: &str) -> Result<(), Refused> {
        self.note(name, place);
        let is_off = self.mutants.iter().any(|mutant| is(mutant.allow.as_deref(), name, place));
        if is_off { Ok(()) } else { Err(Refused) }
    }

    /// Something that is fine: the document is refused only by a reader that can't read it.
    pub(crate) fn meet(self, name: &str) -> Result<(), Refused> {
        self.meet_in(name, "")
    }

    /// The same for something that may stand in several places.
    pub(crate) fn meet_in(self, name: &str, place: &str) -> Result<(), Refused> {
        self.note(name, place);
        let is_strange = self.mutants.iter().any(|mutant| is(mutant.refuse.as_deref(), name, place));
        if is_strange { Err(Refused) } else { Ok(()) }
    }

    /// What happens instead to what has that name.
    pub(crate) fn changes(self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.note(name, "");
        let changed = self.mutants.iter().filter(move |mutant| mutant.change.as_deref() == Some(name));
        changed.map(|mutant| mutant.to.as_deref().unwrap_or_default())
    }

    /// Whether that happens to what has that name.
    pub(crate) fn has(self, name: &'a str, to: &str) -> bool {
        self.changes(name).any(|change| change == to)
    }

    /// The number that limits what has that name.
    pub(crate) fn limit(self, name: &'a str) -> usize {
        self.changes(name).filter_map(|change| change.parse().ok()).min().unwrap_or(usize::MAX)
    }
}

fn is(fault: Option<&str>, name: &str, place: &str) -> bool {
    fault.and_then(|fault| fault.strip_prefix(name)) == Some(place)
}
