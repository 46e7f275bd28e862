//! What of the rules, and of the XML declaration, decides how the rest of a document is read.

use super::names::Edition;
use super::rules::Rules;

/// How the text of a document is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) edition: Edition,
    /// Whether the document says that it stands alone, so that nothing outside of it declares an entity.
    pub(super) is_standalone: bool,
    /// Whether to do as expat where it differs from XML 1.0: it skips a reference to an entity that may be declared in
    /// what it does not read, and behind a reference to a parameter entity looks at no more than the form of
    /// declarations (`hasParamEntityRefs` and `keepProcessing` in its `xmlparse.c`).
    pub(super) as_expat: bool,
}

impl Reading {
    pub(super) fn new(rules: Rules, is_standalone: bool) -> Self {
        let as_expat = rules.are_python();
        Self { edition: if as_expat { Edition::Fourth } else { Edition::Fifth }, is_standalone, as_expat }
    }
}
