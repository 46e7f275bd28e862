//! Starting what listens in the background.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::serving::Serving;
use super::terminal::print_output;
use crate::error::Error;

/// Starts the program again without `--wait`, and returns as soon as that mock listens. Until then its messages are
/// passed on; afterwards it has no terminal any more. `listeners` is their number, without that of `--admin`.
pub(super) fn wait(serving: &Serving, listeners: usize) -> Result<ExitCode, Error> {
    if serving.logs_to_stdout() {
        let why = "nobody reads it after --wait has returned: name a file";
        return Err(Error::File {
            path: "--log -".to_owned(),
            error: io::Error::new(io::ErrorKind::InvalidInput, why),
        });
    }
    if serving.ends_with_input() {
        let why = "a mock in the background has no standard input, so that --until-eof would end it at once";
        return Err(Error::File {
            path: "--until-eof".to_owned(),
            error: io::Error::new(io::ErrorKind::InvalidInput, why),
        });
    }
    let count = listeners + usize::from(serving.has_admin());
    let program = std::env::current_exe().map_err(Error::Start)?;
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != "--wait");
    let mut command = Command::new(program);
    // In a group of its own, no signal of the terminal reaches it.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut mock = command.spawn().map_err(Error::Start)?;
    let (stdout, mut stderr) = (mock.stdout.take(), mock.stderr.take());
    let messages = std::thread::spawn(move || {
        if let Some(stderr) = &mut stderr {
            let _ = io::copy(stderr, &mut io::stderr());
        }
    });
    let lines: Vec<_> =
        stdout.into_iter().flat_map(|out| BufReader::new(out).lines().map_while(Result::ok).take(count)).collect();
    if lines.len() == count {
        let printed = print_output(&lines.iter().map(|line| format!("{line}\n")).collect::<String>());
        if printed.is_err() {
            let _ = kill_process(Pid::from_child(&mock), Signal::TERM);
        }
        return printed.map(|()| ExitCode::SUCCESS);
    }
    let status = mock.wait().map_err(Error::Start)?;
    // What it said of the reason is printed before this program ends, too.
    let _ = messages.join();
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}
