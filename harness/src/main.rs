//! The command `xend-harness`; everything it does is in [`xend_harness::cli`].
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a fault of the harness, so it must give the exit status 3 and no other.
    std::panic::catch_unwind(xend_harness::cli::main).unwrap_or(ExitCode::from(3))
}
