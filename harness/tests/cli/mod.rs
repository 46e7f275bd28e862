//! Tests of the commands from end to end, with the compiled program.

mod adapters;
mod cases;
mod commands;
mod errors;
mod generated;
mod hostile;
#[path = "../../../oracles/python.rs"]
mod oracle;
mod pages;
mod python;
mod recorded;
mod reports;
mod runs;
mod subjects;
mod terminal;

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The path of the program.
const HARNESS: &str = env!("CARGO_BIN_EXE_xend-harness");

/// Sets up insta to keep the snapshots of these tests in the tree of the whole project.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/harness"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(concat!("built-in ", env!("CARGO_PKG_VERSION")), "built-in VERSION");
    settings.bind_to_scope()
}

/// Runs the program to its end.
fn run<A: AsRef<OsStr>>(arguments: &[A], input: &[u8]) -> Output {
    let mut child = Command::new(HARNESS)
        .args(arguments)
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary is built");
    // The program may end without reading its input.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

/// Returns everything that a run shows: the command, standard output, standard error and the exit status.
fn transcript(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    let command = format!("$ xend-harness {}\n", arguments.join(" "));
    let end = format!("[exit {}]\n", output.status.code().expect("it exits"));
    (command + &text(&output.stdout) + &text(&output.stderr) + &end).replace(HARNESS, "xend-harness")
}

/// Returns the [`transcript`] of a run, in which the path of a folder is replaced by `DIR`.
fn transcript_in(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    transcript(arguments, input).replace(path(folder), "DIR")
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a temporary path is UTF-8")
}

/// Tests a parser, and returns the exit status and the verdicts of the report in JSON lines.
fn judge(arguments: &[&str], command: &[&str]) -> (i32, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report.jsonl");
    let report_option = format!("jsonl={}", path(&report));
    let all = [&["test"][..], arguments, &["--report", &report_option, "--"], command].concat();
    let output = run(&all, b"");
    let text = std::fs::read_to_string(report).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    let verdicts = lines.filter(|line| line.get("id").is_some() || line.get("baseline").is_some());
    (output.status.code().expect("it exits"), verdicts.collect())
}
