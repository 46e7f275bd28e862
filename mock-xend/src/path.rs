//! The path of an HTTP request.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// The characters that `urllib.quote` leaves unquoted, besides letters and digits.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-');

/// The elements of a URL's path, decoded. Empty elements are kept, because the daemon ignores them when it looks up a
/// resource but writes them into its links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UrlPath {
    /// The bytes of all elements, concatenated.
    bytes: Vec<u8>,
    elements: Vec<Range<usize>>,
}

impl UrlPath {
    /// Splits a path at its slashes and decodes the elements. `text` is the path without its first slash.
    pub(crate) fn parse(text: &[u8]) -> Self {
        let mut path = Self { bytes: Vec::with_capacity(text.len()), elements: Vec::with_capacity(4) };
        for element in text.split(|&byte| byte == b'/') {
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
    pub(crate) fn joined(&self) -> Vec<u8> {
        self.elements().collect::<Vec<_>>().join(&b'/')
    }

    /// Returns the path as it is compared: decoded, with a slash before each element that is not empty. A slash that an
    /// element contains is written `%2F`.
    pub(crate) fn comparable(&self) -> Vec<u8> {
        let mut path = Vec::with_capacity(self.bytes.len() + self.elements.len());
        for name in self.names() {
            path.push(b'/');
            for (at, part) in name.split(|&byte| byte == b'/').enumerate() {
                path.extend_from_slice(if at > 0 { b"%2F" } else { b"" });
                path.extend_from_slice(part);
            }
        }
        if path.is_empty() { vec![b'/'] } else { path }
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
        assert_eq!(path.comparable(), b"/xend/a%2Fb%zz");
        assert_eq!(path.quoted(), "xend//a%2Fb%25zz/");
    }
}
