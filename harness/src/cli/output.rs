//! The output of the commands, and the runtime that they use to wait for replies.

use std::io::{self, Write};
use std::ops::Deref;

use tokio::runtime::Runtime;
use xend_wire::visible_lines;

use crate::Error;
use crate::shorten::escaped_json;

/// Writes text to standard error, and ignores an error, since there is nowhere to report it.
///
/// The text may quote peers, subjects and files, so control bytes in it are escaped.
pub(super) fn print_error_text(text: &str) {
    let _ = io::stderr().write_all(visible_lines(text.as_bytes()).as_bytes());
}

/// A runtime that can be dropped at once. The system's resolver may block a thread for any time, and a command whose
/// deadline has passed must not wait for it.
pub(super) struct Waiter(Option<Runtime>);

/// Makes the runtime in which a command waits for replies.
pub(super) fn runtime() -> Result<Waiter, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map(|it| Waiter(Some(it))).map_err(|error| Error::Harness(format!("can't wait for a reply: {error}")))
}

impl Deref for Waiter {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Writes text for people to standard output. The text may quote peers, subjects and files, so control bytes in it are
/// escaped.
///
/// # Errors
/// Returns an error if the text can't be written. A reader that has closed the pipe is no error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write_out(&visible_lines(text.as_bytes()))
}

/// Writes JSON to standard output, with control characters as JSON escapes.
pub(super) fn print_json(json: &str) -> Result<(), Error> {
    write_out(&escaped_json(json))
}

fn write_out(text: &str) -> Result<(), Error> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Harness(format!("can't write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The thread waits until the runtime is gone: if that waited for the thread, the test would never end.
    #[test]
    fn a_thread_that_blocks_keeps_no_command() {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let runtime = runtime().expect("a runtime");
        let resolver = runtime.spawn_blocking(move || ended.recv());
        drop(runtime);
        drop((end, resolver));
    }
}
