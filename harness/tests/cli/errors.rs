//! Command lines with mistakes, and the help texts.

use crate::cli::{HARNESS, judge, snapshots, transcript};

#[test]
fn help() {
    let commands: [&[&str]; 14] = [
        &["--help"],
        &["test", "--help"],
        &["decode", "--help"],
        &["call", "--help"],
        &["smoke", "--help"],
        &["report", "--help"],
        &["grid", "--help"],
        &["init", "--help"],
        &["compare", "--help"],
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
    let commands: [&[&str]; 73] = [
        &["parse"],
        &["test", "./my-parser"],
        &["test", "python3", "my_parser.py"],
        &["test", "python3", "-u", "my_parser.py"],
        &["test", "--", "python3 my_parser.py"],
        &["test", "python3 my_parser.py"],
        &["test", "127.0.0.1:8000"],
        &["test", "localhost:8000/RPC2"],
        &["test", "http+tcp://localhost"],
        &["test", "sxp+tcp://localhost", "--", "my-parser"],
        &["test", "sxp+tcp://localhost", "--codec", "sexpr"],
        &["test", "sxp+tcp://localhost", "--suite", "reading"],
        &["test", "--destructive"],
        &["test", "--suite", "singing"],
        &["test", "--suite", "serving"],
        &["test", "--level", "shall"],
        &["test", "--tag", "no-such-tag"],
        &["test", "--shard", "5/4"],
        &["test", "--suite-version", "1.x"],
        &["test", "--suite-version", "99"],
        &["test", "--release", "4.1", "--rules", "spec"],
        &["test", "--jobs", "0"],
        &["test", "--once"],
        &["test", "--codec", "json"],
        &["test", "--rules", "strikt"],
        &["test", "--codec", "sexpr", "--rules", "spec"],
        &["test", "--filter", "sexpr/[a"],
        &["test", "--filter", "sexpr/no-such-case"],
        &["test", "--filter", "bool-*"],
        &["grid", "/nowhere/one.jsonl", "--with", "survey"],
        &["test", "--filter", "xmlrpc/int-max@spec", "--filter", "xmlrpc/int-max@sepc"],
        &["test", "--filter", "xmlrpc/int-max", "--report", "junit=/nowhere/same", "--report", "jsonl=/nowhere/same"],
        &["test", "--timeout", "0"],
        &["test", "--timeout", "soon"],
        &["test", "--baseline", "/nowhere/at/all"],
        &["test", "--report", "junit=/nowhere/at/all"],
        &["test", "--report", "jsonl=/nowhere/at/all"],
        &["test", "--report", "xml"],
        &["test", "--report", "junit="],
        &["test", "--report", "tap", "--report", "jsonl=-"],
        &["test", "--details", "most"],
        &["test", "--update-baseline"],
        &["test", "--failed", "/nowhere/at/all"],
        &["report"],
        &["report", "/nowhere/at/all"],
        &["grid", "/nowhere/at/all"],
        &["init", "jenkins", "--", "x"],
        &["smoke"],
        &["smoke", "--", "/nowhere/at/all"],
        &["test", "--", "/nowhere/at/all"],
        &["test", "--once", "--", "/nowhere/at/all"],
        &[
            "test",
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
        &["test", "sxp+unix:///nowhere", "--release", "4.1", "--filter", "no-such-law"],
        &["call", "sxp+unix:///nowhere", "domain.pause", "domain=vm1", "domain=vm2"],
        &["list", "--filter", "nothing-*"],
        &["list", "--codec", "sexpr", "--filter", "xmlrpc/*"],
        &["test", "--once", "sxp+tcp://localhost"],
        &["test", "--junit", "report.xml", "--", "my-parser"],
        &["test", "--json=report.jsonl", "--", "my-parser"],
        &["parser", "--", "my-parser"],
        &["explain", "laws/pause-stop"],
        &["explain", "xmlrpc/bool-ture"],
        &["grid", "/nowhere/one.jsonl"],
        &["decode", "--codec", "sexpr", "/nowhere/at/all"],
        &["call", "sxp+unix:///nowhere", "domain.lst"],
        &["call", "sxp+unix:///nowhere", "dance"],
        &["compare", "3.0.3/sxp", "sxp+unix:///nowhere", "--filter", "*/no-such-exchange"],
        &["smoke", "--codec", "sexpr", "--", "my-parser"],
        &[
            "test",
            "--filter",
            "xmlrpc/int-max",
            "--",
            "sh",
            "-c",
            "echo '{\"hello\":{\"name\":\"sh\",\"decodes\":{\"sexpr\":[\"strict\"]}}}'",
        ],
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
    let script =
        format!("{HARNESS} list --json | head -n 1; {HARNESS} test --filter sexpr/a* | true; {HARNESS} --help | true");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.stdout.iter().filter(|&&byte| byte == b'\n').count(), 1);
}
