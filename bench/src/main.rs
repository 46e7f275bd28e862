//! How fast xend-wire is, beside its peers on the same data.

mod allocations;
mod contenders;
mod data;
mod gates;
mod table;
mod task;
mod typed;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use contenders::Contender;
use task::{Input, Task};

#[derive(Parser)]
#[command(about = "How fast xend-wire is, beside its peers on the same data")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print speed, allocations and memory of every contender, each ratio from one run in which they take turns
    Table {
        /// Only this task
        task: Option<Task>,
    },
    /// Count instructions and allocations, and compare them with the gates: exit 1 if one is missed
    Gates,
    /// Let one contender do its work a number of times, for a profiler to look at
    Run {
        task: Task,
        input: Input,
        contender: String,
        #[arg(long, default_value_t = 1)]
        passes: u32,
    },
    /// Write a document to standard output
    Data { task: Task, input: Input },
}

fn main() -> ExitCode {
    match run(&Options::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Table { task } => table::print(*task),
        Command::Gates => return gates::check(),
        Command::Run { task, input, contender, passes } => {
            let document = task.document(*input);
            let work = (self::contender(*task, contender)?.prepare)(&document)?;
            for _ in 0..*passes {
                work()?;
            }
        }
        Command::Data { task, input } => std::io::stdout().write_all(&task.document(*input))?,
    }
    Ok(true)
}

fn contender(task: Task, name: &str) -> Result<Contender, Box<dyn Error>> {
    let mut contenders = task.contenders();
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    let expected = || format!("no contender `{name}` for {}, expected one of: {}", task.name(), names.join("; "));
    let at = names.iter().position(|&known| known == name).ok_or_else(expected)?;
    Ok(contenders.swap_remove(at))
}
