//! The command line of `mock-xend`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use serde::Serialize;
use xend_wire::operation::Face;
use xend_wire::{Release, visible_lines};

use crate::address::Address;
use crate::clock::Clock;
use crate::error::Error;
use crate::fault::{Chaos, Fault};
use crate::host::MockXend;
use crate::out_file::OutFile;
use crate::pages::Pages;
use crate::quirk::Quirk;
use crate::removed_on_drop::RemovedOnDrop;
use crate::scenario::Scenario;
use crate::world::World;

mod relay;
mod terminal;

use terminal::{on_signal, print_line, print_output, print_to_stderr};

/// A mock of Xend, the control daemon of Xen 3 and 4: a simulated host that answers in the daemon's protocols, with
/// replies that can be scripted.
///
/// The mock prints `LISTENING FACE ADDRESS` for each listener once all of them are bound. SIGINT, SIGTERM or SIGHUP
/// stops it; a second signal ends it at once. When it stops, it lists on stderr the requests that the scenario expected
/// and that never came, and those that came unexpectedly.
///
/// Like the daemon, the mock asks for no password and checks neither Host nor Origin, so let it listen on loopback or
/// on a Unix socket. Its memory is bounded: domains take at most 256 MiB, everything else at most 136 MiB.
#[derive(Debug, Parser)]
#[command(name = "mock-xend", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[arg(long, help = release_help())]
    release: Option<Release>,

    /// Listen on this address for S-expressions over HTTP: tcp:IP:PORT or unix:PATH; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    sxp: Vec<Address>,

    /// Listen on this address for XML-RPC; may be repeated. Without any listener, the mock serves S-expressions and
    /// XML-RPC on loopback, at Xend's own ports
    #[arg(long, value_name = "ADDRESS")]
    xmlrpc: Vec<Address>,

    /// Listen on this address for the Xen-API, which releases from 3.1 on have; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    xenapi: Vec<Address>,

    /// Take scripted replies from this TOML file
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,

    /// Simulate the host that this TOML file describes instead of one with Domain-0, vm1 and vm2; `mock-xend world`
    /// shows the format
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Write the simulated host to this file when the mock stops, in the format of --world; may be the file given with
    /// --world
    #[arg(long, value_name = "FILE")]
    dump_world: Option<PathBuf>,

    /// Write the addresses of the listeners to this file, as JSON, once they are bound; the file is removed when the
    /// mock stops
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,

    /// Show behaviour of the daemon that is off by default; may be repeated. one-connection (up to 3.0.3): the
    /// S-expression face serves one client at a time; late-close (from 3.1 on): it leaves the connection open after the
    /// reply to an operation
    #[arg(long, value_name = "NAME")]
    quirk: Vec<Quirk>,

    /// Break all replies to which the scenario gives no fault; may be repeated. A fault is a line of docs/scenarios.md:
    /// 'delay = "250ms"', 'reset = "body"', unasked-continue
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,

    /// Break a share of these replies at random, a tenth by default: 42:0.25 breaks a quarter of them, always with the
    /// same faults; with `random` as the seed the mock takes any and prints it
    #[arg(long, value_name = "SEED[:RATE]")]
    chaos: Option<Chaos>,

    /// Exit with status 1 if the requests were not those that the scenario expects
    #[arg(long)]
    verify: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check scenario files for mistakes, without starting a mock
    Check {
        /// The scenario files
        #[arg(required = true)]
        scenarios: Vec<PathBuf>,
    },
    /// Stand between clients and a real server: pass on what passes, with faults
    Proxy(relay::Proxy),
    /// Stand between clients and a real server, and keep the exchanges in a file
    Record(relay::Record),
    /// Answer from a recording: each exchange once, in order
    Replay(relay::ReplayArguments),
    /// Print a recording as a scenario
    Convert {
        /// The recording
        file: PathBuf,
    },
    /// Print a simulated host as a TOML file, without starting a mock
    World {
        /// The release of the host [default: that of the file, or 4.1]
        #[arg(long)]
        release: Option<Release>,
        /// The file that describes the host [default: the host that a mock simulates without --world]
        file: Option<PathBuf>,
    },
    #[command(flatten)]
    Pages(Pages),
}

