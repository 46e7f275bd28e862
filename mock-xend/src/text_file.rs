//! Text files that people write.

use std::path::Path;

use xend_wire::Diagnostic;

use crate::error::Error;

/// The name of a file, for errors, and what is in it. `what` it is, with its article, is for an error too.
pub(crate) fn read(path: &Path, what: &str) -> Result<(String, String), Error> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Error::File { path: name.clone(), error })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Diagnostic::new(&*name, error.as_bytes(), at..at + 1, format!("{what} is UTF-8"))
    })?;
    Ok((name, text))
}
