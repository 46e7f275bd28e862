//! The one error of this crate: why no verdict can be had.

use std::fmt;
use std::ops::Range;

use crate::Excerpt;

/// Why a command can't be carried out. What a subject does wrong is a verdict, never one of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for what there isn't.
    #[error("{0}")]
    Usage(String),
    /// A file is not what it should be.
    #[error("{0}")]
    File(Diagnostic),
    /// The harness itself failed.
    #[error("{0}")]
    Harness(String),
}

impl Error {
    /// The exit status that says so: 2 for what the user can mend, 3 for what he can't.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::File(_) => 2,
            Self::Harness(_) => 3,
        }
    }

    pub(crate) fn io(path: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::Usage(format!("{path}: {error}"))
    }
}

/// A mistake in a text file: what is wrong, and where.
///
/// ```text
/// error: unknown rules `strikt` for sexpr, expected strict, ...
///  --> cases/sexpr/a.toml:8:10
///   | rules = ["strikt"]
///   |          ^^^^^^^^
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

    /// What is wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// `FILE:LINE:COLUMN`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.excerpt.line(), self.excerpt.column())
    }

    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::new(file, text.as_bytes(), error.span().unwrap_or_default(), error.message())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n --> {}\n{}", self.message, self.place(), self.excerpt)
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::File(diagnostic)
    }
}
