//! A mistake in a file that people write.

use std::fmt;
use std::ops::Range;

use crate::{Excerpt, visible, visible_lines};

/// A mistake in a text file that people write. It is displayed like a compiler's error: what is wrong, and where.
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

    /// A mistake at a span of bytes in the line of this number, counted from 1. `line` is that line alone.
    pub fn in_line(
        file: impl Into<String>,
        number: usize,
        line: &[u8],
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), message: message.into(), excerpt: Excerpt::from_line(number, line, &span) }
    }

    /// The place of the mistake, in the form `FILE:LINE:COLUMN`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", visible(self.file.as_bytes()), self.excerpt.line(), self.excerpt.column())
    }

    /// The message, which says what is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message may quote the file.
        let message = visible_lines(self.message.as_bytes());
        write!(f, "{message}\n --> {}\n{}", self.place(), self.excerpt)
    }
}

impl std::error::Error for Diagnostic {}
