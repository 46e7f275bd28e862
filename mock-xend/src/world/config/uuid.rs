//! Uuids as the daemon reads them (`uuid.py`, `fromString`).

use xend_wire::datum::Datum;

use crate::python;
use crate::world::Failure;

/// Returns a uuid in the form in which the daemon prints it: lower case, `8-4-4-4-12`.
///
/// The daemon removes all dashes, wherever they stand, reads the first 32 characters in pairs, and ignores the rest
/// (captures `pine1` to `pine13`).
///
/// # Errors
/// Returns Python's exception from `int(pair, 16)` for the first pair that is not a number. A text that is too short
/// ends in an empty pair.
pub(in crate::world) fn normalise(value: &Datum) -> Result<String, Failure> {
    let digits: Vec<u8> = python::str(value).into_iter().filter(|&byte| byte != b'-').collect();
    let mut text = String::with_capacity(36);
    for at in 0..16 {
        let pair = &digits[(2 * at).min(digits.len())..(2 * at + 2).min(digits.len())];
        let number = pair_value(pair).ok_or_else(|| {
            Failure::Exception([b"invalid literal for int() with base 16: ".as_slice(), &python::repr(pair)].concat())
        })?;
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{number:02x}");
    }
    Ok(text)
}

/// Returns `int(pair, 16)`, for at most two characters.
fn pair_value(pair: &[u8]) -> Option<u8> {
    let trimmed = pair.trim_ascii();
    let digits = trimmed.strip_prefix(b"+").unwrap_or(trimmed);
    // `from_str_radix` would accept a sign.
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    u8::from_str_radix(str::from_utf8(digits).ok().filter(|_| is_number)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match normalise(&text.into()) {
            Ok(uuid) => uuid,
            Err(failure) => String::from_utf8(failure.message(xend_wire::Release::V3_4)).unwrap(),
        }
    }

    /// Captures `pine1-nodash`, `pine3-upper`, `pine8-odddash`, `pine11-long`, `pine4-short`, `pine5-notahex`,
    /// `pine12-urn` of the daemon of 4.1, and `sage25-uuidlist`.
    #[test]
    fn a_uuid_is_read_in_pairs_of_digits_wherever_its_dashes_are() {
        let uuid = "0123abcd-4567-89ab-cdef-0123456789ab";
        assert_eq!(read("0123abcd456789abcdef0123456789ab"), uuid);
        assert_eq!(read("0123ABCD-4567-89AB-CDEF-0123456789AB"), uuid);
        assert_eq!(read("0-1-2-3abcd456789abcdef01234567-89ab"), uuid);
        assert_eq!(read("0123abcd-4567-89ab-cdef-0123456789ab-and-more"), uuid);
        assert_eq!(read("0123"), "invalid literal for int() with base 16: ''");
        assert_eq!(read("zz23abcd-4567-89ab-cdef-0123456789ab"), "invalid literal for int() with base 16: 'zz'");
        assert_eq!(read("urn:uuid:0123"), "invalid literal for int() with base 16: 'ur'");
        let list = normalise(&Datum::list(["a".into()])).unwrap_err().message(xend_wire::Release::V3_4);
        assert_eq!(String::from_utf8(list).unwrap(), "invalid literal for int() with base 16: \"['\"");
    }
}
