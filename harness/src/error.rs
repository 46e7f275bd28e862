//! The error type of this crate.

use std::fmt;

use xend_wire::Diagnostic;

/// The reason why a command of the harness can't be carried out.
///
/// Mistakes of a subject are never reported by this type: they are [verdicts](crate::Verdict).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The user asked for something that does not exist or can't be used, such as an unknown rule or an unreachable
    /// server.
    #[error("{0}")]
    Usage(String),
    /// A file has a mistake, such as a case that is not valid TOML; the diagnostic shows the place.
    #[error("{0}")]
    File(Diagnostic),
    /// The harness itself failed.
    #[error("{0}")]
    Harness(String),
    /// A signal asked the harness to end; the text is a word for it, such as `interrupted`.
    #[error("{0}")]
    Interrupted(String),
}

impl Error {
    /// Returns the exit status of a program that ends with this error: 2 if the user can correct the cause, 3 if the
    /// harness failed or was interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::File(_) => 2,
            Self::Harness(_) | Self::Interrupted(_) => 3,
        }
    }

    /// Makes a usage error from a failure to read or write `path`.
    pub(crate) fn io(path: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::Usage(format!("{path}: {error}"))
    }
}

/// Converts an error of the TOML parser into a diagnostic that shows the place in `text`.
pub(crate) fn toml_mistake(file: &str, text: &str, error: &toml::de::Error) -> Diagnostic {
    Diagnostic::new(file, text.as_bytes(), error.span().unwrap_or_default(), error.message())
}

/// Reads a TOML file of ours; `not_utf_8` is the message for bytes that are not UTF-8, and says what to write instead.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(
    file: &str,
    bytes: &[u8],
    not_utf_8: &str,
) -> Result<T, Diagnostic> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Diagnostic::new(file, bytes, at..at + 1, not_utf_8)
    })?;
    toml::from_str(text).map_err(|error| toml_mistake(file, text, &error))
}

impl From<mock_xend::Error> for Error {
    /// Converts an error that occurred while a file was read: a mistake in the file keeps its place, anything else is a
    /// usage error.
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
