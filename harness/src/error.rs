//! The one error of this crate: why no verdict can be had.

use std::fmt;

use xend_wire::Diagnostic;

/// Why a command can't be carried out. What a subject does wrong is a verdict, never one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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

/// A mistake that the TOML parser found.
pub(crate) fn toml_mistake(file: &str, text: &str, error: &toml::de::Error) -> Diagnostic {
    Diagnostic::new(file, text.as_bytes(), error.span().unwrap_or_default(), error.message())
}

impl From<mock_xend::Error> for Error {
    /// What a file that people write has wrong, or why it can't be read.
    fn from(error: mock_xend::Error) -> Self {
        match error {
            mock_xend::Error::Scenario(diagnostic) => Self::File(diagnostic),
            other => Self::Usage(other.to_string()),
        }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::File(diagnostic)
    }
}
