//! The encodings of documents: finds an encoding by its label, and decodes bytes to text.
//!
//! All rules read UTF-8, UTF-16, US-ASCII and ISO-8859-1, exactly as IANA registered them. The tables of the WHATWG are not
//! used, because they take windows-1252 for `us-ascii` and `iso-8859-1`. The rules of a release also read every 8-bit codec
//! of Python 2.7, because the daemon does.

mod codecs;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(super) use self::codecs::Codec;

/// An encoding of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// UTF-16, with the byte order that the label gives. The label `UTF-16` gives none, and leaves it to the byte order mark.
    Utf16(Option<Order>),
    Ascii,
    Latin1,
    /// One of Python's 8-bit codecs.
    Codec(Codec),
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    Little,
}

/// The labels of each encoding, in lower case: the names and aliases that IANA registered, except those with a colon, which
/// XML 1.0 does not allow (production 81), and the three usual spellings `utf8`, `ascii` and `iso8859-1`.
const LABELS: &[(Encoding, &[&str])] = &[
    (Encoding::Utf8, &["utf-8", "csutf8", "utf8"]),
    (Encoding::Utf16(None), &["utf-16", "csutf16"]),
    (Encoding::Utf16(Some(Order::Big)), &["utf-16be", "csutf16be"]),
    (Encoding::Utf16(Some(Order::Little)), &["utf-16le", "csutf16le"]),
    (
        Encoding::Ascii,
        &[
            "us-ascii",
            "iso-ir-6",
            "ansi_x3.4-1968",
            "ansi_x3.4-1986",
            "iso646-us",
            "us",
            "ibm367",
            "cp367",
            "csascii",
            "ascii",
        ],
    ),
    (
        Encoding::Latin1,
        &["iso-8859-1", "iso-ir-100", "iso_8859-1", "latin1", "l1", "ibm819", "cp819", "csisolatin1", "iso8859-1"],
    ),
];

/// The labels that expat knows itself (`getEncodingIndex` in its `xmltok.c`). It asks Python for all others.
const KNOWN_TO_EXPAT: [&str; 6] = ["iso-8859-1", "us-ascii", "utf-8", "utf-16", "utf-16be", "utf-16le"];

impl Encoding {
    /// The encoding of a label in an XML declaration, by the specification.
    pub(super) fn of(label: &str) -> Option<Self> {
        let label = label.to_ascii_lowercase();
        LABELS.iter().find(|(_, labels)| labels.contains(&&*label)).map(|&(encoding, _)| encoding)
    }

    /// The encoding of a label, as Python 2.7's expat finds it.
    pub(super) fn of_python(label: &str) -> Option<Self> {
        if KNOWN_TO_EXPAT.iter().any(|known| known.eq_ignore_ascii_case(label)) {
            return Self::of(label);
        }
        Codec::of(label).map(Self::Codec)
    }

    /// The name of the encoding, for error messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16(None) => "UTF-16",
            Self::Utf16(Some(Order::Big)) => "UTF-16BE",
            Self::Utf16(Some(Order::Little)) => "UTF-16LE",
            Self::Ascii => "US-ASCII",
            Self::Latin1 => "ISO-8859-1",
            Self::Codec(codec) => codec.name(),
        }
    }

    /// Decodes text in an encoding of one byte per character. The error is the place of the first byte that has no
    /// character.
    pub(super) fn decode_bytes(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        if let Ok(text) = std::str::from_utf8(bytes)
            && text.is_ascii()
        {
            return Ok(Cow::Borrowed(text));
        }
        let upper = match self {
            Self::Latin1 => return Ok(bytes.iter().map(|&b| char::from(b)).collect()),
            Self::Codec(codec) => codec.upper_half(),
            Self::Ascii | Self::Utf8 | Self::Utf16(_) => [None; 128],
        };
        let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
        for (at, &b) in bytes.iter().enumerate() {
            text.push(match b {
                0..0x80 => char::from(b),
                _ => upper[usize::from(b - 0x80)].ok_or(at)?,
            });
        }
        Ok(Cow::Owned(text))
    }
}

impl Order {
    pub(super) fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    /// Decodes text of whole units. The error is the number of the first unit that is a lone surrogate.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        let units = bytes.chunks_exact(2).map(|pair| self.unit([pair[0], pair[1]]));
        let mut text = String::with_capacity(bytes.len() / 2 + bytes.len() / 8);
        let mut read = 0;
        for c in char::decode_utf16(units) {
            let c = c.map_err(|_| read)?;
            read += c.len_utf16();
            text.push(c);
        }
        Ok(text)
    }

    /// Decodes text as expat 2.2 does: it takes any unit after a high surrogate for the low surrogate, and uses its lowest ten
    /// bits (`little2_toUtf8` in its `xmltok.c`).
    pub(super) fn decode_as_expat(self, bytes: &[u8]) -> Result<String, usize> {
        let mut units = bytes.chunks_exact(2).map(|pair| u32::from(self.unit([pair[0], pair[1]]))).enumerate();
        let mut text = String::with_capacity(bytes.len() / 2 + bytes.len() / 8);
        while let Some((at, unit)) = units.next() {
            let c = match unit {
                0xD800..0xDC00 => {
                    let (_, second) = units.next().ok_or(at)?;
                    0x1_0000 + ((unit & 0x3FF) << 10 | second & 0x3FF)
                }
                _ => unit,
            };
            text.push(char::from_u32(c).ok_or(at)?);
        }
        Ok(text)
    }
}
