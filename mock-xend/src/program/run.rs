//! Running a command against a mock.

use std::ffi::OsString;
use std::io;
#[cfg(feature = "tls")]
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode};
use std::sync::mpsc::{self, Sender};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use xend_wire::Release;
use xend_wire::operation::Face;

use super::options::Options;
#[cfg(feature = "tls")]
use super::options::Started;
use super::terminal::{on_signal, print_to_stderr};
use crate::address::Address;
use crate::error::Error;

/// What is waited for while the command runs.
enum Event {
    /// A signal with this number has come.
    Signal(i32),
    /// The command has ended.
    Ended,
}

/// Starts a mock, runs a command that finds it by its environment, and returns the exit status.
pub(super) fn run(options: &Options, command: &[OsString]) -> Result<ExitCode, Error> {
    if options.serving.logs_to_stdout() {
        let why = "it would mix with what the command prints: name a file";
        return Err(Error::File {
            path: "--log -".to_owned(),
            error: io::Error::new(io::ErrorKind::InvalidInput, why),
        });
    }
    let (sender, events) = mpsc::channel();
    let signals = on_signal().map_err(Error::Start)?;
    let signalled = sender.clone();
    let pass_on = move || signals.iter().try_for_each(|number| signalled.send(Event::Signal(number)));
    std::thread::Builder::new().name("events".to_owned()).spawn(pass_on).map_err(Error::Start)?;
    let started = options.start(free_ports)?;
    let (program, arguments) = command.split_first().expect("the command line requires a command");
    let urls = Face::ALL.into_iter().filter_map(|face| {
        let url = started.mock.http_url(face).or_else(|| started.mock.uri(face))?;
        Some((format!("XEND_{}_URL", face.as_str().to_ascii_uppercase()), url))
    });
    let admin = started.around.admin.as_ref().map(|admin| ("XEND_ADMIN_URL".to_owned(), admin.url()));
    let mut command = Command::new(program);
    // Those of the caller are about another mock.
    for name in ["XEND_SXP_URL", "XEND_XMLRPC_URL", "XEND_XENAPI_URL", "XEND_ADMIN_URL", "XEND_CA_FILE"] {
        command.env_remove(name);
    }
    command.args(arguments).envs(urls.chain(admin));
    #[cfg(feature = "tls")]
    let _ca = hand_over_ca(&mut command, &started)?;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = program.to_string_lossy();
            let hint = match program.contains(' ') && error.kind() == io::ErrorKind::NotFound {
                true => format!("; a command is given word by word, without quotes around it: -- {program}"),
                false => String::new(),
            };
            print_to_stderr(&format!("error: can't run {program}: {error}{hint}\n"));
            options.stop(started)?;
            return Ok(ExitCode::from(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 }));
        }
    };
    watch(&child, sender).map_err(Error::Start)?;
    while let Ok(Event::Signal(number)) = events.recv() {
        // The command is not waited for yet, so the number is still its own.
        if let Some(signal) = Signal::from_named_raw(number) {
            let _ = kill_process(Pid::from_child(&child), signal);
        }
    }
    let status = child.wait().map_err(Error::Start)?;
    let report = options.stop(started)?;
    let code = status.code().or(status.signal().map(|number| 128 + number)).unwrap_or(1);
    Ok(match u8::try_from(code) {
        Ok(0) if !report.is_empty() => ExitCode::FAILURE,
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    })
}

/// Returns a free port of loopback for each face of a release.
fn free_ports(release: Release) -> Vec<(Face, Address)> {
    let faces = Face::served_by(release);
    faces.map(|face| (face, Address::any_port())).collect()
}

/// Names the file with the certificate that clients must trust in the environment of a command. The file is made unless
/// an option names one; the returned value removes it.
#[cfg(feature = "tls")]
fn hand_over_ca(command: &mut Command, started: &Started) -> Result<Option<tempfile::TempPath>, Error> {
    let Some(pem) = started.mock.ca_pem() else { return Ok(None) };
    let (path, made) = match &started.ca {
        Some(ca) => (std::path::absolute(&ca.path).map_err(Error::Start)?, None),
        None => {
            let mut file =
                tempfile::Builder::new().prefix("mock-xend-").suffix(".pem").tempfile().map_err(Error::Start)?;
            file.write_all(pem.as_bytes()).map_err(Error::Start)?;
            (file.path().to_owned(), Some(file.into_temp_path()))
        }
    };
    // Clients that take their certificates from OpenSSL trust the mock by the second one, unless one of the others leads
    // them elsewhere.
    command.env("XEND_CA_FILE", &path).env("SSL_CERT_FILE", &path);
    command.env_remove("SSL_CERT_DIR").env_remove("CURL_CA_BUNDLE");
    Ok(made)
}

/// Tells when a command has ended, without collecting its status.
fn watch(child: &Child, sender: Sender<Event>) -> io::Result<()> {
    let pid = Pid::from_child(child);
    let wait = move || {
        // An error means that there is nothing to wait for.
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = sender.send(Event::Ended);
    };
    std::thread::Builder::new().name("command".to_owned()).spawn(wait).map(drop)
}
