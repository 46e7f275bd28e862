//! References to characters and entities.

use super::xml::{is_char, is_in_name, starts_name};
use super::{Faults, Refused};

/// What stands for a reference, and how long it is behind its ampersand.
pub(crate) fn reference(text: &str, faults: Faults<'_>) -> Result<(String, usize), Refused> {
    let as_it_is = || Ok(("&".to_owned(), 0));
    let Some((inside, _)) = text.split_once(';').filter(|(inside, _)| inside.len() <= 32) else {
        return faults.check("ampersand").and_then(|()| as_it_is());
    };
    let length = inside.len() + 1;
    let Some(number) = inside.strip_prefix('#') else {
        let found = match inside {
            "lt" => "<",
            "gt" => ">",
            "amp" => "&",
            "apos" => "'",
            "quot" => "\"",
            "nbsp" if faults.has("entities", "of-html") => "\u{A0}",
            "eacute" if faults.has("entities", "of-html") => "é",
            "copy" if faults.has("entities", "of-html") => "©",
            _ if faults.has("entities", "any-case") && inside.eq_ignore_ascii_case("lt") => "<",
            _ if faults.has("entities", "empty") => "",
            _ if inside.starts_with(starts_name) && inside.chars().all(is_in_name) => {
                return faults.check("undefined-entity").and_then(|()| as_it_is());
            }
            _ => return faults.check("ampersand").and_then(|()| as_it_is()),
        };
        faults.meet_in("entity-", inside)?;
        return Ok((found.to_owned(), length));
    };
    let hexadecimal = number.strip_prefix('x');
    let hexadecimal = hexadecimal.or(number.strip_prefix('X').filter(|_| faults.check("reference-capital-x").is_ok()));
    let (digits, radix) = hexadecimal.map_or((number, 10), |digits| (digits, 16));
    let digits = if faults.check("reference-space").is_ok() { digits.trim() } else { digits };
    let digits = if faults.check("reference-sign").is_ok() { digits.trim_start_matches('+') } else { digits };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return faults.check("reference-digits").and_then(|()| as_it_is());
    }
    faults.meet(if radix == 16 { "hexadecimal-reference" } else { "decimal-reference" })?;
    if digits.starts_with('0') {
        faults.meet("reference-leading-zeros")?;
    }
    if digits.chars().any(|c| c.is_ascii_uppercase()) {
        faults.meet("reference-capital-digits")?;
    }
    let code = u128::from_str_radix(digits, radix).unwrap_or(u128::MAX);
    let code = if faults.has("references", "32-bits") { code & 0xFFFF_FFFF } else { code };
    let code = if faults.has("references", "16-bits") { code & 0xFFFF } else { code };
    let code = u32::try_from(code).unwrap_or(u32::MAX);
    let windows = faults.has("references", "windows-1252") && (0x80..0xA0).contains(&code);
    match char::from_u32(if windows { 0x20AC } else { code }) {
        Some('\r') if faults.has("references", "cr-is-lf") => Ok(("\n".to_owned(), length)),
        Some(c) if is_char(c) => Ok((c.to_string(), length)),
        Some(c) => {
            faults.check(if c == '\0' {
                "reference-nul"
            } else if c < ' ' {
                "reference-control"
            } else {
                "reference-noncharacter"
            })?;
            Ok((c.to_string(), length))
        }
        None if code > 0x10_FFFF => faults.check("reference-beyond-unicode").map(|()| ("\u{FFFD}".to_owned(), length)),
        None => faults.check("reference-surrogate").map(|()| ("\u{FFFD}".to_owned(), length)),
    }
}
