//! The texts of the scalar types: which texts the rules allow, and the canonical text of a value.

use std::borrow::Cow;

use data_encoding::BASE64;

use super::characters::is_space;
use super::rules::Rules;
use super::tree::Kind;
use crate::{ErrorKind, python};

/// Why a text is not a value of its type: the kind of the error, and what was expected.
pub(super) type Refusal = (ErrorKind, &'static str);

/// Which numbers a type allows. Several types have the same [`Kind`] but allow different numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The numbers that the specification allows for the kind. It is also used for types that are not numbers.
    Plain,
    /// Integers of this many bits.
    Bits(u8),
    /// Integers of any size, as in Apache's `biginteger`.
    AnySize,
    /// Numbers of 32 bits, as in Apache's `float`.
    Float,
    /// Numbers that a double represents with all digits, as in Apache's `bigdecimal`.
    Decimal,
}

/// Checks the text of a scalar.
///
/// Python accepts more texts than the specification. For such a text, the result is one that the specification allows for
/// the same value, and otherwise `None`.
pub(super) fn check(kind: Kind, form: Form, text: &str, rules: Rules) -> Result<Option<String>, Refusal> {
    if rules.are_python() {
        return by_python::check(kind, text);
    }
    let refusal = match kind {
        Kind::String => return Ok(None),
        Kind::Int | Kind::I8 => match check_integer(text, form) {
            Ok(()) => return Ok(None),
            Err(refusal) => refusal,
        },
        Kind::Boolean if text == "0" || text == "1" => return Ok(None),
        Kind::Boolean => (ErrorKind::InvalidBoolean, "`0` or `1`"),
        Kind::Double if form != Form::Plain => match check_apache_number(text, form) {
            Ok(()) => return Ok(None),
            Err(refusal) => refusal,
        },
        Kind::Double if is_double(text) => match is_finite(text) {
            true => return Ok(None),
            false => (ErrorKind::InvalidDouble, "a number that a double can hold"),
        },
        Kind::Double => (ErrorKind::InvalidDouble, "a sign, if any, and digits with a point, if any"),
        Kind::DateTime if is_date_time(text.as_bytes(), rules.are_extended()) => return Ok(None),
        Kind::DateTime if rules.are_extended() => (ErrorKind::InvalidDateTime, "an ISO 8601 date and time"),
        Kind::DateTime => (ErrorKind::InvalidDateTime, "the form `19980717T14:08:55`"),
        Kind::Base64 if is_base64(text) => return Ok(None),
        Kind::Base64 => {
            (ErrorKind::InvalidBase64, "groups of four characters from A-Z a-z 0-9 + /, the last group padded with `=`")
        }
        Kind::Nil if text.is_empty() => return Ok(None),
        Kind::Nil => INVALID_NIL,
        Kind::Array | Kind::Struct => unreachable!("a container has no text"),
    };
    Err(refusal)
}

pub(super) const INVALID_NIL: Refusal = (ErrorKind::InvalidNil, "an empty element");

/// The canonical text of an integer: `5` for `+05`.
pub(super) fn canonical_integer(text: &str) -> Cow<'_, str> {
    let (sign, digits) = split_sign(text);
    let digits = digits.trim_start_matches('0');
    match (sign, digits) {
        (_, "") => "0".into(),
        ("-", digits) if digits.len() + 1 == text.len() => text.into(),
        ("-", digits) => format!("-{digits}").into(),
        (_, digits) => digits.into(),
    }
}

/// The canonical text of a double, as Python prints it: `1.5`, `3.0`, `1e+16`.
pub(super) fn canonical_double(text: &str) -> String {
    python::repr_float(text.parse().expect("checked when it was read"))
}

/// The canonical text of base64: without white space.
pub(super) fn canonical_base64(text: &str) -> Cow<'_, str> {
    match without_space(text) {
        Cow::Borrowed(_) => text.into(),
        Cow::Owned(_) => text.split_ascii_whitespace().collect::<String>().into(),
    }
}

pub(super) fn without_space(text: &str) -> Cow<'_, [u8]> {
    if text.bytes().any(is_space) {
        text.bytes().filter(|&b| !is_space(b)).collect::<Vec<u8>>().into()
    } else {
        text.as_bytes().into()
    }
}

