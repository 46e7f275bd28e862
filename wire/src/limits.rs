//! Limits on the size of documents.

/// The largest document that a decoder accepts. It refuses a larger one with an error instead of using more memory.
///
/// The defaults are above what a real daemon sends: a detailed list of 5,000 domains is 8 MB of S-expressions or 47 MB of
/// XML-RPC, with at most a dozen levels of nesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the document, in bytes.
    pub bytes: usize,
    /// Number of values, including lists, arrays and structs.
    pub values: usize,
    /// Levels of nested lists, or of nested arrays and structs. An XML-RPC decoder never accepts more than
    /// [`Limits::HARD_DEPTH`].
    pub depth: usize,
    /// Length of one decoded atom or string, in bytes.
    pub text: usize,
}

impl Limits {
    /// The deepest nesting of XML-RPC values that is accepted, even if [`Limits::depth`] is larger.
    ///
    /// Printing, comparing and dropping an owned value recurse. Up to this depth that fits into the smallest stack that a
    /// thread usually has.
    pub const HARD_DEPTH: usize = 1_024;
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, values: 16 << 20, depth: 1_024, text: 64 << 20 }
    }
}
