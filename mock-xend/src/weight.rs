//! Estimates of the memory that values take. Everything that a mock keeps is counted in bytes and has a limit.

use xend_wire::datum::Datum;

/// The cost of an allocation besides its bytes: its header, and the space that is lost to rounding.
const ALLOCATION: usize = 16;

/// Returns the bytes that a value takes, with everything that it owns.
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

/// Returns the bytes that a value takes together with its name.
pub(crate) fn of_named(name: &str, value: &Datum) -> usize {
    of_text(name) + of(value)
}

/// Returns the bytes that a text takes.
pub(crate) fn of_text(text: &str) -> usize {
    of_bytes(text.as_bytes())
}

/// Returns the bytes that a buffer takes.
pub(crate) fn of_bytes(bytes: &[u8]) -> usize {
    size_of::<Vec<u8>>() + ALLOCATION + bytes.len()
}

/// Formats a number of bytes for people: `64 MiB`.
pub(crate) fn shown(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
