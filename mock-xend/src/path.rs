//! The path of an HTTP request.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// The characters that `urllib.quote` leaves unquoted, besides letters and digits.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

/// The elements of a URL's path, decoded. Empty elements are kept, because the daemon ignores them when it looks up a
/// resource but writes them into its links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UrlPath {
    /// The elements, decoded, with a slash before each.
    bytes: Vec<u8>,
    /// Where the elements are, without the slashes.
    elements: Vec<Range<usize>>,
}

impl UrlPath {
    /// Splits a path at its slashes and decodes the elements. `text` is the path without its first slash.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut path = Self { bytes: Vec::with_capacity(text.len() + 1), elements: Vec::with_capacity(4) };
        for element in text.split(|&byte| byte == b'/') {
            path.bytes.push(b'/');
            let start = path.bytes.len();
            if element.contains(&b'%') {
                path.bytes.extend(percent_decode(element));
            } else {
                path.bytes.extend_from_slice(element);
            }
            path.elements.push(start..path.bytes.len());
        }
        path
    }

    /// Returns all elements, including empty ones.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.elements.iter().map(|element| &self.bytes[element.clone()])
    }

    /// Returns the elements that are not empty.
    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.elements().filter(|element| !element.is_empty())
    }

    /// Returns the elements, decoded and joined with slashes.
    pub(crate) fn joined(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// Returns the path as it is compared: decoded, with a slash before each element that is not empty. A slash that an
    /// element contains is written `%2F`.
    pub(crate) fn comparable(&self) -> Cow<'_, [u8]> {
        let is_plain = |element: &[u8]| !element.is_empty() && !element.contains(&b'/');
        if !self.elements.is_empty() && self.elements().all(is_plain) {
            return (&*self.bytes).into();
        }
        let mut path = Vec::with_capacity(self.bytes.len());
        for name in self.names() {
            path.push(b'/');
            for (at, part) in name.split(|&byte| byte == b'/').enumerate() {
                path.extend_from_slice(if at > 0 { b"%2F" } else { b"" });
                path.extend_from_slice(part);
            }
        }
        if path.is_empty() { b"/".as_slice().into() } else { path.into() }
    }

    /// Returns the elements joined with slashes, each quoted as `urllib.quote(element, "")` quotes it (capture
    /// `quince12-allowed`).
    pub(crate) fn quoted(&self) -> String {
        self.elements().map(|element| percent_encode(element, UNQUOTED).to_string()).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_decoded_after_the_path_is_split() {
        let path = UrlPath::parse(b"xend//a%2fb%zz/");
        assert_eq!(path.elements().collect::<Vec<_>>(), [b"xend".as_slice(), b"", b"a/b%zz", b""]);
        assert_eq!(path.names().collect::<Vec<_>>(), [b"xend".as_slice(), b"a/b%zz"]);
        assert_eq!(path.joined(), b"xend//a/b%zz/");
        assert_eq!(&*path.comparable(), b"/xend/a%2Fb%zz");
        assert_eq!(path.quoted(), "xend//a%2Fb%25zz/");
        for (given, compared) in [("xend/domain/vm%31", "/xend/domain/vm1"), ("xend/node/", "/xend/node"), ("", "/")] {
            assert_eq!(&*UrlPath::parse(given.as_bytes()).comparable(), compared.as_bytes());
        }
        assert_eq!(&*UrlPath::default().comparable(), b"/");
    }
}
