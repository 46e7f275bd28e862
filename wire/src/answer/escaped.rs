//! Strings as the XML-RPC face sends them at the top of a result, from 3.0.3 on.
//!
//! The daemon sends `repr(s)[1:-1]`, so that control characters survive XML (`util/xmlrpclib2.py:164`@3.0.3): `\n` is two
//! characters then. Xend's own client evaluates the text as a Python literal; before that it replaces every `'` by
//! `\047`, so that of a text with both kinds of quotes, in which the daemon has escaped the `'`, it makes a backslash and
//! `047`. Here nothing is evaluated and the escapes are read one by one, so that such a text is read as it was.

/// The bytes that an escaped string stands for. What is no escape of Python's stays as it is.
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

/// The byte of what follows a backslash, and its length. `repr` writes `\t`, `\n`, `\r`, `\\`, `\'` and `\xHH`.
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

    /// What the daemon sends for known strings: captures `t-nl`, `t-ctrl`, `t-nul`, `t-utf8`, `t-quote`, `t-markup`
    /// (`xmlrpc-4.1`), whose values are those of the functions behind them.
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
