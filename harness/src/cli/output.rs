//! What the commands write, and how they wait.

use std::io::{self, Write};
use std::ops::Deref;

use tokio::runtime::Runtime;
use xend_wire::visible_lines;

use crate::Error;
use crate::shorten::escaped_json;

/// Writes to standard error, where nobody may be listening. What peers, subjects and files say may be in the text: no
/// control byte of it gets through.
pub(super) fn say(text: &str) {
    let _ = io::stderr().write_all(visible_lines(text.as_bytes()).as_bytes());
}

/// A runtime that ends at once: the resolver of the system blocks a thread, for as long as it likes, and a command whose
/// deadline has passed does not wait for it.
pub(super) struct Waiter(Option<Runtime>);

/// What waits for replies.
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

/// Writes text for people to standard output. What peers, subjects and files say may be in it: no control byte of it gets
/// through. That the reader has seen enough is no error.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write_out(&visible_lines(text.as_bytes()))
}

/// Writes JSON to standard output, where control characters stand as JSON escapes them.
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
