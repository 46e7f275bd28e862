//! The command line of `mock-xend`.

use std::future::poll_fn;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::task::Poll;

use clap::{Parser, Subcommand};
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use xend_wire::operation::Face;
use xend_wire::{Release, visible_lines};

use crate::address::Address;
use crate::clock::Clock;
use crate::error::Error;
use crate::host::MockXend;
use crate::out_file::OutFile;
use crate::own_file::OwnFile;
use crate::quirk::Quirk;
use crate::scenario::Scenario;
use crate::world::World;

/// A stand-in for Xend, the control daemon of Xen 3 and 4: a simulated host behind its protocols, with scripted replies.
///
/// It says `LISTENING FACE ADDRESS` for each listener once all of them are bound, and ends on SIGINT, SIGTERM or SIGHUP;
/// on a second one it ends at once.
/// What a scenario expects and did not get, or got beside it, is then told on stderr.
///
/// Like the daemon it asks for no password, and checks neither Host nor Origin: let it listen on loopback or on a Unix
/// socket. What it keeps is bounded: domains take at most 256 MiB, all else at most 136 MiB.
#[derive(Debug, Parser)]
#[command(name = "mock-xend", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[arg(long, help = release_help())]
    release: Option<Release>,

    /// Listen here for S-expressions over HTTP: tcp:IP:PORT or unix:PATH; may be given again
    #[arg(long, value_name = "ADDRESS")]
    sxp: Vec<Address>,

    /// Listen here for XML-RPC; without any listener, both on loopback at Xend's own ports
    #[arg(long, value_name = "ADDRESS")]
    xmlrpc: Vec<Address>,

    /// Listen here for the Xen-API, which 3.1 and later have; may be given again
    #[arg(long, value_name = "ADDRESS")]
    xenapi: Vec<Address>,

    /// Script replies from this TOML file
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,

    /// Simulate the host of this TOML file instead of Domain-0, vm1 and vm2; `mock-xend world` shows the format
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Write the world to this file when it ends, as --world reads it; the file may be that of --world
    #[arg(long, value_name = "FILE")]
    dump_world: Option<PathBuf>,

    /// Write where it listens to this file, as JSON, once it does; the file goes when it ends
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,

    /// Show behaviour of the daemon that is off by default: one-connection (up to 3.0.3) serves one client at a time,
    /// late-close (from 3.1 on) leaves connections open behind operations; may be given again
    #[arg(long, value_name = "NAME")]
    quirk: Vec<Quirk>,

    /// Exit with 1 if the requests were not what the scenario expects
    #[arg(long)]
    verify: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look for mistakes in scenarios, and start nothing
    Check {
        /// The scenarios
        #[arg(required = true)]
        scenarios: Vec<PathBuf>,
    },
    /// Print a world as a TOML file, and start nothing
    World {
        /// The world's release [default: that of the file, or 4.1]
        #[arg(long)]
        release: Option<Release>,
        /// The world; without it, the one that a mock begins in
        file: Option<PathBuf>,
    },
}

/// Runs the program. Exit status: 0 if it ended as it should, 1 if `--verify` found something, 2 if it can't do what it
/// was asked.
pub fn main() -> ExitCode {
    let done = match Arguments::try_parse() {
        Ok(arguments) => match &arguments.command {
            Some(Command::Check { scenarios }) => check(scenarios),
            Some(Command::World { release, file }) => show_world(*release, file.as_deref()),
            None => serve(&arguments),
        },
        // Help that nobody can read is no success.
        Err(help) if !help.use_stderr() => print(&help.to_string()).map(|()| ExitCode::SUCCESS),
        Err(mistake) => mistake.exit(),
    };
    done.unwrap_or_else(|error| fail(&error))
}

fn fail(error: &Error) -> ExitCode {
    complain(&format!("error: {}\n", error.to_string().trim_end()));
    ExitCode::from(2)
}

fn check(scenarios: &[PathBuf]) -> Result<ExitCode, Error> {
    let mut status = ExitCode::SUCCESS;
    for path in scenarios {
        match Scenario::from_file(path) {
            Ok(scenario) => {
                let count = scenario.len();
                let what = if count == 1 { "expectation" } else { "expectations" };
                print(&format!("{}: {count} {what}\n", path.display()))?;
            }
            Err(error) => status = fail(&error),
        }
    }
    Ok(status)
}

fn show_world(release: Option<Release>, file: Option<&Path>) -> Result<ExitCode, Error> {
    let now = Clock::running().now();
    let world = match file {
        Some(file) => World::from_file(file, release, now)?,
        None => World::new(release.unwrap_or_default(), now),
    };
    let text = world.to_toml();
    // Into a file or a pipe it goes as it is, so that it can be read back. TOML escapes the control characters of ASCII,
    // but not those of 8 bits, on which terminals act as well.
    print(&if io::stdout().is_terminal() { visible_lines(text.as_bytes()) } else { text })?;
    Ok(ExitCode::SUCCESS)
}

