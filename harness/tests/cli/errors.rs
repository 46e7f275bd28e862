//! Command lines with mistakes, and the help texts.

use crate::{HARNESS, judge, snapshots, transcript};

#[test]
fn help() {
    let commands: [&[&str]; 9] = [
        &["--help"],
        &["parser", "--help"],
        &["decode", "--help"],
        &["call", "--help"],
        &["list", "--help"],
        &["explain", "--help"],
        &["cases", "--help"],
        &["subject", "--help"],
        &[],
    ];
    let all = commands.map(|command| transcript(command, b"")).join("\n");
    let _guard = snapshots();
    insta::assert_snapshot!("help", all.trim_end());
}

#[test]
fn usage() {
    let commands: [&[&str]; 24] = [
        &["parse"],
        &["parser", "--once"],
        &["parser", "--codec", "json"],
        &["parser", "--rules", "strikt"],
        &["parser", "--codec", "sexpr", "--rules", "spec"],
        &["parser", "--filter", "sexpr/[a"],
        &["parser", "--filter", "sexpr/no-such-case"],
        &["parser", "--filter", "xmlrpc/int-max@spec", "--filter", "xmlrpc/int-max@sepc"],
        &["parser", "--filter", "xmlrpc/int-max", "--junit", "/nowhere/same", "--json", "/nowhere/same"],
        &["parser", "--timeout", "0"],
        &["parser", "--timeout", "soon"],
        &["parser", "--baseline", "/nowhere/at/all"],
        &["parser", "--junit", "/nowhere/at/all"],
        &["parser", "--json", "/nowhere/at/all"],
        &["parser", "--", "/nowhere/at/all"],
        &["parser", "--once", "--", "/nowhere/at/all"],
        &[
            "parser",
            "--codec",
            "sexpr",
            "--",
            "sh",
            "-c",
            "echo '{\"hello\":{\"name\":\"sh\",\"decodes\":{\"xmlrpc\":[\"spec\"]}}}'",
        ],
        &["decode"],
        &["decode", "--codec", "sexpr", "--rules", "xend"],
        &["explain", "sexpr/no-such-case"],
        &["explain", "int-max"],
        &["server", "sxp+unix:///nowhere", "--release", "4.1", "--filter", "no-such-law"],
        &["call", "sxp+unix:///nowhere", "domain.pause", "domain=vm1", "domain=vm2"],
        &["list", "--filter", "nothing-*"],
    ];
    let all = commands.map(|command| transcript(command, b""));
    for transcript in &all {
        assert!(transcript.ends_with("[exit 2]\n"), "{transcript}");
    }
    let _guard = snapshots();
    insta::assert_snapshot!("usage", all.join("\n").trim_end());
}

#[test]
fn a_subject_that_can_do_nothing_is_not_judged() {
    let hello = r#"{"hello":{"name":"sh","decodes":{"xmlrpc":["extended"]}}}"#;
    let (exit, lines) = judge(&["--filter", "xmlrpc/nil"], &["sh", "-c", &format!("echo '{hello}'; cat >/dev/null")]);
    assert_eq!((exit, &lines[0]["verdict"]), (2, &"unsupported".into()));
}

/// If the reader of the output stops reading, the program does not panic, and its exit status stays the same.
#[test]
fn a_broken_pipe() {
    let script = format!(
        "{HARNESS} list --json | head -n 1; {HARNESS} parser --filter sexpr/a* | true; {HARNESS} --help | true"
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.stdout.iter().filter(|&&byte| byte == b'\n').count(), 1);
}
