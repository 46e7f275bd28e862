//! The settings, from the rules and the XML declaration, that decide how the rest of a document is read.

use super::names::Edition;
use super::rules::Rules;

/// How the text of a document is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) edition: Edition,
    /// Whether the document declares `standalone="yes"`, so that no entity is declared outside of it.
    pub(super) is_standalone: bool,
    /// Whether to behave like expat where it differs from XML 1.0. expat skips a reference to an entity that may be
    /// declared in a part that it does not read. After a reference to a parameter entity, it checks only the form of
    /// declarations (`hasParamEntityRefs` and `keepProcessing` in its `xmlparse.c`).
    pub(super) as_expat: bool,
}

impl Reading {
    pub(super) fn new(rules: Rules, is_standalone: bool) -> Self {
        let as_expat = rules.are_python();
        Self { edition: if as_expat { Edition::Fourth } else { Edition::Fifth }, is_standalone, as_expat }
    }
}
