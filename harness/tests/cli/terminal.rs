//! What a run shows on a terminal: colours, and how far it is.

use std::process::Command;

use crate::cli::{HARNESS, run};

/// Runs a command on a terminal of its own, and copies what the terminal gets to standard output.
const PTY: &str = "import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    os.write(1, piece)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))";

/// A subject that refuses all S-expressions.
const SUBJECT: &str = r#"read -r _; echo '{"hello":{"name":"no","decodes":{"sexpr":["strict"]}}}'
while read -r line; do id=${line#*'"id":"'}; id=${id%%'"'*}; echo "{\"id\":\"$id\",\"reject\":\"no\"}"; done"#;

/// The arguments of a run in which some cases fail.
fn arguments<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&["test", "--filter", "sexpr/list-*"], options, &["--", "sh", "-c", SUBJECT]].concat()
}

/// Runs the program on a terminal; none where there is no Python, whose `pty` makes one.
fn on_a_terminal(options: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let has = Command::new("python3").args(["-c", "import pty"]).output().is_ok_and(|it| it.status.success());
    if !has {
        eprintln!("left out, for there is no python3 with pty");
        return None;
    }
    let output = Command::new("python3")
        .args(["-c", PTY, HARNESS])
        .args(arguments(options))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .envs(variables.iter().copied())
        .output()
        .expect("python3 runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    Some(String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n"))
}

const RED: &str = "\x1b[1;31mfail\x1b[0m: sexpr/list-";

#[test]
fn colours_are_for_terminals() {
    let quiet = ["--progress", "never"];
    let Some(coloured) = on_a_terminal(&quiet, &[]) else { return };
    assert!(coloured.contains(RED), "{coloured:?}");
    let plain = String::from_utf8(run(&arguments(&[]), b"").stdout).expect("UTF-8");
    assert!(!plain.contains('\x1b') && plain.contains("fail: sexpr/list-"), "{plain:?}");
    let without = [
        on_a_terminal(&quiet, &[("NO_COLOR", "1")]),
        on_a_terminal(&quiet, &[("TERM", "dumb")]),
        on_a_terminal(&["--progress", "never", "--color", "never"], &[]),
    ];
    // The commands that repeat a case differ in nothing, for these options are not part of them.
    assert!(without.iter().all(|shown| shown.as_deref() == Some(&plain)), "{without:?}");
    let always = String::from_utf8(run(&arguments(&["--color", "always"]), b"").stdout).expect("UTF-8");
    assert_eq!(always, coloured);
    // An empty variable is as good as none.
    assert_eq!(on_a_terminal(&quiet, &[("NO_COLOR", "")]), Some(coloured));
}

#[test]
fn progress_is_shown_on_terminals_and_leaves_no_trace() {
    let Some(shown) = on_a_terminal(&["--color", "never"], &[]) else { return };
    let plain = String::from_utf8(run(&arguments(&[]), b"").stdout).expect("UTF-8");
    let (progress, report) = shown.split_at(shown.len() - plain.len());
    assert_eq!(report, plain);
    // Each failure stands on a line of its own as soon as it is known, above the line with the counts.
    let failures = plain.lines().filter(|line| line.starts_with("fail: ")).count();
    let told = progress.lines().filter(|line| line.trim_start_matches(['\r']).contains("fail: sexpr/")).count();
    assert!(failures > 0 && told >= failures, "{progress:?}");
    assert!(progress.contains(" asked, 1 unexpected"), "{progress:?}");
    assert!(progress.ends_with("\r\x1b[K"), "the line with the counts is erased: {progress:?}");
    // Nobody looks at what is no terminal, and --quiet asks for silence.
    assert!(run(&arguments(&[]), b"").stderr.is_empty());
    let quiet = on_a_terminal(&["--quiet"], &[]).unwrap_or_default();
    assert_eq!(quiet.lines().count(), 1, "{quiet:?}");
    let always = String::from_utf8(run(&arguments(&["--progress", "always"]), b"").stderr).expect("UTF-8");
    assert_eq!(always.lines().count(), told, "{always}");
    assert!(!always.contains('\x1b') && always.lines().all(|line| line.starts_with("fail: sexpr/")), "{always}");
}
