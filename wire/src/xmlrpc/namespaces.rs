//! Recognises Apache's extension types by their namespace, for which a document may choose any prefix (Namespaces in XML
//! 1.0).

use super::characters::is_space;
use super::names::Edition;
use super::references::resolve;

/// The namespace of the types that Apache's ws-xmlrpc adds (its `TypeFactoryImpl`).
const APACHE: &str = "http://ws.apache.org/xmlrpc/namespaces/extensions";

/// The namespace prefixes that the open elements declare.
#[derive(Default)]
pub(super) struct Namespaces<'i> {
    declarations: Vec<Declaration<'i>>,
}

struct Declaration<'i> {
    /// The number of open elements, including the one with the declaration.
    depth: usize,
    /// The prefix, which is empty for the default namespace.
    prefix: &'i str,
    is_apache: bool,
}

impl<'i> Namespaces<'i> {
    /// Adds the declarations among the attributes of an element. `span` is the part of its start tag after the name.
    #[cold]
    pub(super) fn declare(&mut self, input: &'i str, span: std::ops::Range<usize>, depth: usize) {
        let mut rest = &input[span];
        // Nearly no attribute declares a namespace.
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

    /// Removes the declarations of elements that are no longer open.
    #[cold]
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declarations.pop_if(|declaration| declaration.depth > depth).is_some() {}
    }

    /// The local part of an element's name, if the element is in Apache's namespace.
    pub(super) fn apache<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declaration = self.declarations.iter().rfind(|declaration| declaration.prefix == prefix)?;
        declaration.is_apache.then_some(local)
    }
}

/// Whether an attribute value is Apache's URI after its references are resolved.
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
