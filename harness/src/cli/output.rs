//! The output of the commands, and the runtime that they use to wait for replies.

use std::io::{self, IsTerminal, Write};
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

/// The option that says whether output is coloured.
#[derive(Debug, clap::Args)]
pub(super) struct Painting {
    /// Use colours: always, never, or on a terminal unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_default_value = true)]
    color: When,
}

/// When something is done that only a terminal is fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum When {
    /// If the output is a terminal.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

impl When {
    /// Returns whether it is done, for an output that is or is not a terminal.
    pub(super) fn holds(self, is_terminal: bool) -> bool {
        match self {
            Self::Auto => is_terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Returns whether a stream is a terminal that understands control sequences.
pub(super) fn is_smart(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Painting {
    fn is_on(&self) -> bool {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        self.color.holds(is_smart(&io::stdout()) && !is_set("NO_COLOR"))
    }
}

/// Writes a report for people to standard output as [`print`] does, and in colours where they are wanted.
pub(super) fn print_painted(text: &str, painting: &Painting) -> Result<(), Error> {
    let text = visible_lines(text.as_bytes());
    write_out(&if painting.is_on() { painted(&text) } else { text.to_string() })
}

/// Adds colours to a report for people, line by line. The text has no control characters of its own any more.
fn painted(text: &str) -> String {
    const RED: &str = "\x1b[1;31m";
    const YELLOW: &str = "\x1b[1;33m";
    const BOLD: &str = "\x1b[1m";
    const DIM: &str = "\x1b[2m";
    const OFF: &str = "\x1b[0m";
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let number = line.find(|c: char| !c.is_ascii_digit()).filter(|&at| at > 0 && line[at..].starts_with(". "));
        let start = number.map_or(0, |at| at + 2);
        let word = &line[start..start + line[start..].find([':', ',']).unwrap_or(0)];
        let color = match word {
            "fail" | "wrong-value" | "invalid-answer" | "crash" | "timeout" | "resource-limit" | "harness-error"
            | "error" => Some(RED),
            "unexpected-pass" | "flaky" => Some(YELLOW),
            _ => None,
        };
        match color {
            Some(color) => {
                let behind = start + word.len();
                out += &format!("{}{color}{word}{OFF}{}", &line[..start], &line[behind..]);
            }
            None if line.starts_with("  | ") || line.starts_with("  source  ") => {
                let is_caret = line[4.min(line.len())..].trim_start().starts_with('^');
                out += &format!("{}{line}{OFF}", if is_caret { RED } else { DIM });
            }
            None if line.starts_with("What to mend first") => out += &format!("{BOLD}{line}{OFF}"),
            None => out += line,
        }
        out += end;
    }
    out
}

/// Writes JSON to standard output, with control characters as JSON escapes. So is a report in a format whose text is
/// escaped already.
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

    #[test]
    fn colours_change_no_text() {
        let text = "1. crash, 2 cases: why\nfail: sexpr/a@strict (must): why\n  | (a\n  |  ^\n  got     x\nWhat to mend first:\n";
        let shown = painted(text);
        assert!(
            shown.starts_with("1. \x1b[1;31mcrash\x1b[0m, 2 cases: why\n\x1b[1;31mfail\x1b[0m: sexpr/a"),
            "{shown:?}"
        );
        let mut plain = shown;
        for code in ["\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, text);
    }

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
