//! How fast mock-xend serves, beside a bare hyper server and other mocks, in one run; and whether its work grows with its
//! input.
#![forbid(unsafe_code)]

mod contender;
mod growth;
mod listing;
mod load;
mod table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use contender::Contender;

/// How fast mock-xend serves, beside a bare hyper server and other mocks, in one run.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure all contenders, one after the other, each as a process of its own
    Table {
        /// Seconds for each throughput
        #[arg(long, default_value_t = 2.0)]
        seconds: f64,
        /// Requests after which memory is looked at
        #[arg(long, default_value_t = 1_000_000)]
        requests: u64,
    },
    /// Count what twice the work costs, of each kind of work: exit 1 if one takes more than 2.5 times as much
    Growth,
    /// Do some work, for a profiler to look at
    Work {
        /// Which
        work: growth::Work,
        /// How much of it
        size: usize,
    },
    /// Compare a listing of 10,000 domains with encoding it
    Listing,
    /// Be a contender: say where it listens, and serve until stdin ends
    Serve {
        /// Which
        contender: Contender,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Growth => match growth::check() {
            Ok(true) => {}
            Ok(false) => return ExitCode::from(1),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::from(2);
            }
        },
        Command::Work { work, size } => work.run(size),
        Command::Table { seconds, requests } => table::print(seconds, requests),
        Command::Listing => listing::print(),
        Command::Serve { contender } => contender.serve(),
    }
    ExitCode::SUCCESS
}
