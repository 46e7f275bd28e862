//! How fast mock-xend serves, beside a bare hyper server and other mocks, in one run.
#![forbid(unsafe_code)]

mod contender;
mod listing;
mod load;
mod table;

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
    /// Compare a listing of 10,000 domains with encoding it
    Listing,
    /// Be a contender: say where it listens, and serve until stdin ends
    Serve {
        /// Which
        contender: Contender,
    },
}

fn main() {
    match Arguments::parse().command {
        Command::Table { seconds, requests } => table::print(seconds, requests),
        Command::Listing => listing::print(),
        Command::Serve { contender } => contender.serve(),
    }
}
