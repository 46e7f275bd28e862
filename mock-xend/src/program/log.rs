//! The log of exchanges, one JSON object a line.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::output::cannot;
use super::terminal::print_to_stderr;
use crate::admin::Admin;
use crate::error::Error;
use crate::following::Following;
use crate::host::Served;
use crate::log_line::{self, LogLines};

/// Where the log is written, before the mock starts.
pub(super) struct Log {
    name: String,
    lines: LogLines,
    out: Box<dyn Write + Send>,
}

/// A log that is being written, on a thread of its own.
pub(super) struct Writing {
    thread: JoinHandle<()>,
}

impl Log {
    /// Opens the file of the log, or stdout for `-`. A file that is there is overwritten.
    pub(super) fn open(path: &Path, keeps_secrets: bool) -> Result<Self, Error> {
        let out: Box<dyn Write + Send> = match path.to_str() {
            Some("-") => Box::new(io::stdout()),
            _ => Box::new(File::create(path).map_err(|error| cannot("--log", path, error))?),
        };
        Ok(Self { name: path.display().to_string(), lines: LogLines::new(keeps_secrets), out })
    }

    /// Writes a line for each listener, and from then on one for each exchange.
    pub(super) fn write(mut self, served: &Served, admin: Option<&Admin>) -> Result<Writing, Error> {
        let faces = served.listening.iter().map(|(face, address)| (face.as_str(), address, address.url(*face)));
        let admin = admin.map(|admin| ("admin", admin.address(), admin.url()));
        for (face, address, url) in faces.chain(admin) {
            let line = json!({ "event": "listening", "face": face, "address": address.to_string(), "url": url });
            self.line(&line).map_err(|error| cannot("--log", Path::new(&self.name), error))?;
        }
        let following = served.behind.follow();
        let write = move || {
            if let Err(error) = self.follow(following) {
                print_to_stderr(&format!("error: --log {}: {error}; the log ends here\n", self.name));
            }
        };
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(write).map_err(Error::Start)?;
        Ok(Writing { thread })
    }

    fn follow(&mut self, mut following: Following) -> io::Result<()> {
        while let Some(exchange) = following.next() {
            self.lost(following.lost())?;
            let line = self.lines.exchange(&exchange);
            self.line(&line)?;
        }
        self.lost(following.lost())
    }

    fn lost(&mut self, count: u64) -> io::Result<()> {
        if count > 0 { self.line(&log_line::lost(count)) } else { Ok(()) }
    }

    fn line(&mut self, line: &Value) -> io::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}

impl Writing {
    /// Waits until everything is written. The mock must have stopped.
    pub(super) fn end(self) {
        // A panic of the thread has been printed already.
        let _ = self.thread.join();
    }
}
