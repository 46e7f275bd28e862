//! What the commands write, and how they wait.

use std::io::{self, Write};

use crate::Error;

/// Writes to standard error, where nobody may be listening.
pub(super) fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// What waits for replies.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::Harness(format!("can't wait for a reply: {error}")))
}

/// Writes to standard output. That the reader has seen enough is no error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Harness(format!("can't write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
