//! The command `xend-harness`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a fault of the harness, and must not look like any other exit status.
    std::panic::catch_unwind(xend_harness::cli::main).unwrap_or(ExitCode::from(3))
}