/// Runs the program and returns its exit status.
///
/// The status is 0 if the program did what it was asked, 1 if `--verify` found a difference, and 2 if the program can't
/// do what it was asked.
pub fn main() -> ExitCode {
    let done = match Arguments::try_parse() {
        Ok(arguments) => match &arguments.command {
            Some(Command::Check { scenarios }) => check(scenarios),
            Some(Command::World { release, file }) => show_world(*release, file.as_deref()),
            Some(Command::Proxy(arguments)) => relay::proxy(arguments),
            Some(Command::Record(arguments)) => relay::record(arguments),
            Some(Command::Replay(arguments)) => relay::replay(arguments),
            Some(Command::Convert { file }) => relay::convert(file),
            Some(Command::Pages(pages)) => print_pages(pages),
            None => serve(&arguments),
        },
        // Help that could not be written is a failure.
        Err(help) if !help.use_stderr() => print_output(&help.to_string()).map(|()| ExitCode::SUCCESS),
        Err(mistake) => mistake.exit(),
    };
    done.unwrap_or_else(|error| fail(&error))
}

fn fail(error: &Error) -> ExitCode {
    print_to_stderr(&format!("error: {}\n", error.to_string().trim_end()));
    ExitCode::from(2)
}

fn check(scenarios: &[PathBuf]) -> Result<ExitCode, Error> {
    let mut status = ExitCode::SUCCESS;
    for path in scenarios {
        match Scenario::from_file(path) {
            Ok(scenario) => {
                let count = scenario.len();
                let what = if count == 1 { "expectation" } else { "expectations" };
                print_output(&format!("{}: {count} {what}\n", path.display()))?;
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
    // A file or a pipe gets the text unchanged, so that it can be read back. For a terminal the text is escaped: TOML
    // escapes the control characters of ASCII, but not those from U+0080 to U+009F, on which terminals act as well.
    print_output(&if io::stdout().is_terminal() { visible_lines(text.as_bytes()) } else { text })?;
    Ok(ExitCode::SUCCESS)
}

fn print_pages(pages: &Pages) -> Result<ExitCode, Error> {
    let made = pages.make(Arguments::command());
    let text = made.map_err(|(path, error)| Error::File { path: path.display().to_string(), error })?;
    print_output(&text)?;
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
    let builder = builder.faults(arguments.fault.iter().cloned());
    let builder = match arguments.chaos {
        Some(chaos) => builder.chaos(chaos),
        None => builder,
    };
    let builder = match world {
        Some(world) => builder.world(world),
        None => builder,
    };
    let builder = arguments.quirk.iter().fold(builder, |builder, &quirk| builder.quirk(quirk));
    let builder = listen.into_iter().fold(builder, |builder, (face, address)| builder.listen(face, address));

    // From here on a signal stops the program cleanly, even before the sockets are bound.
    let ended = on_signal().map_err(Error::Start)?;
    let cannot = |option: &str, path: &Path, error| Error::File { path: format!("{option} {}", path.display()), error };
    let open = |option: &str, path: &Path| OutFile::open(path).map_err(|error| cannot(option, path, error));
    if let Some(path) = &arguments.dump_world {
        // Only checks that the world can be written. No temporary file is kept until then, because it would stay behind
        // if the program is killed.
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
    if let Some(chaos) = arguments.chaos {
        print_to_stderr(&format!("random faults: --chaos {chaos} repeats them\n"));
    }
    for (face, address) in mock.listening() {
        print_line(&format!("LISTENING {face} {address}"));
    }
    // The receiver can't fail: the sender lives as long as the program.
    let _ = ended.recv();
    drop(ready);
    let world = mock.daemon().with_world(|world| world.to_toml());
    let report = mock.stop();
    print_to_stderr(&report.to_string());
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
    format!(
        "Emulate this release of the daemon: {} or {last} [default: that of the scenario or the world, or {default}]",
        others.join(", ")
    )
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

/// Writes the addresses of the listeners to the ready file, as JSON.
///
/// If the ready file is a regular file, the returned value removes it when it is dropped. A pipe is left alone.
fn write_ready_file(path: &Path, file: OutFile, mock: &MockXend) -> io::Result<Option<RemovedOnDrop>> {
    let listening = mock.listening().iter();
    let ready = Ready {
        pid: std::process::id(),
        release: mock.daemon().release().to_string(),
        listening: listening
            .map(|(face, address)| Listening { face: face.to_string(), address: address.to_string() })
            .collect(),
    };
    file.write(&[serde_json::to_vec(&ready)?.as_slice(), b"\n"].concat())?;
    if path.metadata()?.is_file() { RemovedOnDrop::at(path).map(Some) } else { Ok(None) }
}
