//! A mistake in a file that people write.

use std::fmt;
use std::ops::Range;

use crate::Excerpt;

/// A mistake in a text file, as compilers show one: what is wrong, and where.
///
/// ```
/// let text = b"level = \"strikt\"\n";
/// let diagnostic = xend_wire::Diagnostic::new("case.toml", text, 8..16, "unknown level");
/// assert_eq!(diagnostic.to_string(), "\
/// unknown level
///  --> case.toml:1:9
///   | level = \"strikt\"
///   |         ^^^^^^^^
/// ");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    file: String,
    message: String,
    excerpt: Excerpt,
}

impl Diagnostic {
    /// A mistake at a span of bytes in a text.
    pub fn new(file: impl Into<String>, text: &[u8], span: Range<usize>, message: impl Into<String>) -> Self {
        Self { file: file.into(), message: message.into(), excerpt: Excerpt::new(text, &span) }
    }

    /// `FILE:LINE:COLUMN`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.excerpt.line(), self.excerpt.column())
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n --> {}\n{}", self.message, self.place(), self.excerpt)
    }
}

impl std::error::Error for Diagnostic {}
