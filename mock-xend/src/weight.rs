//! How much memory values take, about: what a mock keeps is counted in bytes, and has a budget.

use xend_wire::datum::Datum;

/// What an allocation costs besides its bytes: its header, and what rounding it up leaves unused.
const ALLOCATION: usize = 16;

/// The bytes of a value, with all that it owns.
pub(crate) fn of(value: &Datum) -> usize {
    size_of::<Datum>()
        + match value {
            Datum::None | Datum::Bool(_) | Datum::Int(_) | Datum::Long(_) | Datum::Float(_) => 0,
            Datum::Bytes(bytes) | Datum::Binary(bytes) => ALLOCATION + bytes.len(),
            Datum::Text(text) | Datum::DateTime(text) => ALLOCATION + text.len(),
            Datum::List(items) | Datum::Tuple(items) => ALLOCATION + items.iter().map(of).sum::<usize>(),
            Datum::Dict(members) => {
                ALLOCATION + members.iter().map(|(name, value)| of_named(name, value)).sum::<usize>()
            }
        }
}

/// The bytes of a value with its name.
pub(crate) fn of_named(name: &str, value: &Datum) -> usize {
    of_text(name) + of(value)
}

/// The bytes of a text.
pub(crate) fn of_text(text: &str) -> usize {
    of_bytes(text.as_bytes())
}

/// The bytes of a buffer.
pub(crate) fn of_bytes(bytes: &[u8]) -> usize {
    size_of::<Vec<u8>>() + ALLOCATION + bytes.len()
}

/// A number of bytes for people: `64 MiB`.
pub(crate) fn shown(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