fn split_sign(text: &str) -> (&str, &str) {
    text.split_at(usize::from(text.starts_with(['+', '-'])))
}

/// Checks the text of an integer. White space is not allowed, but leading zeros and a sign are (XML-RPC specification,
/// `int`).
fn check_integer(text: &str, form: Form) -> Result<(), Refusal> {
    let (_, digits) = split_sign(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err((ErrorKind::InvalidInteger, "a sign, if any, and digits"));
    }
    let Form::Bits(bits) = form else { return Ok(()) };
    if bits >= 32 && digits.len() <= 9 {
        return Ok(()); // Numbers of at most nine digits are always in range.
    }
    let half = 1_i64 << (bits - 1).min(62);
    let in_range = |number: i64| bits == 64 || (-half..half).contains(&number);
    // `parse` fails only if the value is too large, however many leading zeros there are.
    if text.parse().is_ok_and(in_range) {
        return Ok(());
    }
    let expected = match bits {
        8 => "-128 to 127",
        16 => "-32768 to 32767",
        32 => "-2147483648 to 2147483647",
        _ => "-9223372036854775808 to 9223372036854775807",
    };
    Err((ErrorKind::IntegerOutOfRange, expected))
}

/// Whether the text is "a plus or a minus, followed by any number of numeric characters, followed by a period and any
/// number of numeric characters" (XML-RPC specification, "What are the limits"). A number without a period is accepted,
/// too, as by nearly every implementation.
fn is_double(text: &str) -> bool {
    let (_, digits) = split_sign(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    digits.len() > usize::from(digits.contains('.')) && are_digits(whole) && are_digits(fraction)
}

/// Checks a number as Java writes its `Float` and `BigDecimal`, with or without an exponent.
fn check_apache_number(text: &str, form: Form) -> Result<(), Refusal> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (_, exponent_digits) = split_sign(exponent);
    if !is_double(mantissa) || exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err((ErrorKind::InvalidDouble, "a sign, if any, digits with a point, if any, and an exponent, if any"));
    }
    match form {
        Form::Float if text.parse::<f32>().is_ok_and(f32::is_finite) => Ok(()),
        Form::Float => Err((ErrorKind::InvalidDouble, "a number that 32 bits can hold")),
        _ if has_all_digits(text) => Ok(()),
        _ => Err((ErrorKind::InvalidDouble, "a number that a double can hold with all its digits")),
    }
}

/// Whether the double that the text is parsed to has all digits of the text.
fn has_all_digits(text: &str) -> bool {
    let number = text.parse::<f64>().unwrap_or(f64::INFINITY);
    number.is_finite() && decimal(text) == decimal(&format!("{number:e}"))
}

/// A number in a form that can be compared: whether it is negative, its digits without zeros at both ends, and the power of
/// ten by which the digits, read as an integer, are multiplied.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = split_sign(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let exponent = exponent.parse::<i64>().ok()? - fraction.len() as i64 + (all.len() - digits.len()) as i64;
    let digits = digits.trim_start_matches('0');
    let exponent = if digits.is_empty() { 0 } else { exponent };
    Some((sign == "-", digits.to_owned(), exponent))
}

/// Whether the number is small enough for a double. A larger one would become infinity, which the specification does not
/// have.
fn is_finite(digits: &str) -> bool {
    // A number of at most 308 digits is small enough.
    digits.len() <= 308 || digits.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether the text is base64. White space is ignored (errata), unused bits must be zero, and nothing may follow the
/// padding.
fn is_base64(text: &str) -> bool {
    let digits = without_space(text);
    // The library would continue after the padding, because it accepts concatenated base64.
    let padding = memchr::memchr(b'=', &digits).map_or(0, |at| digits.len() - at);
    padding <= 2 && BASE64.decode(&digits).is_ok()
}

/// Whether the text is a date and time: `19980717T14:08:55`, or if `extended`, also with a date like `1998-07-17`, a
/// fraction of the second, and a zone (`Z`, `+02`, `+0200` or `+02:00`).
fn is_date_time(text: &[u8], extended: bool) -> bool {
    let mut rest = text;
    let is_usual = (|| {
        let year = digits(&mut rest, 4)?;
        let hyphens = extended && literal(&mut rest, b'-');
        let month = digits(&mut rest, 2)?;
        let day = (!hyphens || literal(&mut rest, b'-')).then(|| digits(&mut rest, 2))??;
        let hour = literal(&mut rest, b'T').then(|| digits(&mut rest, 2))??;
        let minute = literal(&mut rest, b':').then(|| digits(&mut rest, 2))??;
        let second = literal(&mut rest, b':').then(|| digits(&mut rest, 2))??;
        // Second 60 is a leap second (ISO 8601:2004, 4.2.1). Whether there was one can't be checked, because the text need
        // not have a zone.
        let is_time = hour < 24 && minute < 60 && second <= 60 || (hour, minute, second) == (24, 0, 0);
        Some(((1..=days(year, month)).contains(&day) && is_time, hour == 24))
    })();
    is_usual.is_some_and(|(exists, ends_day)| {
        exists && (rest.is_empty() || extended && is_fraction_and_zone(rest, ends_day))
    })
}

/// The number of days of a month in the Gregorian calendar, which ISO 8601 uses for all years.
fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 }) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

