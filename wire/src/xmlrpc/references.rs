//! References to characters, and to the five predefined entities of XML.

use std::ops::Range;

use super::characters::is_char;
use super::names::Edition;
use crate::{Error, ErrorKind};

/// The character that a reference stands for. Only XML's five entities are known, even if a DOCTYPE declares others.
pub(super) fn resolve(input: &str, span: Range<usize>, edition: Edition) -> Result<char, Error> {
    let reference = &input[span.start + 1..span.end - 1];
    let Some(number) = reference.strip_prefix('#') else {
        return match reference {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "apos" => Ok('\''),
            "quot" => Ok('"'),
            _ if edition.is_name(reference) => Err(Error::new(ErrorKind::UndefinedEntity, span)
                .found(format!("`{reference}`"))
                .expected("lt, gt, amp, apos, quot or a character reference")),
            _ => Err(lone_ampersand(span.start)),
        };
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(Error::new(ErrorKind::MalformedXml, span).expected("a character reference as `&#65;` or `&#x41;`"));
    }
    let c = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|&c| is_char(c));
    c.ok_or_else(|| {
        Error::new(ErrorKind::InvalidCharacter, span)
            .found(format!("`&{reference};`"))
            .expected("a character that XML 1.0 allows")
    })
}

pub(super) fn lone_ampersand(at: usize) -> Error {
    Error::new(ErrorKind::MalformedXml, at..at + 1).detail("`&`").expected("a reference, or `&amp;`")
}
