//! Two small readers, written from the specifications and apart from `xend-wire`, whose faults can be switched on one by
//! one. With none switched on they pass every case that they are asked. XML is read by `encoding`, `xml` and `reference`, XML-RPC by `xmlrpc`, `scalar`
//! and `value`, S-expressions by `sexpr`; `change` is what faulty readers do to text.

pub(crate) mod change;
mod encoding;
mod reference;
mod scalar;
pub(crate) mod sexpr;
mod value;
mod xml;
pub(crate) mod xmlrpc;

use std::collections::BTreeSet;
use std::sync::Mutex;

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
    notes: Option<&'a Notes>,
}

/// What the reader without faults came by in a document. A fault of another name changes nothing there.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    names: Mutex<BTreeSet<String>>,
    /// The texts that could be altered, with the names of what they are.
    texts: Mutex<Vec<(String, String)>>,
}

impl Notes {
    /// Whether the fault could show in the document.
    pub(crate) fn concern(&self, mutant: &Mutant) -> bool {
        let names = self.names.lock().unwrap();
        let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
        let alters = |(name, text): &(String, String)| {
            mutant.change.as_ref() == Some(name)
                && change::text(mutant.to.as_deref().unwrap_or_default(), text) != *text
        };
        is_named(&mutant.allow)
            || is_named(&mutant.refuse)
            || is_named(&mutant.change)
            || self.texts.lock().unwrap().iter().any(alters)
    }
}

impl<'a> Faults<'a> {
    /// Those of these readers.
    pub(crate) fn of(mutants: &'a [&'a Mutant]) -> Self {
        Self { mutants, notes: None }
    }

    /// None; what they could concern is noted.
    pub(crate) fn none(notes: &'a Notes) -> Self {
        Self { mutants: &[], notes: Some(notes) }
    }

    fn note(self, name: &str, place: &str) {
        if let Some(notes) = self.notes {
            notes.names.lock().unwrap().insert(format!("{name}{place}"));
        }
    }

    /// What becomes of a text of that name: the faults alter it one after the other.
    pub(crate) fn text(self, name: &'a str, text: &str) -> String {
        if let Some(notes) = self.notes {
            notes.texts.lock().unwrap().push((name.to_owned(), text.to_owned()));
        }
        self.of_name(name).fold(text.to_owned(), |text, how| change::text(how, &text))
    }

    fn of_name(self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let changed = self.mutants.iter().filter(move |mutant| mutant.change.as_deref() == Some(name));
        changed.map(|mutant| mutant.to.as_deref().unwrap_or_default())
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
        self.of_name(name)
    }

    /// Whether that happens to what has that name.
    pub(crate) fn has(self, name: &'a str, to: &str) -> bool {
        self.changes(name).any(|change| change == to)
    }

    /// What happens instead to what has that name in that place.
    pub(crate) fn change_in(self, name: &str, place: &str) -> Option<&'a str> {
        self.note(name, place);
        let changed = self.mutants.iter().find(|mutant| is(mutant.change.as_deref(), name, place));
        changed.map(|mutant| mutant.to.as_deref().unwrap_or_default())
    }

    /// What becomes of a text that stands in that place.
    pub(crate) fn text_in(self, name: &str, place: &str, text: String) -> String {
        if let Some(notes) = self.notes {
            notes.texts.lock().unwrap().push((format!("{name}{place}"), text.clone()));
        }
        let changed = self.mutants.iter().filter(|mutant| is(mutant.change.as_deref(), name, place));
        changed.fold(text, |text, mutant| change::text(mutant.to.as_deref().unwrap_or_default(), &text))
    }

    /// [`Faults::check_in`] for a place with several names, the narrowest of which has the wider ones: each is a fault.
    pub(crate) fn check_in_each(self, name: &str, places: &[&str]) -> Result<(), Refused> {
        places.iter().map(|place| self.check_in(name, place)).fold(Err(Refused), Result::or)
    }

    /// [`Faults::meet_in`] for a place with several names.
    pub(crate) fn meet_in_each(self, name: &str, places: &[&str]) -> Result<(), Refused> {
        places.iter().map(|place| self.meet_in(name, place)).fold(Ok(()), Result::and)
    }

    /// [`Faults::change_in`] for a place with several names.
    pub(crate) fn change_in_each(self, name: &str, places: &[&str]) -> Option<&'a str> {
        places.iter().map(|place| self.change_in(name, place)).fold(None, Option::or)
    }

    /// The number that limits what has that name.
    pub(crate) fn limit(self, name: &'a str) -> usize {
        self.changes(name).filter_map(|change| change.parse().ok()).min().unwrap_or(usize::MAX)
    }
}

fn is(fault: Option<&str>, name: &str, place: &str) -> bool {
    fault.and_then(|fault| fault.strip_prefix(name)) == Some(place)
}
