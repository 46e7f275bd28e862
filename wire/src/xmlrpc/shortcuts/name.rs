//! Recognises the names of elements by comparing eight bytes at once.

use super::super::element_name::ElementName;

/// A name of up to seven letters, followed by white space or a `>`.
pub(super) struct UsualName {
    pub(super) name: ElementName<'static>,
    pub(super) len: usize,
    /// The bytes of the name, with zeros after them.
    pub(super) word: u64,
    /// The mask that selects the bytes of the name in a word.
    pub(super) mask: u64,
}

impl UsualName {
    #[inline]
    pub(super) fn read(rest: &[u8]) -> Option<Self> {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = LOW << 7;
        let word = word(rest)?;
        // The bytes of `ends` that are `>` or white space have their highest bit set. Other bytes after the first of them
        // may have it set, too, so only the lowest of these bits is used.
        let zeroed = word ^ (LOW * b'>' as u64);
        let ends = (zeroed.wrapping_sub(LOW) & !zeroed | word.wrapping_sub(LOW * 0x21) & !word) & HIGH;
        let first = ends & ends.wrapping_neg();
        // If the name does not end within the word, the mask selects the whole word, which matches no name.
        let mask = (first >> 7).wrapping_sub(1);
        let word = word & mask;
        let name = match word {
            STRING => ElementName::String,
            INT => ElementName::Int,
            ARRAY => ElementName::Array,
            DATA => ElementName::Data,
            VALUE => ElementName::Value,
            NAME => ElementName::Name,
            MEMBER => ElementName::Member,
            STRUCT => ElementName::Struct,
            DOUBLE => ElementName::Double,
            BOOLEAN => ElementName::Boolean,
            I4 => ElementName::I4,
            BASE64 => ElementName::Base64,
            PARAM => ElementName::Param,
            PARAMS => ElementName::Params,
            FAULT => ElementName::Fault,
            _ => return None,
        };
        Some(Self { name, len: (ends.trailing_zeros() / 8) as usize, word, mask })
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(
            self.name,
            ElementName::String
                | ElementName::Int
                | ElementName::I4
                | ElementName::Double
                | ElementName::Boolean
                | ElementName::Base64
        )
    }
}

const STRING: u64 = literal(b"string");
const INT: u64 = literal(b"int");
const I4: u64 = literal(b"i4");
const VALUE: u64 = literal(b"value");
const ARRAY: u64 = literal(b"array");
const STRUCT: u64 = literal(b"struct");
const DATA: u64 = literal(b"data");
const MEMBER: u64 = literal(b"member");
const NAME: u64 = literal(b"name");
const PARAM: u64 = literal(b"param");
const PARAMS: u64 = literal(b"params");
const FAULT: u64 = literal(b"fault");
const BOOLEAN: u64 = literal(b"boolean");
const DOUBLE: u64 = literal(b"double");
const BASE64: u64 = literal(b"base64");

/// The first eight bytes as a little-endian number.
#[inline]
pub(super) fn word(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.first_chunk()?))
}

pub(super) const fn literal(text: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = text.len();
    while at > 0 {
        at -= 1;
        word = word << 8 | text[at] as u64;
    }
    word
}
