//! The commands that need no simulated host: `proxy`, `record`, `replay` and `convert`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use xend_wire::Release;

use super::serving::Serving;
use super::terminal::{on_signal, print_output, print_to_stderr};
use super::wait::wait;
use crate::address::Address;
use crate::error::Error;
use crate::fault::{Chaos, Fault};
use crate::host::{Relay, RelayBuilder};
use crate::relay::{Recording, Upstream};

/// Where to listen, and how replies break.
#[derive(Debug, Args)]
pub(super) struct Line {
    /// Listen on this address: IP:PORT, PORT, localhost:PORT, unix:PATH, or unix:auto for a temporary socket; may be repeated [default: any free port of loopback]
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<Address>,

    /// Break all replies; may be repeated. A fault is a line of docs/scenarios.md: 'delay = "250ms"',
    /// 'reset = "body"', unasked-continue
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,

    /// Break a share of all replies at random, a tenth by default: 42:0.25 breaks a quarter of them, always with the same
    /// faults; with `random` as the seed it takes any and prints it
    #[arg(long, value_name = "SEED[:RATE]")]
    chaos: Option<Chaos>,

    #[command(flatten)]
    serving: Serving,

    /// Return as soon as it listens, and leave it running in the background; --ready-file has its process id
    #[arg(long)]
    wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct Proxy {
    /// The server: FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi
    #[arg(long, value_name = "URI")]
    to: Upstream,

    #[command(flatten)]
    line: Line,
}

#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    proxy: Proxy,

    /// Write the exchanges to this file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// The release of the server, if it is known
    #[arg(long)]
    release: Option<Release>,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// The recording
    file: PathBuf,

    #[command(flatten)]
    line: Line,

    /// Let an exchange answer any number of requests, in any order
    #[arg(long)]
    loose: bool,

    /// Exit with status 1 if a request was not in the recording, or an exchange was not used
    #[arg(long)]
    verify: bool,
}

pub(super) fn proxy(arguments: &Proxy) -> Result<ExitCode, Error> {
    serve(Relay::proxy(arguments.to.clone()), &arguments.line, false)
}

pub(super) fn record(arguments: &Record) -> Result<ExitCode, Error> {
    let Record { proxy, out, release } = arguments;
    let relay = Relay::proxy(proxy.to.clone()).record(out);
    let relay = if let Some(release) = release { relay.release(*release) } else { relay };
    let relay = if proxy.line.serving.keeps_secrets() { relay.keep_secrets() } else { relay };
    serve(relay, &proxy.line, true)
}

pub(super) fn replay(arguments: &ReplayArguments) -> Result<ExitCode, Error> {
    let relay = Relay::replay(Recording::from_file(&arguments.file)?);
    serve(if arguments.loose { relay.loose() } else { relay }, &arguments.line, arguments.verify)
}

pub(super) fn convert(file: &Path, cases: Option<&Path>) -> Result<ExitCode, Error> {
    let recording = Recording::from_file(file)?;
    let Some(folder) = cases else {
        print_output(&recording.to_scenario())?;
        return Ok(ExitCode::SUCCESS);
    };
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let cases = recording.to_cases(&name);
    for (path, text) in &cases {
        let path = folder.join(path);
        let failed = |error| Error::File { path: path.display().to_string(), error };
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        fs::write(&path, text).map_err(failed)?;
    }
    let count = cases.len();
    let what = if count == 1 { "case" } else { "cases" };
    print_output(&format!("{count} {what} in {}\n", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Serves until a signal comes. With `verify`, differences fail.
fn serve(relay: RelayBuilder, line: &Line, verify: bool) -> Result<ExitCode, Error> {
    if line.wait {
        return wait(&line.serving, line.listen.len().max(1));
    }
    let relay = line.listen.iter().fold(relay, |relay, address| relay.listen(address.clone()));
    let relay = relay.faults(line.fault.iter().cloned());
    let relay = if let Some(chaos) = line.chaos { relay.chaos(chaos) } else { relay };
    let relay = if let Some(mode) = line.serving.socket_mode { relay.socket_mode(mode) } else { relay };
    let ended = on_signal().map_err(Error::Start)?;
    let opened = line.serving.open()?;
    let relay = relay.start()?;
    let served = relay.served();
    let around = line.serving.start(opened, &served, line.chaos)?;
    line.serving.announce(&served, &around)?;
    // The log ends with the last of these.
    drop(served);
    // The receiver can't fail: the sender lives as long as the program.
    let _ = ended.recv();
    let log = around.end();
    let report = relay.stop();
    log.end();
    print_to_stderr(&report.to_string());
    Ok(if verify && !report.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
