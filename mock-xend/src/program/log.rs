//! The log of exchanges, one JSON object a line.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::JoinHandle;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::output::cannot;
use super::terminal::print_to_stderr;
use crate::error::Error;
use crate::following::Following;
use crate::host::MockXend;
use crate::journal::{AnsweredBy, Exchange};

/// Where the log is written, before the mock starts.
pub(super) struct Log {
    name: String,
    out: Box<dyn Write + Send>,
}

/// A log that is being written, on a thread of its own.
pub(super) struct Writing {
    thread: JoinHandle<()>,
}

impl Log {
    /// Opens the file of the log, or stdout for `-`. A file that is there is overwritten.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let out: Box<dyn Write + Send> = match path.to_str() {
            Some("-") => Box::new(io::stdout()),
            _ => Box::new(File::create(path).map_err(|error| cannot("--log", path, error))?),
        };
        Ok(Self { name: path.display().to_string(), out })
    }

    /// Writes a line for each listener, and from then on one for each exchange.
    pub(super) fn write(mut self, mock: &MockXend) -> Result<Writing, Error> {
        for (face, address) in mock.listening() {
            let (face_name, url) = (face.as_str(), address.url(*face));
            let line = json!({ "event": "listening", "face": face_name, "address": address.to_string(), "url": url });
            self.line(&line).map_err(|error| cannot("--log", Path::new(&self.name), error))?;
        }
        let following = mock.daemon().follow();
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
            self.line(&shown(&exchange))?;
        }
        self.lost(following.lost())
    }

    fn lost(&mut self, count: u64) -> io::Result<()> {
        if count > 0 { self.line(&json!({ "event": "lost", "count": count })) } else { Ok(()) }
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

fn shown(exchange: &Exchange) -> Value {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("event", "exchange".into());
    put("number", exchange.number.into());
    put("at", exchange.at.as_secs_f64().into());
    put("connection", exchange.connection.into());
    put("face", exchange.face.as_str().into());
    if let Some(operation) = exchange.operation {
        put("operation", operation.name().into());
        let arguments =
            exchange.arguments.iter().map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into()));
        put("arguments", Value::Object(arguments.collect()));
    }
    put(
        "answered_by",
        match &exchange.answered_by {
            AnsweredBy::Face => "face",
            AnsweredBy::Expectation { .. } => "expectation",
            AnsweredBy::World { .. } => "world",
            AnsweredBy::Refusal { .. } => "refusal",
            AnsweredBy::Server => "server",
            AnsweredBy::Recording { .. } => "recording",
        }
        .into(),
    );
    if let Some(place) = exchange.answered_by.expectation() {
        put("expectation", place.into());
    }
    if let Some(why) = exchange.answered_by.why_not() {
        put("why_not", why.into());
    }
    if let Some(status) = exchange.status() {
        put("status", status.into());
    }
    if !exchange.faults.is_empty() {
        let faults: Vec<_> = exchange.faults.iter().map(|fault| Value::from(fault.to_string())).collect();
        put("faults", faults.into());
    }
    for (name, encoded, bytes) in
        [("request", "request_base64", &exchange.request), ("reply", "reply_base64", &exchange.reply)]
    {
        match str::from_utf8(bytes) {
            Ok(text) => put(name, text.into()),
            Err(_) => put(encoded, BASE64.encode(bytes).into()),
        };
    }
    Value::Object(line)
}
