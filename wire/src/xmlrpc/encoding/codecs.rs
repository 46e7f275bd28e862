//! Python's 8-bit codecs, as expat gets them from pyexpat (`PyUnknownEncodingHandler`): one character for each byte.
//!
//! The tables are those of Python, not those of a library: the tables of the WHATWG, which `encoding_rs` has, lack half of
//! the codecs, and give a control character for some bytes for which Python has no character.

/// The table: a line for each codec. A comment in the file describes the format.
const CODECS: &str = include_str!("codecs.txt");

/// A codec: the parts of its line in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xmlrpc) struct Codec {
    modules: &'static str,
    aliases: &'static str,
    upper_half: &'static str,
}

impl Codec {
    /// The codec that Python finds under the label, as `encodings.search_function` looks for it.
    pub(super) fn of(label: &str) -> Option<Self> {
        let name = normalized(label);
        let with_underscore = name.replace('.', "_");
        let has = |names: &str, name: &str| names.split(' ').any(|known| known == name);
        Self::all().find(|codec| {
            has(codec.modules, &name) || has(codec.aliases, &name) || has(codec.aliases, &with_underscore)
        })
    }

    /// All codecs.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        CODECS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut parts = line.split(" | ");
            Some(Self { modules: parts.next()?, aliases: parts.next()?, upper_half: parts.next()? })
        })
    }

    /// Python's name of the codec, such as `cp1251`.
    pub(super) fn name(self) -> &'static str {
        self.modules.split(' ').next().unwrap_or_default()
    }

    /// The characters of the bytes from 0x80 on; `None` for a byte that has no character.
    pub(super) fn upper_half(self) -> [Option<char>; 128] {
        let mut table = [None; 128];
        let mut at = 0;
        for part in self.upper_half.split(' ') {
            if let Some(count) = part.strip_prefix('?') {
                at += count.parse().unwrap_or(1);
                continue;
            }
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let code = |text| u32::from_str_radix(text, 16).expect("the table has hexadecimal numbers");
            for c in code(first)..=code(last) {
                table[at] = char::from_u32(c);
                at += 1;
            }
        }
        table
    }
}

/// Normalizes a label as Python's `codecs.lookup` and `encodings.normalize_encoding` do: letters become lower case, and
/// each run of characters other than letters, digits and dots becomes one underscore.
fn normalized(label: &str) -> String {
    let lower = label.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}
