//! A stand-in for Xend. See `mock-xend --help`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    mock_xend::program::main()
}