/// Whether the text is a fraction of the second and a zone, both of them optional. At `24:00:00`, the end of a day, the
/// fraction must be zero (ISO 8601:2004, 4.2.3).
fn is_fraction_and_zone(mut rest: &[u8], ends_day: bool) -> bool {
    if literal(&mut rest, b'.') || literal(&mut rest, b',') {
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if len == 0 || ends_day && rest[..len].iter().any(|&b| b != b'0') {
            return false;
        }
        rest = &rest[len..];
    }
    if literal(&mut rest, b'+') || literal(&mut rest, b'-') {
        let hour = digits(&mut rest, 2);
        let minute = if rest.is_empty() {
            Some(0)
        } else {
            literal(&mut rest, b':');
            digits(&mut rest, 2)
        };
        return hour.is_some_and(|hour| hour < 24) && minute.is_some_and(|minute| minute < 60) && rest.is_empty();
    }
    rest.is_empty() || rest == b"Z"
}

fn digits(rest: &mut &[u8], count: usize) -> Option<u32> {
    let (digits, after) = rest.split_at_checked(count)?;
    *rest = after;
    digits.iter().try_fold(0, |number, &b| b.is_ascii_digit().then(|| number * 10 + u32::from(b - b'0')))
}

fn literal(rest: &mut &[u8], literal: u8) -> bool {
    let found = rest.first() == Some(&literal);
    *rest = &rest[usize::from(found)..];
    found
}

/// The texts that Python 2.7's `xmlrpclib` accepts, which uses `int()`, `float()`, `string.strip()` and
/// `binascii.a2b_base64()`.
mod by_python {
    use super::{BASE64, ErrorKind, Kind, Refusal};

    pub(super) fn check(kind: Kind, text: &str) -> Result<Option<String>, Refusal> {
        let accepted = match kind {
            Kind::String => return Ok(None),
            // The form in which nearly all numbers are written.
            Kind::Int | Kind::I8 if is_decimal(text) => return Ok(None),
            Kind::Double if text.bytes().all(|b| b.is_ascii_graphic()) && text.parse::<f64>().is_ok() => {
                return Ok(None);
            }
            Kind::Int | Kind::I8 => {
                int(text).ok_or((ErrorKind::InvalidInteger, "a text that Python's `int` accepts"))?
            }
            Kind::Boolean if text == "0" || text == "1" => return Ok(None),
            Kind::Boolean => return Err((ErrorKind::InvalidBoolean, "`0` or `1`")),
            Kind::Double => float(text).ok_or((ErrorKind::InvalidDouble, "a text that Python's `float` accepts"))?,
            // Python's `str(data)` fails if the text is not ASCII (`xmlrpclib.DateTime.decode`).
            Kind::DateTime if text.is_ascii() => text.trim_matches(is_python_space).to_owned(),
            Kind::DateTime => return Err((ErrorKind::InvalidDateTime, "ASCII")),
            // Python's `a2b_base64` encodes the text as ASCII first, which fails if it is not.
            Kind::Base64 if !text.is_ascii() => return Err((ErrorKind::InvalidBase64, "ASCII")),
            Kind::Base64 => base64(text).ok_or((ErrorKind::InvalidBase64, "base64 with padding"))?,
            // Python's `end_nil` ignores the text.
            Kind::Nil => String::new(),
            Kind::Array | Kind::Struct => unreachable!("a container has no text"),
        };
        Ok((accepted != text).then_some(accepted))
    }

