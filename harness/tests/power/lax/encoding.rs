//! From bytes to the characters of a document.

use super::{Faults, Refused};

/// From bytes to characters, by the byte order mark, the first characters and the declared encoding.
pub(crate) fn decode(document: &[u8], faults: Faults<'_>) -> Result<String, Refused> {
    let is_little = match document {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Some(true),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Some(false),
        _ => None,
    };
    if let Some(is_little) = is_little {
        faults.meet("utf-16")?;
        if !document.len().is_multiple_of(2) {
            return Err(Refused);
        }
        let unit = |pair: &[u8]| if is_little { [pair[0], pair[1]] } else { [pair[1], pair[0]] };
        let units: Vec<u16> = document.chunks(2).map(|pair| u16::from_le_bytes(unit(pair))).collect();
        let text = String::from_utf16(&units).map_err(|_| Refused)?;
        let own = if is_little { "utf-16le" } else { "utf-16be" };
        let declared = label(&text);
        if declared.is_none() && document[0] < 0xFE {
            faults.check("utf-16-bare")?;
        }
        return match &*declared.unwrap_or_else(|| own.to_owned()) {
            label if label == "utf-16" || label == own => Ok(text.trim_start_matches('\u{FEFF}').to_owned()),
            _ => Err(Refused),
        };
    }
    let body = document.strip_prefix(b"\xEF\xBB\xBF");
    if body.is_some() {
        faults.meet("byte-order-mark")?;
    }
    let bytes = body.unwrap_or(document);
    let declared = label(&String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    let latin = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let declared =
        declared.as_deref().map(|label| if faults.check("encoding-name").is_ok() { label.trim() } else { label });
    match declared {
        None | Some("utf-8") if !faults.has("encoding", "latin-1-always") => match str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if faults.has("encoding", "latin-1-if-not-utf-8") => Ok(latin(bytes)),
            Err(_) => faults.check("utf-8").map(|()| String::from_utf8_lossy(bytes).into_owned()),
        },
        Some("iso-8859-1") if faults.has("encoding", "label-ignored") => {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
        Some("iso-8859-1") if body.is_none() => {
            faults.meet("latin-1")?;
            Ok(latin(bytes))
        }
        Some("us-ascii") if bytes.is_ascii() => faults.meet("us-ascii").map(|()| latin(bytes)),
        Some("us-ascii") => faults.check("us-ascii-8-bit").map(|()| latin(bytes)),
        None | Some("utf-8") => Ok(latin(bytes)),
        Some(_) => faults.check("unknown-encoding").map(|()| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// The encoding that a declaration names, in lower case.
fn label(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value[1..].split(quote).next()?.to_ascii_lowercase())
}

/// CR LF and a lone CR are one LF (XML 1.0 §2.11).
pub(crate) fn line_ends(text: &str, faults: Faults<'_>) -> String {
    if !text.contains('\r') {
        return text.to_owned();
    }
    for place in ["fault", "array", "struct", "methodCall"] {
        let within = text.find(&format!("<{place}>")).zip(text.rfind(&format!("</{place}>")));
        let Some((start, end)) = within.filter(|&(start, end)| text[start..end].contains('\r')) else { continue };
        if let Some(how) = faults.change_in("line-ends-in-", place) {
            let (before, behind) = (normal(&text[..start], None), normal(&text[end..], None));
            return [before, normal(&text[start..end], Some(how)), behind].concat();
        }
    }
    normal(text, faults.changes("line-ends").next())
}

fn normal(text: &str, how: Option<&str>) -> String {
    match how {
        Some("kept") => text.to_owned(),
        Some("lone-cr-kept") => text.replace("\r\n", "\n"),
        Some("lone-cr-dropped") => text.replace("\r\n", "\n").replace('\r', ""),
        Some("doubled") => text.replace('\r', "\n"),
        Some("line-feed-first") => text.replace("\n\r", "\n").replace("\r\n", "\n").replace('\r', "\n"),
        _ => text.replace("\r\n", "\n").replace('\r', "\n"),
    }
}
