//! Namespaces, as far as they tell Apache's extension types: their prefix is up to the document (Namespaces in XML 1.0).

use super::characters::is_space;
use super::names::Edition;
use super::references::resolve;

/// Of the types that Apache's ws-xmlrpc adds (its `TypeFactoryImpl`).
const APACHE: &str = "http://ws.apache.org/xmlrpc/namespaces/extensions";

/// The prefixes that are declared in the elements that are open.
#[derive(Default)]
pub(super) struct Namespaces<'i> {
    declarations: Vec<Declaration<'i>>,
}

struct Declaration<'i> {
    /// How many elements are open, with the one that has the declaration.
    depth: usize,
    /// Empty for the default namespace.
    prefix: &'i str,
    is_apache: bool,
}

impl<'i> Namespaces<'i> {
    /// Takes what the attributes of an element declare. `span` is what stands in its well-formed tag behind the name.
    #[cold]
    pub(super) fn declare(&mut self, input: &'i str, span: std::ops::Range<usize>, depth: usize) {
        let mut rest = &input[span];
        // Nearly all attributes are others.
        let bytes = rest.as_bytes();
        if !memchr::memchr_iter(b'x', bytes).any(|at| bytes[at..].starts_with(b"xmlns")) {
            return;
        }
        while let Some((name, value)) = rest.split_once('=') {
            let value = value.trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_space));
            let Some((value, after)) = value.get(1..).and_then(|inside| inside.split_once(&value[..1])) else { return };
            let prefix = match name.trim_matches(|c: char| u8::try_from(c).is_ok_and(is_space)).strip_prefix("xmlns") {
                Some("") => Some(""),
                Some(rest) => rest.strip_prefix(':'),
                None => None,
            };
            if let Some(prefix) = prefix {
                self.declarations.push(Declaration { depth, prefix, is_apache: is_apache(value) });
            }
            rest = after;
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.declarations.is_empty()
    }

    /// Forgets what was declared in elements that are open no longer.
    #[cold]
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declarations.pop_if(|declaration| declaration.depth > depth).is_some() {}
    }

    /// The name in Apache's namespace that the element's name stands for.
    pub(super) fn apache<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declaration = self.declarations.iter().rfind(|declaration| declaration.prefix == prefix)?;
        declaration.is_apache.then_some(local)
    }
}

/// Whether an attribute value is Apache's URI, its references resolved.
fn is_apache(value: &str) -> bool {
    let mut wanted = APACHE.chars();
    let mut at = 0;
    while let Some(c) = value[at..].chars().next() {
        let (c, len) = match (c, value[at..].find(';')) {
            ('&', Some(len)) => match resolve(value, at..at + len + 1, Edition::Fifth) {
                Ok(c) => (c, len + 1),
                Err(_) => return false,
            },
            _ => (c, c.len_utf8()),
        };
        if wanted.next() != Some(c) {
            return false;
        }
        at += len;
    }
    wanted.next().is_none()
}
