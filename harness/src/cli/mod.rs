//! The command line.
//!
//! Results go to standard output, errors to standard error. The exit status is 0 if all is as expected, 1 if the subject
//! failed, 2 for a wrong command line or configuration or if no case was judged, and 3 if the harness itself failed;
//! `call` has its own.

mod answer;
mod call;
mod cases;
mod compare;
mod decode;
mod demo;
mod output;
mod parser;
mod reports;
mod server;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{Error, subject};

use output::{print, say};

/// Conformance suites for what speaks Xend's protocols, or XML-RPC alone.
#[derive(Debug, Parser)]
#[command(name = "xend-harness", version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Parser(parser::Arguments),
    Server(server::Arguments),
    Decode(decode::Arguments),
    Call(call::Arguments),
    Compare(compare::Arguments),
    List(cases::ListArguments),
    Explain(cases::ExplainArguments),
    Cases(cases::ExportArguments),
    Demo(demo::Arguments),
    /// Be a subject: answer questions on standard input with the built-in codecs.
    ///
    /// It speaks what `parser -- COMMAND` expects of a command, one JSON object a line, and shows how a subject answers.
    Subject,
}

/// Does what the command line says, and gives the exit status.
pub fn main() -> ExitCode {
    let result = match CommandLine::try_parse() {
        Ok(line) => run(line.command),
        // Help that nobody can read is no success.
        Err(help) if !help.use_stderr() => print(&help.to_string()).map(|()| 0),
        Err(mistake) => mistake.exit(),
    };
    result.unwrap_or_else(|error| complain(&error)).into()
}

fn run(command: Command) -> Result<u8, Error> {
    match command {
        Command::Parser(arguments) => parser::run(&arguments),
        Command::Server(arguments) => server::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::List(arguments) => cases::list(&arguments),
        Command::Explain(arguments) => cases::explain(&arguments),
        Command::Cases(arguments) => cases::export(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Subject => match subject::serve(io::stdin().lock(), io::stdout().lock()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Usage(error.to_string())),
            _ => Ok(0),
        },
    }
}

/// Says what is wrong on standard error, and gives the exit status that goes with it.
fn complain(error: &Error) -> u8 {
    say(&format!("error: {}\n", error.to_string().trim_end()));
    error.exit_code()
}
