//! Undoes the escapes in a string that is the whole result of an XML-RPC call, from 3.0.3 on.
//!
//! The daemon sends `repr(s)[1:-1]`, so that control characters survive XML (`util/xmlrpclib2.py:164`@3.0.3): a line feed
//! arrives as the two characters `\n`. Xend's own client evaluates the text as a Python literal, after it has replaced
//! every `'` by `\047`. If the text has both kinds of quotes, the daemon has already escaped the `'`, and that client gets
//! a backslash and `047`. This module reads the escapes one by one instead, and gets the original text.

/// The bytes that an escaped string stands for. A backslash that begins no escape of Python stays as it is.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        bytes.extend_from_slice(&rest[..at]);
        let (byte, taken) = escape(&rest[at + 1..]).unwrap_or((b'\\', 0));
        bytes.push(byte);
        rest = &rest[at + 1 + taken..];
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// Reads the escape whose backslash stands before `rest`: its byte, and how many bytes of `rest` it takes.
/// `repr` writes `\t`, `\n`, `\r`, `\\`, `\'` and `\xHH`.
fn escape(rest: &[u8]) -> Option<(u8, usize)> {
    Some(match rest.first()? {
        b't' => (b'\t', 1),
        b'n' => (b'\n', 1),
        b'r' => (b'\r', 1),
        quoted @ (b'\\' | b'\'' | b'"') => (*quoted, 1),
        b'x' => {
            let digits = rest.get(1..3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            (u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?, 3)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::unescape;

    /// Strings that the daemon sent for known values: captures `t-nl`, `t-ctrl`, `t-nul`, `t-utf8`, `t-quote` and
    /// `t-markup` (`xmlrpc-4.1`). The functions that were called say what the values are.
    #[test]
    fn captured_strings() {
        let check = |sent: &str, value: &[u8]| assert_eq!(unescape(sent), value, "{sent}");
        check(r"a\nb\tc\r\nd", b"a\nb\tc\r\nd");
        check(r"a\x01b", b"a\x01b");
        check(r"a\x00b", b"a\0b");
        check(r"caf\xc3\xa9", "café".as_bytes());
        check(r#"it\'s "q""#, br#"it's "q""#);
        check(r#"<a> & "b" \'c\' ]]>"#, br#"<a> & "b" 'c' ]]>"#);
        check(r"\\", br"\");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [r"\q", r"\x4", r"\xg0", "\\", r"C:\dir"] {
            assert_eq!(unescape(text), text.as_bytes());
        }
    }
}
