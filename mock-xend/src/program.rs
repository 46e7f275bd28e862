//! The command line of `mock-xend`.

mod ctl;
mod log;
mod options;
mod output;
mod relay;
mod reload;
mod run;
mod serving;
mod terminal;
#[cfg(feature = "tls")]
mod tls;
mod wait;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use xend_wire::{Release, visible_lines};

use self::options::{Options, own_ports};
use self::terminal::{on_signal, print_output, print_to_stderr};
use crate::clock::Clock;
use crate::error::Error;
use crate::pages::Pages;
use crate::scenario::{Scenario, schema};
use crate::world::World;

/// A mock of Xend, the control daemon of Xen 3 and 4: a simulated host that answers in the daemon's protocols, with
/// replies that can be scripted.
///
/// The mock prints `LISTENING FACE ADDRESS` for each listener once all of them are bound. SIGINT, SIGTERM or SIGHUP
/// stops it; a second signal ends it at once. SIGUSR1 makes it read the files of --scenario and --world again. When it
/// stops, it lists on stderr the requests that the scenario expected and that never came, and those that came
/// unexpectedly.
///
/// Without --sxp, --xmlrpc and --xenapi, it serves S-expressions and XML-RPC on loopback, at Xend's own ports.
///
/// Like the daemon, the mock asks for no password and checks neither Host nor Origin, so let it listen on loopback or
/// on a Unix socket. Its memory is bounded: domains take at most 256 MiB, everything else at most 136 MiB, and
/// with --log 64 MiB more.
#[derive(Debug, Parser)]
#[command(name = "mock-xend", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,

    /// Return as soon as the mock listens, and leave it running in the background; --ready-file has its process id
    #[arg(long)]
    wait: bool,
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
    /// Print a recording as a scenario, or make cases of it for readers of what the server sent
    Convert {
        /// The recording
        file: PathBuf,
        /// Write a case for each document that the server sent to this folder, for `xend-harness test --cases FOLDER`
        #[arg(long, value_name = "FOLDER")]
        cases: Option<PathBuf>,
    },
    /// Look at a running mock, or change it, by its admin listener
    Ctl(ctl::Ctl),
    /// Start a mock, run a command against it, and check its requests
    ///
    /// The mock listens on free ports of loopback unless told otherwise. The command finds it by XEND_SXP_URL,
    /// XEND_XMLRPC_URL and XEND_XENAPI_URL, and XEND_ADMIN_URL with --admin. If a listener has TLS, XEND_CA_FILE names the
    /// file with the certificate to trust, and so does SSL_CERT_FILE, by which many clients trust it unchanged. The exit status is that of the command if it is not 0 (128+N if signal N
    /// killed it), else 1 if the requests were not those that the scenario expects; 2 if the mock did not start, 126 if
    /// the command can't be run, and 127 if there is no such command.
    Run {
        #[command(flatten)]
        options: Box<Options>,
        /// The command with its arguments
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Print the JSON Schema of scenario files, by which editors complete and check them
    Schema,
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
            Some(Command::Convert { file, cases }) => relay::convert(file, cases.as_deref()),
            Some(Command::Pages(pages)) => print_pages(pages),
            Some(Command::Run { options, command }) => run::run(options, command),
            Some(Command::Ctl(arguments)) => ctl::ctl(arguments),
            Some(Command::Schema) => print_output(&schema()).map(|()| ExitCode::SUCCESS),
            None if arguments.wait => {
                let count = arguments.options.addresses().len();
                let count = if count == 0 { own_ports(Release::default()).len() } else { count };
                wait::wait(&arguments.options.serving, count)
            }
            None => serve(&arguments.options),
        },
        // Help that could not be written is a failure.
        Err(help) if !help.use_stderr() => print_output(&help.to_string()).map(|()| ExitCode::SUCCESS),
        Err(mistake) => {
            let mut words = std::env::args_os().skip(1);
            let is_run = words.next().is_some_and(|word| word == "run");
            if is_run && mistake.kind() == ErrorKind::UnknownArgument && words.all(|word| word != "--") {
                print_to_stderr("tip: the command stands behind two hyphens: mock-xend run -- COMMAND\n");
            }
            mistake.exit()
        }
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

fn serve(options: &Options) -> Result<ExitCode, Error> {
    // From here on a signal stops the program cleanly, even before the sockets are bound.
    let ended = on_signal().map_err(Error::Start)?;
    let started = options.start(own_ports)?;
    options.serving.announce(&started.mock.served(), &started.around)?;
    // The receiver can't fail: the sender lives as long as the program.
    let _ = ended.recv();
    let report = options.stop(started)?;
    Ok(if options.verify && !report.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
