//! The command line of `xend-harness`.
//!
//! Results go to standard output, and errors to standard error. The exit status is 0 if everything is as expected, 1 if
//! the subject failed, 2 if the command line or the configuration is wrong or no case was judged, and 3 if the harness
//! itself failed. The command `call` has exit statuses of its own.

mod answer;
mod call;
mod cases;
mod compare;
mod decode;
mod demo;
mod export;
mod grid;
mod init;
mod known;
mod other_cases;
mod output;
mod progress;
mod report;
mod reports;
mod smoke;
mod tell;
mod test;

use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use mock_xend::pages::Pages;

use crate::{Error, subject};

use output::{print, print_error_text};

/// Conformance suites for parsers and servers of Xend's protocols, and for XML-RPC libraries.
#[derive(Debug, Parser)]
#[command(name = "xend-harness", version, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(Box<test::Arguments>),
    Smoke(smoke::Arguments),
    Report(report::Arguments),
    Grid(grid::Arguments),
    Init(init::Arguments),
    Decode(decode::Arguments),
    Call(call::Arguments),
    Compare(compare::Arguments),
    List(cases::ListArguments),
    Explain(cases::ExplainArguments),
    Cases(cases::FilesArguments),
    Demo(demo::Arguments),
    /// Act as a subject: answer questions on standard input with the built-in codecs.
    ///
    /// The command speaks the protocol that `test -- COMMAND` expects, one JSON object a line. It is an example of
    /// how a subject answers.
    Subject,
    #[command(flatten)]
    Pages(Pages),
}

/// Runs the command line, and returns the exit status of the program.
pub fn main() -> ExitCode {
    let result = match CommandLine::try_parse() {
        Ok(line) => run(line.command),
        // If the help can't be printed, that is an error like any other.
        Err(help) if !help.use_stderr() => print(&help.to_string()).map(|()| 0),
        Err(mut mistake) => {
            let hint = hint(&mistake);
            if !hint.is_empty() {
                // What clap finds alike is another thing.
                for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::Suggested] {
                    mistake.remove(kind);
                }
            }
            print_error_text(&format!("{mistake}{hint}"));
            Ok(2)
        }
    };
    result.unwrap_or_else(|error| print_error(&error)).into()
}

/// Options and commands that other suites have, or that this one had, with what stands for them here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("--junit", "--report junit=FILE"),
    ("--json", "--report jsonl=FILE"),
    ("--tap", "--report tap"),
    ("--markdown", "--report markdown=FILE"),
    ("--html", "--report html=FILE"),
    ("--output", "--report FORMAT=FILE"),
    ("parser", "xend-harness test -- COMMAND"),
    ("server", "xend-harness test URI..."),
];

/// Returns what was probably meant: an option by its name elsewhere, or an option of a command that should stand after
/// `--`.
fn hint(mistake: &clap::Error) -> String {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let is_about_a_command = words.first().is_some_and(|verb| verb == "test" || verb == "smoke");
    let unknown = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| {
        let Some(ContextValue::String(word)) = mistake.get(kind) else { return None };
        word.split(['=', ' ']).next()
    });
    let has_dashes = words.iter().any(|word| word == "--");
    // What stands behind an unquoted command's first word is taken for an address.
    let given = words.iter().take_while(|word| *word != "--");
    let of_against: Vec<_> = given.skip_while(|word| *word != "--against").skip(1).collect();
    let of_against: Vec<_> =
        of_against.into_iter().take_while(|word| !word.to_string_lossy().starts_with('-')).collect();
    if mistake.kind() == ErrorKind::ArgumentConflict && of_against.len() > 1 {
        let words: Vec<_> = of_against.iter().map(|word| word.to_string_lossy()).collect();
        return format!("\nThe command of --against is one word, in quotes: --against '{}'\n", words.join(" "));
    }
    match (mistake.kind(), ELSEWHERE.iter().find(|(word, _)| Some(*word) == unknown)) {
        (ErrorKind::UnknownArgument, Some((word, here))) if words.first().is_some_and(|verb| verb != "call") => {
            format!("\n`{word}` is `{here}` here\n")
        }
        (ErrorKind::InvalidSubcommand, Some((word, here))) => format!("\n`{word}` is `{here}` here\n"),
        (ErrorKind::UnknownArgument, None) if is_about_a_command && !has_dashes => {
            "\nA command to test stands after `--`: xend-harness test -- COMMAND --ITS-OPTIONS\n".to_owned()
        }
        _ => String::new(),
    }
}

fn run(command: Command) -> Result<u8, Error> {
    match command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Smoke(arguments) => smoke::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Grid(arguments) => grid::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Decode(arguments) => decode::run(&arguments),
        Command::Call(arguments) => call::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::List(arguments) => cases::list(&arguments),
        Command::Explain(arguments) => cases::explain(&arguments),
        Command::Cases(arguments) => cases::files(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Pages(pages) => {
            let made = pages.make(CommandLine::command());
            print(&made.map_err(|(path, error)| Error::io(path.display(), &error))?).map(|()| 0)
        }
        Command::Subject => match subject::serve(io::stdin().lock(), io::stdout().lock()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Usage(error.to_string())),
            _ => Ok(0),
        },
    }
}

/// Prints an error to standard error, and returns the exit status that belongs to it.
fn print_error(error: &Error) -> u8 {
    print_error_text(&format!("error: {}\n", error.to_string().trim_end()));
    error.exit_code()
}