fn serve(arguments: &Arguments) -> Result<ExitCode, Error> {
    let scenario = match &arguments.scenario {
        Some(path) => Scenario::from_file(path)?,
        None => Scenario::default(),
    };
    let release = arguments.release.or(scenario.release());
    let world = match &arguments.world {
        Some(path) => Some(World::from_file(path, release, Clock::running().now())?),
        None => None,
    };
    let release = release.or(world.as_ref().map(World::release)).unwrap_or_default();
    let faces = [(Face::Sxp, &arguments.sxp), (Face::XmlRpc, &arguments.xmlrpc), (Face::XenApi, &arguments.xenapi)];
    let mut listen: Vec<_> = faces
        .into_iter()
        .flat_map(|(face, addresses)| addresses.iter().map(move |address| (face, address.clone())))
        .collect();
    if listen.is_empty() {
        listen = [Face::Sxp, Face::XmlRpc].map(|face| (face, Address::default_for(face, release))).into();
    }
    let builder = MockXend::builder().release(release).scenario(scenario);
    let builder = match world {
        Some(world) => builder.world(world),
        None => builder,
    };
    let builder = arguments.quirk.iter().fold(builder, |builder, &quirk| builder.quirk(quirk));
    let builder = listen.into_iter().fold(builder, |builder, (face, address)| builder.listen(face, address));

    // From here on a signal ends the program cleanly, even before the sockets are there.
    let ended = on_signal().map_err(Error::Start)?;
    let cannot = |option: &str, path: &Path, error| Error::File { path: format!("{option} {}", path.display()), error };
    let open = |option: &str, path: &Path| OutFile::open(path).map_err(|error| cannot(option, path, error));
    if let Some(path) = &arguments.dump_world {
        // To know that the world can be written. No file waits beside it until then: it would stay if the program is
        // killed.
        drop(open("--dump-world", path)?);
    }
    let ready_file = arguments.ready_file.as_deref().map(|path| open("--ready-file", path)).transpose()?;
    let mock = builder.start()?;
    let ready = match (&arguments.ready_file, ready_file) {
        (Some(path), Some(file)) => {
            write_ready_file(path, file, &mock).map_err(|error| cannot("--ready-file", path, error))?
        }
        _ => None,
    };
    for (face, address) in mock.listening() {
        say(&format!("LISTENING {face} {address}"));
    }
    // The sender lives as long as the program.
    let _ = ended.recv();
    drop(ready);
    let world = mock.daemon().with_world(|world| world.to_toml());
    let report = mock.stop();
    complain(&report.to_string());
    if let Some(path) = &arguments.dump_world {
        let written = open("--dump-world", path)?.write(world.as_bytes());
        written.map_err(|error| cannot("--dump-world", path, error))?;
    }
    Ok(if arguments.verify && !report.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn release_help() -> String {
    let names: Vec<_> = Release::ALL.iter().map(|release| release.as_str()).collect();
    let (last, others) = names.split_last().expect("there are releases");
    let default = Release::default();
    format!("Release to emulate: {} or {last} [default: that of the scenario, or {default}]", others.join(", "))
}

/// Tells of the first SIGINT, SIGTERM or SIGHUP. A second one ends the program at once, with the status that a shell gives
/// a program that dies of it: whatever the program is still busy with, it can be ended.
fn on_signal() -> io::Result<Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _guard = runtime.enter();
        let on = |kind: SignalKind| Ok::<_, io::Error>((kind.as_raw_value(), signal(kind)?));
        [on(SignalKind::interrupt())?, on(SignalKind::terminate())?, on(SignalKind::hangup())?]
    };
    let (tell, told) = mpsc::channel();
    let wait = move || {
        let mut next = || {
            runtime.block_on(poll_fn(|context| {
                let come =
                    |(number, signal): &mut (i32, Signal)| signal.poll_recv(context).is_ready().then_some(*number);
                signals.iter_mut().find_map(come).map_or(Poll::Pending, Poll::Ready)
            }))
        };
        next();
        // Nobody listens any more if the program is at its end already.
        let _ = tell.send(());
        let number = next();
        std::process::exit(128 + number);
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(told)
}

/// A line on stdout, at once. A mock that nobody listens to, or that finds the disk full, serves all the same.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// What was asked for, on stdout. That the reader has seen enough is no error.
fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::File { path: "standard output".to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// Text for people on stderr, where nobody may be listening. No control byte of what peers or files say gets through.
fn complain(text: &str) {
    let _ = io::stderr().write_all(visible_lines(text.as_bytes()).as_bytes());
}

#[derive(Serialize)]
struct Ready {
    pid: u32,
    release: String,
    listening: Vec<Listening>,
}

#[derive(Serialize)]
struct Listening {
    face: String,
    address: String,
}

/// Writes where the mock listens. The file goes when the mock ends; a pipe stays.
fn write_ready_file(path: &Path, file: OutFile, mock: &MockXend) -> io::Result<Option<OwnFile>> {
    let listening = mock.listening().iter();
    let ready = Ready {
        pid: std::process::id(),
        release: mock.daemon().release().to_string(),
        listening: listening
            .map(|(face, address)| Listening { face: face.to_string(), address: address.to_string() })
            .collect(),
    };
    file.write(&[serde_json::to_vec(&ready)?.as_slice(), b"\n"].concat())?;
    if path.metadata()?.is_file() { OwnFile::at(path).map(Some) } else { Ok(None) }
}
