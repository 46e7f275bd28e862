//! The program `mock-xend`. `mock-xend --help` describes its options.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    mock_xend::program::main()
}
