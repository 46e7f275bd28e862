//! The documents that this crate and Python read.

use data_encoding::BASE64;
use serde_json::Value;

/// A document, and where it comes from.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The longest document that is read. Longer ones only take more time.
const LONGEST: usize = 16_384;

/// Labels of encodings: each codec that Python's expat takes, some spellings of these, and some that it refuses.
#[rustfmt::skip]
pub(crate) const LABELS: &[&str] = &[
    "utf-8", "UTF8", "utf_8", "U8", "utf-8-sig", "us-ascii", "ASCII", "ISO646-US", "us", "iso-8859-1", "latin1",
    "Latin-1", "l1", "csISOLatin1", "charmap", "iso-8859-2", "latin2", "iso-8859-3", "iso-8859-4", "iso-8859-5",
    "cyrillic", "iso-8859-6", "arabic", "iso-8859-7", "greek", "iso-8859-8", "hebrew", "iso-8859-9", "iso-8859-10",
    "iso-8859-11", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso8859.15", "iso-8859-16", "cp437", "cp.437",
    "IBM437", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp856", "cp857", "cp858", "cp860", "cp861",
    "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp1006", "cp1250", "windows-1251", "windows.1252",
    "Windows_-1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8-r", "koi8-u", "hp-roman8", "mac-roman",
    "macintosh", "mac-cyrillic", "mac-greek", "mac-iceland", "mac-latin2", "mac-turkish", "mac-croatian",
    "mac-romanian", "mac-centeuro", "mac-arabic", "mac-farsi", "palmos", "ptcp154", "tis-620", "iso-2022-jp",
    "unicode-escape", "utf-16", "utf-16le", "utf-16be", "utf16", "utf-32", "utf-7", "cp037", "shift_jis", "big5",
    "gb2312", "euc-jp", "rot13", "hex", "x-nope",
];

/// The documents of all cases, and the bodies of all exchanges.
pub(crate) fn documents() -> Vec<Document> {
    let cases = xend_fixtures::files("cases/xmlrpc/").filter_map(|file| {
        let case: toml::Table = toml::from_str(str::from_utf8(file.bytes()).ok()?).ok()?;
        let bytes = match (case.get("input"), case.get("input_base64")) {
            (Some(input), _) => input.as_str()?.as_bytes().to_vec(),
            (_, Some(input)) => BASE64.decode(input.as_str()?.as_bytes()).ok()?,
            _ => case["input_generated"].as_array()?.iter().map(piece).collect::<Option<String>>()?.into_bytes(),
        };
        Some(Document { name: file.path.to_owned(), bytes })
    });
    let exchanges = xend_fixtures::files("exchanges/").flat_map(|file| {
        let lines = str::from_utf8(file.bytes()).unwrap_or_default().lines();
        let rows = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        rows.flat_map(|row| [body(&row["request"]), body(&row["response"])])
            .flatten()
            .map(|bytes| Document { name: file.path.to_owned(), bytes })
    });
    let mut documents: Vec<_> = cases.chain(exchanges).filter(|document| document.bytes.len() <= LONGEST).collect();
    documents.sort_by(|one, other| one.bytes.cmp(&other.bytes));
    documents.dedup_by(|one, other| one.bytes == other.bytes);
    documents
}

fn piece(piece: &toml::Value) -> Option<String> {
    let text = |key| piece.get(key).and_then(toml::Value::as_str);
    match (text("text"), text("repeat")) {
        (Some(text), _) => Some(text.to_owned()),
        (_, repeat) => Some(repeat?.repeat(usize::try_from(piece.get("times")?.as_integer()?).ok()?)),
    }
}

/// The document in an HTTP message, of which each character is a byte.
fn body(message: &Value) -> Option<Vec<u8>> {
    let (_, body) = message.as_str()?.split_once("\r\n\r\n")?;
    let bytes: Vec<u8> = body.chars().map(|c| u8::try_from(c).ok()).collect::<Option<_>>()?;
    bytes.starts_with(b"<").then_some(bytes)
}

/// Whether Python is known to read the document in another way.
pub(crate) fn is_known_to_differ(document: &[u8]) -> bool {
    refers_to_what_it_declares(document) || names_what_is_not_utf8(document)
}

/// Whether bytes that are no UTF-8 stand in an instruction or in a DOCTYPE. expat checks no encoding in names, and Python looks
/// at none of these (2.7.18 reads `<?x\xE9ml ?>`).
fn names_what_is_not_utf8(document: &[u8]) -> bool {
    let Err(error) = str::from_utf8(document) else { return false };
    let before = &document[..error.valid_up_to()];
    before.iter().rposition(|&b| b == b'<').is_some_and(|at| matches!(before.get(at + 1), Some(b'?' | b'!')))
}

/// Whether the document refers to an entity that it declares: Python would expand it.
fn refers_to_what_it_declares(document: &[u8]) -> bool {
    // Dropping zero bytes makes UTF-16 readable as ASCII.
    let text: String = document.iter().filter(|&&b| b != 0).map(|&b| char::from(b)).collect();
    text.match_indices("<!ENTITY").any(|(at, found)| {
        let rest = text[at + found.len()..].trim_start();
        let name = rest.split([' ', '\t', '\r', '\n', '"', '\'', '>']).next().unwrap_or_default();
        !name.is_empty() && text.contains(&format!("&{name};"))
    })
}
