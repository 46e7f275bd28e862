//! Finds the Python with which some tests compare this project. Tests include this file by its path.

use std::process::Command;

/// The first of the commands that can run the statement, or `None` if no command can.
///
/// A test without a command is left out, and `make check` counts how many are. `make oracles` sets `ORACLES=required` in
/// the environment, so that such a test fails.
///
/// # Panics
/// If no command can run the statement and `ORACLES` is `required`.
pub(crate) fn python(commands: &[&str], statement: &str) -> Option<Command> {
    let can_run = |command: &&&str| {
        let output = Command::new(command).args(["-c", statement]).output();
        output.is_ok_and(|output| output.status.success())
    };
    if let Some(command) = commands.iter().find(can_run) {
        return Some(Command::new(command));
    }
    let missing = format!("left out: none of {} can run `{statement}`", commands.join(", "));
    assert_ne!(std::env::var("ORACLES").as_deref(), Ok("required"), "{missing}");
    eprintln!("{missing}");
    None
}
