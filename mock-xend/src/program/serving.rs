//! The options of everything that listens: how it is looked at, logged and controlled.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::log;
use super::output::{cannot, open};
use super::terminal::{end_with_input, print_output, print_to_stderr};
use crate::address::Address;
use crate::admin::{self, Admin};
use crate::error::Error;
use crate::fault::Chaos;
use crate::host::Served;
use crate::out_file::OutFile;
use crate::removed_on_drop::RemovedOnDrop;

/// The options of everything that listens.
#[derive(Debug, clap::Args)]
pub(super) struct Serving {
    /// Write the addresses of the listeners to this file, as JSON, once they are bound; the file is removed when the
    /// program stops
    #[arg(long, value_name = "PATH")]
    pub(super) ready_file: Option<PathBuf>,

    /// Listen on this address of loopback for `mock-xend ctl`, and for programs that look at the mock or change it while it
    /// runs; off by default
    #[arg(long, value_name = "ADDRESS", value_parser = admin::loopback)]
    admin: Option<Address>,

    /// Give the files of Unix sockets these permissions, in octal: 660
    #[arg(long, value_name = "MODE", value_parser = socket_mode)]
    pub(super) socket_mode: Option<u32>,

    /// Write each exchange to this file as it happens, one JSON object a line; with `-` to stdout, which then holds
    /// nothing else and begins with a line for each listener
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Stop when standard input ends, as it does when the program that holds its other end has ended, however that was
    #[arg(long)]
    until_eof: bool,

    /// Leave passwords, sessions, and the headers for authorization and cookies in the log, in what the admin listener
    /// tells, and in what is recorded
    #[arg(long)]
    keep_secrets: bool,
}

/// The files that are written while something listens, opened before it does.
pub(super) struct Opened {
    ready: Option<OutFile>,
    log: Option<log::Log>,
}

/// What is around something that listens.
pub(super) struct Around {
    pub(super) admin: Option<Admin>,
    ready: Option<RemovedOnDrop>,
    log: Option<log::Writing>,
}

/// A log that ends once nothing is served any more.
pub(super) struct Ending(Option<log::Writing>);

impl Serving {
    /// Opens the files.
    pub(super) fn open(&self) -> Result<Opened, Error> {
        Ok(Opened {
            ready: self.ready_file.as_deref().map(|path| open("--ready-file", path)).transpose()?,
            log: self.log.as_deref().map(|path| log::Log::open(path, self.keep_secrets)).transpose()?,
        })
    }

    /// Starts what is around something that listens.
    pub(super) fn start(&self, opened: Opened, served: &Served, chaos: Option<Chaos>) -> Result<Around, Error> {
        let admin = match &self.admin {
            Some(address) => Some(Admin::start(address, self.socket_mode, self.keep_secrets, served.clone())?),
            None => None,
        };
        let ready = match (&self.ready_file, opened.ready) {
            (Some(path), Some(file)) => write_ready_file(path, file, served, admin.as_ref())
                .map_err(|error| cannot("--ready-file", path, error))?,
            _ => None,
        };
        if let Some(chaos) = chaos {
            print_to_stderr(&format!("random faults: --chaos {chaos} repeats them\n"));
        }
        let mut addresses =
            served.listening.iter().map(|(_, address)| address).chain(admin.as_ref().map(Admin::address));
        if self.socket_mode.is_some() && !addresses.any(|address| matches!(address, Address::Unix(_))) {
            print_to_stderr("note: --socket-mode does nothing without a Unix socket\n");
        }
        let log = opened.log.map(|log| log.write(served, admin.as_ref())).transpose()?;
        if self.until_eof {
            end_with_input().map_err(Error::Start)?;
        }
        Ok(Around { admin, ready, log })
    }

    /// Prints a line for each listener, unless the log has them.
    pub(super) fn announce(&self, served: &Served, around: &Around) -> Result<(), Error> {
        if self.logs_to_stdout() {
            return Ok(());
        }
        let faces = served.listening.iter().map(|(face, address)| (face.as_str(), address));
        let admin = around.admin.as_ref().map(|admin| ("admin", admin.address()));
        let lines: String = faces.chain(admin).map(|(face, address)| format!("LISTENING {face} {address}\n")).collect();
        match print_output(&lines) {
            // The ready file tells the addresses, too.
            Err(error) if self.ready_file.is_some() => print_to_stderr(&format!("warning: {error}\n")),
            printed => printed?,
        }
        Ok(())
    }

    /// Returns whether secrets are left where they stand.
    pub(super) fn keeps_secrets(&self) -> bool {
        self.keep_secrets
    }

    /// Returns whether there is an admin listener.
    pub(super) fn has_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// Returns whether the program stops when its standard input ends.
    pub(super) fn ends_with_input(&self) -> bool {
        self.until_eof
    }

    /// Returns whether the log is written to stdout.
    pub(super) fn logs_to_stdout(&self) -> bool {
        self.log.as_deref() == Some(Path::new("-"))
    }
}

impl Around {
    /// Removes the ready file and stops the admin listener. The log goes on until nothing is served any more.
    pub(super) fn end(self) -> Ending {
        let Self { admin, ready, log } = self;
        drop(ready);
        drop(admin);
        Ending(log)
    }
}

impl Ending {
    /// Waits until the log is written. What is served must have stopped.
    pub(super) fn end(self) {
        if let Some(log) = self.0 {
            log.end();
        }
    }
}

/// Parses permissions in octal.
fn socket_mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err("expected permissions in octal, such as 660".to_owned()),
    }
}

#[derive(Serialize)]
struct Ready {
    pid: u32,
    /// `None` if that of a real server is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    listening: Vec<Listening>,
    /// The certificate that clients of listeners with TLS must trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<AdminListening>,
}

#[derive(Serialize)]
struct AdminListening {
    address: String,
    url: String,
}

#[derive(Serialize)]
struct Listening {
    face: String,
    address: String,
    url: String,
}

/// Writes the addresses of the listeners to the ready file, as JSON.
///
/// If the ready file is a regular file, the returned value removes it when it is dropped. A pipe is left alone.
fn write_ready_file(
    path: &Path,
    file: OutFile,
    served: &Served,
    admin: Option<&Admin>,
) -> io::Result<Option<RemovedOnDrop>> {
    let listening = served.listening.iter();
    let ready = Ready {
        pid: std::process::id(),
        release: served.behind.release().map(|release| release.to_string()),
        listening: listening
            .map(|(face, address)| Listening {
                face: face.to_string(),
                address: address.to_string(),
                url: address.url(*face),
            })
            .collect(),
        ca_pem: served.ca_pem.clone(),
        admin: admin.map(|admin| AdminListening { address: admin.address().to_string(), url: admin.url() }),
    };
    file.write(&[serde_json::to_vec(&ready)?.as_slice(), b"\n"].concat())?;
    if path.metadata()?.is_file() { RemovedOnDrop::at(path).map(Some) } else { Ok(None) }
}
