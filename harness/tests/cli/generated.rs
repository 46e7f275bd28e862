//! Generated questions on the command line.

use crate::cli::{HARNESS, path, run, snapshots, transcript, transcript_in};

/// A subject that refuses every document.
const REFUSES: [&str; 6] = [
    "sed",
    "-u",
    "-e",
    r#"s/.*"hello".*/{"hello":{"name":"refuses","decodes":{"xmlrpc":["spec"]}}}/;t"#,
    "-e",
    r#"s/.*"id":"\([^"]*\)".*/{"id":"\1","reject":"no"}/"#,
];

/// A caller that never learns anything.
const NEVER_LEARNS: [&str; 6] = [
    "sed",
    "-u",
    "-e",
    r#"s/.*"hello".*/{"hello":{"name":"never learns","calls_over":["tcp"]}}/;t"#,
    "-e",
    r#"s/.*"id":"\([^"]*\)".*/{"id":"\1","error":"no"}/"#,
];

#[test]
fn a_failure_is_told_and_kept() {
    told_and_kept("generated", "12", &REFUSES);
}

#[test]
fn a_failure_of_a_caller_is_told_and_kept() {
    told_and_kept("generated-calls", "8", &NEVER_LEARNS);
}

/// Neither of two commands is the law for the other.
#[test]
fn a_difference_of_two_is_told_as_one() {
    let _snapshots = snapshots();
    let other = format!("{HARNESS} subject");
    let few = [&["test", "--generate", "6", "--seed", "3", "--against", &other, "--"], &REFUSES[..]].concat();
    insta::assert_snapshot!("generated-against", transcript(&few, b""));
    let refuses = shlex::try_join(REFUSES).expect("it has no NUL");
    let turned = ["test", "--generate", "6", "--seed", "3", "--against", &refuses, "--", HARNESS, "subject"];
    assert!(transcript(&turned, b"").contains(": refuses refuses it, and the subject does not; it is about xmlrpc/"));
    let calls = ["test", "--generate", "4", "--seed", "8", "--suite", "calling", "--against", &other, "--"];
    let shown = transcript(&[&calls[..], &NEVER_LEARNS[..]].concat(), b"");
    assert!(shown.contains(" learns of a value, and the subject does not"), "{shown}");
}

/// Of many failures only some are made small, and a report says so of the others.
#[test]
fn what_is_not_made_small_is_told() {
    let many = [&["test", "--generate", "150", "--seed", "1", "--"], &REFUSES[..]].concat();
    let told = transcript(&many, b"");
    let rest = told.find(" makes it small)\n").expect("some are not made small");
    assert!(told.find("  keep ").is_some_and(|small| small < rest), "{told}");
    assert!(!told.contains("explain ID"), "{told}");
}

/// What fails is made small, the same way each time, and its case file is taken into a folder of cases.
fn told_and_kept(name: &str, count: &str, subject: &[&str]) {
    let _snapshots = snapshots();
    let asked = [&["test", "--generate", count, "--seed", "3", "--"], subject].concat();
    let told = transcript(&asked, b"");
    assert_eq!(told, transcript(&asked, b""));
    insta::assert_snapshot!(name, told);

    let text = "where FILE is:\n";
    let file: String = told[told.find(text).expect("a case is told") + text.len()..]
        .lines()
        .map_while(|line| line.strip_prefix("          "))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("new.toml"), folder.path().join("cases"));
    std::fs::write(&from, file).expect("it is written");
    let add = ["cases", "--add", path(&from), "--cases", path(&to)];
    let again = [&["test", "--cases", path(&to), "--"], subject].concat();
    let mut all = transcript_in(folder.path(), &add, b"");
    all += &transcript_in(folder.path(), &add, b"");
    all += &transcript_in(folder.path(), &again, b"");
    insta::assert_snapshot!(format!("{name}-kept"), all);
}

#[test]
fn mistakes() {
    let _snapshots = snapshots();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("case.toml");
    std::fs::write(&file, "id = \"../a\"\ntitle = \"A\"\nsource = \"none\"\ninput = \"\"\n").expect("it is written");
    let failed = folder.path().join("failed.jsonl");
    let report = format!("jsonl={}", path(&failed));
    run(&[&["test", "--generate", "12", "--seed", "3", "--report", &report, "--"], &REFUSES[..]].concat(), b"");
    let no_caller = [&["test", "--repeat", "calls/reply/1/1", "--"], &REFUSES[..]].concat();
    let wrong: [&[&str]; 14] = [
        &["test", "--generate", "0"],
        &["test", "--repeat", "xmlrpc/value/1"],
        &["test", "--repeat", "program/1/1"],
        &["test", "--repeat", "xmlrpc/value/1/1", "--destructive", "sxp+unix:///nowhere"],
        &["test", "--generate", "1", "sxp+unix:///nowhere"],
        &["test", "--generate", "1", "--cases", "."],
        &["test", "--generate", "1", "--rules", "xend-4.1"],
        &["test", "--against", "true", "--", "true"],
        &["test", "--against", "python3", "mine.py", "--generate", "1", "--", "true"],
        &no_caller,
        &["grid", path(&failed)],
        &["test", "--failed", path(&failed)],
        &["cases"],
        &["cases", "--add", path(&file), "--cases", path(folder.path())],
    ];
    let all: String = wrong.iter().map(|words| transcript_in(folder.path(), words, b"")).collect();
    insta::assert_snapshot!("generated-mistakes", all);
}
