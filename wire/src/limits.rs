//! How much a decoder takes before it refuses.

/// What a decoder refuses to go beyond.
///
/// The defaults let through whatever a real daemon sends: a detailed list of 5,000 domains is 8 MB of S-expressions or
/// 47 MB of XML-RPC, with at most a dozen levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document, in bytes.
    pub bytes: usize,
    /// Number of values, containers included.
    pub values: usize,
    /// How deep lists, or arrays and structs, may nest. An XML-RPC decoder never goes beyond [`Limits::HARD_DEPTH`].
    pub depth: usize,
    /// Length of one atom or string once decoded, in bytes.
    pub text: usize,
}

impl Limits {
    /// The deepest nesting of XML-RPC values, whatever [`Limits::depth`] says: an owned value of this depth still
    /// prints, compares and drops within the smallest usual thread stack.
    pub const HARD_DEPTH: usize = 1_024;
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, values: 16 << 20, depth: 1_024, text: 64 << 20 }
    }
}