    fn is_decimal(text: &str) -> bool {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    }

    /// An integer as `int()` accepts it: of any size, with white space at both ends and after the sign, and with decimal
    /// digits of any script. The result has ASCII digits and no white space.
    fn int(text: &str) -> Option<String> {
        let text = to_ascii(text)?;
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = digits.trim_start();
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| format!("{sign}{digits}"))
    }

    /// A number as `float()` accepts it, with exponents, `inf`, `nan` and the like. Python and Rust accept the same forms,
    /// except for white space at both ends. The result has none.
    fn float(text: &str) -> Option<String> {
        let text = to_ascii(text)?;
        let text = text.trim();
        text.parse::<f64>().is_ok().then(|| text.to_owned())
    }

    /// Base64 as `a2b_base64()` accepts it: other characters are skipped, everything after the padding is ignored, and
    /// unused bits are dropped. The result is in canonical form.
    fn base64(text: &str) -> Option<String> {
        let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
        let (mut bits, mut count, mut place) = (0_u32, 0, 0);
        for (at, b) in text.bytes().enumerate() {
            if b == b'=' {
                // After two digits, a `=` is padding only if another one follows (`binascii_find_valid`).
                let next = || text.bytes().skip(at + 1).find(|&b| digit(b).is_some() || b == b'=');
                if place == 3 || place == 2 && next() == Some(b'=') {
                    count = 0;
                    break;
                }
            } else if let Some(digit) = digit(b) {
                bits = bits << 6 | digit;
                count += 6;
                place = (place + 1) % 4;
                if count >= 8 {
                    count -= 8;
                    decoded.push((bits >> count) as u8);
                    bits &= (1 << count) - 1;
                }
            }
        }
        (count == 0).then(|| BASE64.encode(&decoded))
    }

    fn digit(b: u8) -> Option<u32> {
        Some(u32::from(match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    }

    /// Converts a number to ASCII, as `PyUnicode_EncodeDecimal` does: decimal digits of any script become ASCII digits, and
    /// any white space becomes spaces. `None` if the text has any other character that is not ASCII.
    fn to_ascii(text: &str) -> Option<String> {
        text.chars()
            .map(|c| match c {
                _ if is_python_space(c) => Some(' '),
                _ if c.is_ascii() => Some(c),
                _ => {
                    let zero = *ZEROS.iter().rfind(|&&zero| zero <= c)?;
                    let digit = u32::from(c) - u32::from(zero);
                    char::from_digit(digit, 10)
                }
            })
            .collect()
    }

    /// Whether Python 2.7's `unicode.isspace` is true for the character, if XML allows it.
    fn is_python_space(c: char) -> bool {
        c.is_whitespace() || c == '\u{180E}'
    }

    /// The digits zero of all scripts that Python 2.7 knows (`unicodedata.decimal`, Unicode 5.2).
    const ZEROS: [char; 40] = [
        '\u{660}',
        '\u{6F0}',
        '\u{7C0}',
        '\u{966}',
        '\u{9E6}',
        '\u{A66}',
        '\u{AE6}',
        '\u{B66}',
        '\u{BE6}',
        '\u{C66}',
        '\u{CE6}',
        '\u{D66}',
        '\u{E50}',
        '\u{ED0}',
        '\u{F20}',
        '\u{1040}',
        '\u{1090}',
        '\u{17E0}',
        '\u{1810}',
        '\u{1946}',
        '\u{19D0}',
        '\u{1A80}',
        '\u{1A90}',
        '\u{1B50}',
        '\u{1BB0}',
        '\u{1C40}',
        '\u{1C50}',
        '\u{A620}',
        '\u{A8D0}',
        '\u{A900}',
        '\u{A9D0}',
        '\u{AA50}',
        '\u{ABF0}',
        '\u{FF10}',
        '\u{104A0}',
        '\u{1D7CE}',
        '\u{1D7D8}',
        '\u{1D7E2}',
        '\u{1D7EC}',
        '\u{1D7F6}',
    ];
}
