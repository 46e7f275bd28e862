//! Texts as Python 2 prints them, which both codecs need: `repr` and `str` of a float, `repr` of a string.
//!
//! The forms are those of CPython 2.7 (`float_repr`, `float_str`, `string_repr`). The tests expect what CPython printed.

use std::fmt::Write;

/// `repr(x)` of a float: the shortest text that reads back as the same number. `1.5`, `1e+16`, `1e-05`, `inf`, `nan`.
pub(crate) fn repr_float(x: f64) -> String {
    // `{:e}` prints the shortest digits that read back, as Python's `repr` does. Only the layout differs.
    layout(x, &format!("{x:e}"), 16)
}

/// `str(x)` of a float: 12 significant digits. `0.3` for 0.1 + 0.2, `1e+11`.
///
/// An exponent is used from 11 digits on, not from 12 as by `%.12g`, because Python keeps room for the `.0`.
pub(crate) fn str_float(x: f64) -> String {
    layout(x, &format!("{x:.11e}"), 11)
}

/// Writes `repr(s)` of a byte string: in single quotes, or in double quotes if it contains `'` and no `"`.
pub(crate) fn write_repr_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let (quote, has_escapes) = quote(bytes);
    out.push(quote);
    // Most strings need quotes only because they contain a space, and no escapes.
    if !has_escapes {
        out.extend_from_slice(bytes);
    } else {
        bytes.iter().for_each(|&b| escape(out, b, quote));
    }
    out.push(quote);
}

/// Whether `repr(s)` of a byte string has these quotes around the bytes as they are.
pub(crate) fn is_repr_without_escapes(bytes: &[u8], quote: u8) -> bool {
    self::quote(bytes) == (quote, false)
}

/// The quote of a byte string's `repr`, and whether there are escapes in it.
fn quote(bytes: &[u8]) -> (u8, bool) {
    let found = bytes.iter().fold(0, |found, &b| found | IN_REPR[usize::from(b)]);
    let quote = if found & SINGLE > 0 && found & DOUBLE == 0 { b'"' } else { b'\'' };
    (quote, found & ESCAPED > 0 || (found & SINGLE > 0 && quote == b'\''))
}

fn escape(out: &mut Vec<u8>, b: u8, quote: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match b {
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\\' => out.extend_from_slice(b"\\\\"),
        _ if b == quote => out.extend_from_slice(&[b'\\', b]),
        b' '..=b'~' => out.push(b),
        _ => out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]),
    }
}

/// For each byte, whether it is a quote, or is always written as an escape, in the `repr` of a string.
static IN_REPR: [u8; 256] = {
    let mut table = [ESCAPED; 256];
    let mut b = b' ';
    while b <= b'~' {
        table[b as usize] = 0;
        b += 1;
    }
    table[b'\\' as usize] = ESCAPED;
    table[b'\'' as usize] = SINGLE;
    table[b'"' as usize] = DOUBLE;
    table
};
const SINGLE: u8 = 1;
const DOUBLE: u8 = 2;
const ESCAPED: u8 = 4;

/// `repr(u)` of a unicode string: like that of a byte string, but with `u` before it, and with `\uNNNN` for characters
/// beyond Latin-1.
pub(crate) fn repr_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 3);
    out.extend(['u', quote]);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => out.extend(['\\', quote]),
            ' '..='~' => out.push(c),
            '\0'..='\u{FF}' => write!(out, "\\x{:02x}", c as u32).expect("a String takes all"),
            '\u{100}'..='\u{FFFF}' => write!(out, "\\u{:04x}", c as u32).expect("a String takes all"),
            _ => write!(out, "\\U{:08x}", c as u32).expect("a String takes all"),
        }
    }
    out.push(quote);
    out
}

/// Writes a number as Python lays it out. `scientific` is the number in the form `-1.25e-7`.
///
/// An exponent below -4, or of at least `exponent_from`, is written with at least two digits. Otherwise the number is
/// written without an exponent, and with `.0` at its end if it is whole.
fn layout(x: f64, scientific: &str, exponent_from: i32) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a decimal exponent");
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let rest = rest.trim_end_matches('0');

    let mut out = String::with_capacity(32);
    out.push_str(sign);
    if exponent < -4 || exponent >= exponent_from {
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{first}{point}{rest}e{exponent_sign}{:02}", exponent.abs()).expect("a String takes all");
    } else if exponent < 0 {
        out.extend(["0.", &"0".repeat(exponent.unsigned_abs() as usize - 1), first, rest]);
    } else {
        // The point moves behind as many digits of the rest as the exponent says.
        let exponent = exponent as usize;
        let (whole, fraction) = rest.split_at(exponent.min(rest.len()));
        out.extend([first, whole]);
        out.extend(std::iter::repeat_n('0', exponent - whole.len()));
        out.extend([".", if fraction.is_empty() { "0" } else { fraction }]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: CPython 2.7.18, `repr(x)` and `str(x)`.
    #[test]
    fn floats() {
        let check = |x: f64, repr: &str, str: &str| {
            assert_eq!((repr_float(x).as_str(), str_float(x).as_str()), (repr, str));
        };
        check(0.0, "0.0", "0.0");
        check(-0.0, "-0.0", "-0.0");
        check(1.0, "1.0", "1.0");
        check(-12.214, "-12.214", "-12.214");
        check(0.1 + 0.2, "0.30000000000000004", "0.3");
        check(1166400000.12, "1166400000.12", "1166400000.12");
        check(1224164000.123456, "1224164000.123456", "1224164000.12");
        check(123456789012.5, "123456789012.5", "1.23456789012e+11");
        check(99999999999.96, "99999999999.96", "1e+11");
        check(1e10, "10000000000.0", "10000000000.0");
        check(1e11, "100000000000.0", "1e+11");
        check(1e12, "1000000000000.0", "1e+12");
        check(1e15, "1000000000000000.0", "1e+15");
        check(1e16, "1e+16", "1e+16");
        check(1.5e300, "1.5e+300", "1.5e+300");
        check(0.0001, "0.0001", "0.0001");
        check(0.00012345, "0.00012345", "0.00012345");
        check(0.00001, "1e-05", "1e-05");
        check(5e-324, "5e-324", "4.94065645841e-324");
        check(f64::INFINITY, "inf", "inf");
        check(f64::NEG_INFINITY, "-inf", "-inf");
        check(f64::NAN, "nan", "nan");
    }

    /// Expected values: CPython 2.7.18, `repr(s)`.
    #[test]
    fn byte_strings() {
        let check = |bytes: &[u8], repr: &str| {
            let mut out = Vec::new();
            write_repr_bytes(&mut out, bytes);
            assert_eq!(str::from_utf8(&out), Ok(repr));
        };
        check(b"", "''");
        check(b"vm1", "'vm1'");
        check(b"it's", "\"it's\"");
        check(b"say \"it's\"", "'say \"it\\'s\"'");
        check(b"say \"\"", "'say \"\"'");
        check(b"a\tb\nc\rd\\e", "'a\\tb\\nc\\rd\\\\e'");
        check(b"\x00\x1b\x7f\xe9\xff", "'\\x00\\x1b\\x7f\\xe9\\xff'");
    }
}
