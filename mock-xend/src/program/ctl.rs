//! `mock-xend ctl`: a client of the admin listener.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use xend_wire::visible_lines;

use super::terminal::print_to_stderr;
use crate::address::Address;
use crate::error::Error;
use crate::fault::{Fault, Faults};
use crate::text_file;

/// A call of the admin listener.
#[derive(Debug, Args)]
pub(super) struct Ctl {
    /// The address that the mock has printed after `LISTENING admin` [default: that in XEND_ADMIN_URL]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the calls that the admin listener takes
    Calls,
    /// Print what the mock listens on
    Health,
    /// Print the exchanges that the journal keeps, one JSON object a line
    Journal {
        /// Print further exchanges as they come, until the mock stops
        #[arg(long)]
        follow: bool,
    },
    /// Print the differences so far from what the scenario expects; the exit status is 1 if there are any
    Verify,
    /// Print the simulated host as TOML, or replace it by that of a file
    World {
        /// The file with the new host
        file: Option<PathBuf>,
    },
    /// Print the domains of the simulated host, with state, memory and vcpus
    Domains,
    /// Play another scenario from now on; files that it names are looked for where the mock was started
    Load {
        /// The scenario file
        file: PathBuf,
    },
    /// Start over: the latest scenario, the host of the start or of the latest `world FILE`, the faults as at the start, and
    /// an empty journal
    Reset,
    /// Print the named states of the scenario, and how far each expectation has come, or set states
    State {
        /// The states to set: daemon=down
        #[arg(value_name = "NAME=VALUE", value_parser = state)]
        states: Vec<(String, String)>,
    },
    /// Print the faults of all replies, or set them
    Faults {
        /// The new faults, each as a line of docs/scenarios.md has it: 'delay = "250ms"'
        faults: Vec<Fault>,
        /// Take all faults off
        #[arg(long, conflicts_with = "faults")]
        off: bool,
    },
    /// Move the clock of the simulated host forward
    Advance {
        /// By how much, with the unit ms, s or m: 5s
        time: String,
    },
}

/// Makes the call and returns the exit status: 1 if `verify` found differences, 2 if the call failed.
pub(super) fn ctl(arguments: &Ctl) -> Result<ExitCode, Error> {
    let named = arguments.admin.clone().or_else(|| std::env::var("XEND_ADMIN_URL").ok());
    let Some(named) = named else {
        return refuse("which mock? give --admin ADDRESS, as the mock has printed it after `LISTENING admin`");
    };
    let place = named.strip_prefix("http://").map_or(named.as_str(), |rest| rest.trim_end_matches('/'));
    let address = match place.parse::<Address>() {
        Ok(address) => address,
        Err(error) => return refuse(&error.to_string()),
    };
    let (method, path, body) = arguments.verb.request()?;
    // What the listener calls the body is a file here.
    let file = match &arguments.verb {
        Verb::Load { file } => Some(("scenario", file)),
        Verb::World { file: Some(file) } => Some(("world", file)),
        _ => None,
    };
    let named = |detail: &str| match file {
        Some((name, file)) => detail.replacen(&format!("\n --> {name}:"), &format!("\n --> {}:", file.display()), 1),
        None => detail.to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    match runtime.block_on(ask(&address, (method, path, body), &named)) {
        Ok(status) if status.is_success() => Ok(ExitCode::SUCCESS),
        Ok(StatusCode::CONFLICT) => Ok(ExitCode::FAILURE),
        Ok(_) => Ok(ExitCode::from(2)),
        Err(why) => refuse(&format!("{address}: {why}")),
    }
}

fn refuse(why: &str) -> Result<ExitCode, Error> {
    print_to_stderr(&format!("error: {why}\n"));
    Ok(ExitCode::from(2))
}

impl Verb {
    /// Returns the method, the path and the body of the call.
    fn request(&self) -> Result<(&'static str, &'static str, String), Error> {
        let read = |path: &PathBuf, what| text_file::read(path, what).map(|(_, text)| text);
        Ok(match self {
            Self::Calls => ("GET", "/calls", String::new()),
            Self::Health => ("GET", "/health", String::new()),
            Self::Journal { follow: false } => ("GET", "/journal", String::new()),
            Self::Journal { follow: true } => ("GET", "/journal?follow=1", String::new()),
            Self::Verify => ("GET", "/verify", String::new()),
            Self::World { file: None } => ("GET", "/world", String::new()),
            Self::World { file: Some(file) } => ("PUT", "/world", read(file, "a world")?),
            Self::Domains => ("GET", "/domains", String::new()),
            Self::Load { file } => ("POST", "/scenario", read(file, "a scenario")?),
            Self::Reset => ("POST", "/reset", String::new()),
            Self::State { states } if states.is_empty() => ("GET", "/state", String::new()),
            Self::State { states } => {
                let states: BTreeMap<_, _> = states.iter().map(|(name, value)| (name, value)).collect();
                ("POST", "/state", json!(states).to_string())
            }
            Self::Faults { faults, off: false } if faults.is_empty() => ("GET", "/faults", String::new()),
            Self::Faults { faults, .. } => {
                let faults: Faults = faults.iter().cloned().collect();
                ("POST", "/faults", json!(faults).to_string())
            }
            Self::Advance { time } => ("POST", "/clock", json!({ "advance": time }).to_string()),
        })
    }
}

/// Parses a state with its value.
fn state(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE, such as daemon=down".to_owned()),
    }
}

type Failed = Box<dyn std::error::Error>;

/// Makes a call. `named` puts the name of a file into what is wrong with it.
async fn ask(
    address: &Address,
    asked: (&str, &str, String),
    named: &impl Fn(&str) -> String,
) -> Result<StatusCode, Failed> {
    match address {
        Address::Tcp(address) => call(TcpStream::connect(address).await?, asked, named).await,
        Address::Unix(file) => call(UnixStream::connect(file).await?, asked, named).await,
        Address::Tls(_) => Err("an admin listener has no TLS; take the address that the mock printed".into()),
        Address::AnyUnix => Err("unix:auto is for the mock; take the path that it printed".into()),
    }
}

async fn call(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    (method, path, body): (&str, &str, String),
    named: &impl Fn(&str) -> String,
) -> Result<StatusCode, Failed> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("Host", "localhost");
    let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
    let status = response.status();
    if status.is_success() || status == StatusCode::CONFLICT {
        print(response).await?;
    } else {
        let body = response.into_body().collect().await?.to_bytes();
        let problem: Option<Value> = serde_json::from_slice(&body).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        print_to_stderr(&match detail {
            Some(detail) => format!("error: {}\n", named(detail)),
            None => format!("error: the answer is {status}, and this is no mock's\n"),
        });
    }
    Ok(status)
}

/// Prints a body as it comes. A reader that closes the pipe early, and a mock that stops, end it.
async fn print(response: Response<Incoming>) -> Result<(), Failed> {
    let mut body = response.into_body();
    let mut out = io::stdout();
    let is_terminal = out.is_terminal();
    while let Some(Ok(frame)) = body.frame().await {
        let Some(bytes) = frame.data_ref() else { continue };
        // A terminal would act on control characters from U+0080 to U+009F, which neither JSON nor TOML escapes.
        let written = match is_terminal {
            true => out.write_all(visible_lines(bytes).as_bytes()),
            false => out.write_all(bytes),
        };
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}
