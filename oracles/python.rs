//! Python, which some tests ask what it makes of the same bytes. Tests include this file by its path.

use std::process::Command;

/// The first of the commands that can run the statement.
///
/// Where there is none the test is left out, which `make check` counts; with `ORACLES=required` in the environment, as
/// `make oracles` sets it, it fails.
///
/// # Panics
/// If there is none although there must be.
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
