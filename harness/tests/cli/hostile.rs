//! Malformed files, full disks, endless streams and hostile texts: each run ends in time with an error, and sends no
//! control byte to a terminal.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use proptest::prelude::*;
use xend_harness::exchange::Sequence;
use xend_harness::laws::Law;
use xend_harness::report::Timing;
use xend_harness::run::{Run, Stale};
use xend_harness::subject::{Answer, Declaration, Fault};
use xend_harness::{About, Baseline, Case, Codec, Evidence, Status, Suite, Verdict, report};

use crate::cli::{HARNESS, path, run, transcript};

/// Returns the output of a shell script that starts the program as `$0`.
fn shell(script: &str) -> (i32, String) {
    let output = Command::new("sh").args(["-c", script, HARNESS]).output().expect("sh runs");
    (output.status.code().expect("it exits"), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// A run whose report can't be written fails.
#[test]
fn a_full_disk_is_told() {
    let full = "error: can't write to standard output: No space left on device (os error 28)\n";
    for command in [
        "list --filter sexpr/*",
        "list --json --filter sexpr/*",
        "--help",
        "test --filter sexpr/list-empty",
        "explain sexpr/list-empty",
        "--version",
    ] {
        assert_eq!(shell(&format!("\"$0\" {command} >/dev/full")), (3, full.to_owned()), "{command}");
    }
    assert_eq!(shell("echo '(a)' | \"$0\" decode --codec sexpr >/dev/full"), (3, full.to_owned()));
    assert_eq!(
        shell("\"$0\" test --filter sexpr/list-empty --report jsonl=/dev/full >/dev/null"),
        (3, "error: /dev/full: No space left on device (os error 28)\n".to_owned())
    );
}

#[test]
fn closed_streams_change_no_verdict() {
    for (streams, code) in [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("2>/dev/full", 0), ("<&-", 0)] {
        assert_eq!(shell(&format!("\"$0\" test --filter sexpr/list-empty {streams}")).0, code, "{streams}");
    }
    assert_eq!(shell("\"$0\" explain no-such-case 2>/dev/full").0, 2);
}

/// If there is no room for a new report, the report of the previous run stays whole, and its permissions stay the same.
#[test]
fn a_report_replaces_another_once_it_is_whole() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report.jsonl");
    std::fs::write(&report, "the old report\n").expect("it is written");
    std::fs::set_permissions(&report, PermissionsExt::from_mode(0o640)).expect("they are set");
    let judge = format!("\"$0\" test --filter 'xmlrpc/int-*' --report jsonl={} >/dev/null", path(&report));
    // The limit of 512 bytes for files acts like a full disk. The signal is ignored, so that writing fails.
    let (code, said) = shell(&format!("trap '' XFSZ; ulimit -f 1; {judge}"));
    assert_eq!((code, said), (3, format!("error: {}: File too large (os error 27)\n", path(&report))));
    assert_eq!(std::fs::read_to_string(&report).expect("it is there"), "the old report\n");
    let before = std::fs::metadata(&report).expect("it is there");
    assert_eq!(shell(&judge).0, 0);
    let after = std::fs::metadata(&report).expect("it is there");
    assert_eq!((after.mode() & 0o777, before.ino() == after.ino()), (0o640, false));
    let names = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["report.jsonl"]);
}

#[test]
fn what_is_no_file_is_refused_wherever_a_file_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = folder.path().join("sexpr");
    std::fs::create_dir(&cases).expect("a folder");
    let pipe = cases.join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let refused = |arguments: &[&str], why: &str| {
        let shown = transcript(arguments, b"");
        assert!(shown.contains(why) && shown.ends_with("[exit 2]\n"), "{shown}");
    };
    for (file, why) in [
        (path(&pipe), "it is a pipe, expected a file"),
        ("/dev/zero", "it is a device, expected a file"),
        ("/dev/urandom", "it is a device, expected a file"),
        (path(&cases), "it is a folder, expected a file"),
    ] {
        refused(&["test", "--baseline", file], why);
        refused(&["compare", file, "sxp+unix:///nowhere"], why);
        refused(&["call", "sxp+unix:///nowhere", "domain.create", &format!("config=@{file}")], why);
        refused(&["call", "--ca", file, "xmlrpc+tls://localhost:1", "domain.list"], "it is no regular file");
    }
    refused(&["list", "--cases", path(folder.path())], "it is a pipe, expected a file");
}

/// An endless document is read up to the limit, and refused.
#[test]
fn a_document_without_end_is_refused() {
    let (code, said) = shell("\"$0\" decode --codec sexpr </dev/zero");
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("error: document too long"), "{said}");
}

#[test]
fn a_baseline_entry_of_150_000_question_marks_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("baseline");
    std::fs::write(&file, format!("\"{}\" = \"why\"", "?".repeat(150_000))).expect("it is written");
    let shown = transcript(&["test", "--baseline", path(&file)], b"");
    assert!(shown.contains("error: the pattern has 150000 bytes, expected at most 1000\n"), "{shown}");
    let shown = transcript(&["test", "--filter", &"?".repeat(100_000)], b"");
    assert!(
        shown.contains("the pattern has 100000 bytes, expected at most 1000") && shown.ends_with("[exit 2]\n"),
        "{shown}"
    );
}

/// Checks that a text has no control character except line breaks: no escape, bell, DEL or U+009B.
#[track_caller]
fn assert_harmless(shown: &[u8]) {
    let text = str::from_utf8(shown).expect("UTF-8");
    let found = text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(found, None, "{text:?}");
}

#[track_caller]
fn assert_output_is_harmless(output: &Output) {
    assert_harmless(&output.stdout);
    assert_harmless(&output.stderr);
}

/// A text that sets the title of a terminal and the colour, rings the bell, and has DEL, an eight-bit CSI and a
/// character that reverses the line.
const EVIL: &str = "\x1b]0;gone\x07\x1b[31m\r\x7f\u{9b}2J\u{202e}";

#[test]
fn no_control_byte_of_a_subject_reaches_a_terminal() {
    let evil = serde_json::to_string(EVIL).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let answers = [
        format!(r#""reject":{evil}"#),
        format!(r#""unsupported":{evil}"#),
        format!(r#""values":[{{"atom":{evil}}}]"#),
        format!(r#""values":[{{{evil}:"x"}}]"#),
        format!(r#"{evil}:1"#),
        format!(r#""values":{EVIL}"#),
    ];
    for answer in answers {
        let hello = format!(r#"{{"hello":{{"name":{evil},"version":{evil},"decodes":{{"sexpr":["strict"]}}}}}}"#);
        let line = format!(r#"{{"id":"sexpr/list-empty",{answer}}}"#);
        std::fs::write(file("hello"), hello + "\n").expect("it is written");
        std::fs::write(file("answer"), line + "\n").expect("it is written");
        std::fs::write(file("stderr"), format!("{EVIL}\n\tat {EVIL}\n")).expect("it is written");
        let script = "read -r _; cat hello; read -r _; cat stderr >&2; cat answer; read -r _";
        let script = format!("cd {}; {script}", path(folder.path()));
        let (junit, json) = (file("junit"), file("json"));
        let (junit_report, json_report) = (format!("junit={}", path(&junit)), format!("jsonl={}", path(&json)));
        let reports = ["--report", &junit_report, "--report", &json_report];
        let words = [&["test", "--filter", "sexpr/list-empty"][..], &reports, &["--", "sh", "-c", &script]].concat();
        assert_output_is_harmless(&run(&words, b""));
        for report in [&junit, &json] {
            assert_harmless(&std::fs::read(report).expect("it is written"));
        }
        for line in std::fs::read_to_string(&json).expect("UTF-8").lines() {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON");
        }
    }
    let hello = format!(r#"{{"hello":{{"name":"x","decodes":{{{evil}:[{evil}]}},"features":[{evil}]}}}}"#);
    std::fs::write(file("hello"), hello + "\n").expect("it is written");
    let script = format!("cat {}", path(&file("hello")));
    assert_output_is_harmless(&run(&["test", "--filter", "sexpr/list-empty", "--", "sh", "-c", &script], b""));
}

/// A server that gives every request the same reply until the test ends.
fn server(reply: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            let _ = stream.read(&mut [0; 65_536]);
            let _ = stream.write_all(&reply);
        }
    });
    port
}

#[test]
fn no_control_byte_of_a_peer_reaches_a_terminal() {
    let bodies = [
        format!("(domain (name '{EVIL}') (memory {EVIL}) ({EVIL} (a '{EVIL}')) (on_crash '{EVIL}\n'))"),
        format!("('{EVIL}' vm1 '{EVIL}\n{EVIL}')"),
        format!("((domain (name '{EVIL}') (domid '{EVIL}') (state '{EVIL}') (cpu_time '{EVIL}')))"),
        format!("(xend.err '{EVIL}')"),
        format!("<html>{EVIL}</html>"),
        format!("'{EVIL}\n{EVIL}'"),
        format!("(((((({EVIL}"),
    ];
    let operations = [
        &["domain.list"][..],
        &["domain.records"],
        &["domain.info", "domain=vm1"],
        &["device.list", "domain=vm1", "type=vif"],
        &["node.info"],
        &["node.dmesg"],
        &["domain.pause", "domain=vm1"],
    ];
    for (status, body) in ["200 OK", "404 Not Found", &format!("500 {EVIL}").replace('\r', "")]
        .into_iter()
        .flat_map(|status| bodies.iter().map(move |body| (status.to_owned(), body)))
    {
        let head =
            format!("HTTP/1.0 {status}\r\nContent-Type: application/sxp\r\nContent-Length: {}\r\n\r\n", body.len());
        let uri = format!("sxp+tcp://127.0.0.1:{}", server([head.as_bytes(), body.as_bytes()].concat()));
        for operation in operations {
            for json in [&[][..], &["--json"]] {
                let words = [&["call", "--timeout", "5"], json, &[&*uri], operation].concat();
                assert_output_is_harmless(&run(&words, b""));
            }
        }
    }
}

#[test]
fn no_control_byte_of_a_fault_reaches_a_terminal() {
    let text = "&#27;[31m&#x9b;2J&#127;".replace("&#27;", "\x1b");
    let fault = format!(
        "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int></value></member>\
         <member><name>faultString</name><value><string>{text}</string></value></member></struct></value></fault>\
         </methodResponse>"
    );
    let head = format!("HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", fault.len());
    let uri = format!("xmlrpc+tcp://127.0.0.1:{}/RPC2", server([head.as_bytes(), fault.as_bytes()].concat()));
    for json in [&[][..], &["--json"]] {
        assert_output_is_harmless(&run(&[&["call"], json, &[&*uri, "domain.pause", "domain=vm1"]].concat(), b""));
    }
}

#[test]
fn no_control_byte_of_a_file_reaches_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sexpr")).expect("a folder");
    let case = folder.path().join("sexpr/a.toml");
    let key = "\"\\u001b[31m\\u009b\"";
    let head =
        "id = \"sexpr/a\"\ntitle = \"\\u001b[31m\"\nsource = \"\\u001b[31m\\u009b\"\ninput = \"\\u001b\\u009b\"\n";
    let expect = "[[expect]]\nlevel = \"must\"\nvalues = [{ atom = \"\\u001b[31m\" }]\n";
    for text in [
        format!("{key} = 1\n"),
        format!("id = {key}\ntitle = \"\"\nsource = \"\"\n"),
        format!("{head}[[expect]]\nlevel = {key}\n"),
        format!("{head}[[expect]]\nlevel = \"must\"\nreject = {key}\n"),
        format!("{head}[[expect]]\nrules = [{key}]\nlevel = \"must\"\nvalues = []\n"),
        format!("{head}{expect}"),
        format!("# {EVIL}\n"),
    ] {
        std::fs::write(&case, text).expect("it is written");
        for words in [&["list"][..], &["list", "--json"], &["explain", "sexpr/a"], &["test"]] {
            assert_output_is_harmless(&run(&[words, &["--cases", path(folder.path())]].concat(), b""));
        }
    }
    let baseline = folder.path().join("baseline");
    for text in [
        format!("{EVIL}\n"),
        format!("{key} = 1\n"),
        format!("\"xmlrpc/[{}\" = {key}\n", key.trim_matches('"')),
        format!("\"none/{}\" = {key}\n", key.trim_matches('"')),
    ] {
        std::fs::write(&baseline, text.replace('\r', "")).expect("it is written");
        let words = ["test", "--filter", "sexpr/list-empty", "--baseline", path(&baseline)];
        assert_output_is_harmless(&run(&words, b""));
        assert_output_is_harmless(&run(&["compare", path(&baseline), "sxp+unix:///nowhere"], b""));
    }
    assert_output_is_harmless(&run(&["decode", "--codec", "sexpr"], EVIL.as_bytes()));
    assert_output_is_harmless(&run(&["decode", "--codec", "sexpr"], format!("('{EVIL}'").as_bytes()));
    assert_output_is_harmless(&run(&["decode", "--codec", "xmlrpc"], format!("<{EVIL}>").as_bytes()));
}

/// A comparison ends in time if the server sends single bytes or a flood after its reply, and sends it no more
/// requests.
#[test]
fn a_comparison_with_a_server_that_floods_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("sxp+tcp://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-length: 2\r\n\r\nok");
            std::thread::spawn(move || while stream.write_all(&[b'x'; 1 << 16]).is_ok() {});
        }
    });
    let shown = transcript(&["compare", "3.0.3/sxp", &uri], b"");
    assert!(shown.contains("the server sent more than 16 MiB") && shown.ends_with("[exit 1]\n"), "{shown}");
    assert!(shown.contains("did not answer in time 3 times in a row; the remaining requests were not sent"), "{shown}");
}

/// Any text, in which characters that XML can't contain are at least as frequent as others.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        any::<char>(),
        (0..0x20u32).prop_map(|c| char::from_u32(c).expect("a character")),
        proptest::sample::select(vec![
            '\u{fffe}',
            '\u{ffff}',
            '\u{7f}',
            '\u{9b}',
            '\u{1fffe}',
            ']',
            '>',
            '<',
            '&',
            '"'
        ]),
    ];
    proptest::collection::vec(character, 0..20).prop_map(|all| all.into_iter().collect())
}

/// A built-in file in which a piece is removed, inserted or repeated.
fn changed(files: Vec<&'static [u8]>) -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec!["\"", "{", "]", "=", "\n", "\u{9b}", "[[step]]", "999999999999999999999", "-1", "{domain}", "?*"];
    let change = (any::<proptest::sample::Index>(), 0..40usize, proptest::sample::select(pieces));
    (proptest::sample::select(files), proptest::collection::vec(change, 1..4)).prop_map(|(file, changes)| {
        let mut bytes = file.to_vec();
        for (at, length, piece) in changes {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            let twice = if length % 3 == 0 { bytes[at..end].to_vec() } else { Vec::new() };
            bytes.splice(at..end, [&twice, piece.as_bytes(), &twice].concat());
        }
        bytes
    })
}

fn short_files(folder: &str) -> Vec<&'static [u8]> {
    xend_fixtures::files(folder).map(|file| file.bytes()).filter(|bytes| bytes.len() <= 4_096).collect()
}

proptest! {
    /// Any mistake in a file is reported with its place.
    #[test]
    fn properties_files_that_people_write_never_panic(
        case in changed(short_files("cases/")),
        law in changed(short_files("laws/")),
        exchanges in changed(vec![b"{\"release\":\"3.0.3\",\"face\":\"sxp\"}\n{\"case\":\"a\",\"request\":\"GET\"}\n"]),
        baseline in changed(vec![b"# known\n'xmlrpc/int-plus' = 'it takes it'\n\"xmlrpc/base64-*@extended\" = { reason = \"no white space\", until = 2027-01-31 }\n"]),
    ) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mistakes = [
            Case::parse("sexpr/a.toml", "a.toml", &case, &|_| Err(String::new())).err(),
            Case::parse("xmlrpc/a.toml", "a.toml", &case, &|_| Err(String::new())).err(),
            Law::parse("laws/a.toml", "a.toml", &text(&law)).err(),
            Sequence::parse("a", "a.jsonl", &text(&exchanges)).err(),
            Baseline::parse("baseline", &text(&baseline)).err(),
        ];
        for mistake in mistakes.into_iter().flatten() {
            assert_harmless(mistake.to_string().as_bytes());
            prop_assert!(mistake.to_string().contains(" --> "));
        }
    }

    /// Any output of a subject is an answer or a fault of the subject.
    #[test]
    fn properties_what_a_subject_says_never_panics(
        line in changed(vec![
            br#"{"hello":{"name":"x","decodes":{"xmlrpc":["spec"]},"features":["nil"]}}"#,
            br#"{"id":"a","values":[{"response":{"struct":[["a",{"array":[{"int":"1"},{"nil":true}]}]]}}]}"#,
            br#"{"id":"a","values":[{"list":[{"atom":"a"},{"atom_base64":"/w=="}]}]}"#,
        ]),
    ) {
        let said = [
            Declaration::from_hello(&line).err(),
            Answer::from_line(&line, Codec::Sexpr).err(),
            Answer::from_line(&line, Codec::Xmlrpc).err(),
        ];
        for fault in said.into_iter().flatten() {
            let Fault::InvalidAnswer(why, shown) = fault else { panic!("{fault:?}") };
            assert_harmless(format!("{why}\n{shown}").as_bytes());
        }
    }

    /// Every report can be read by another parser, whatever text a subject, a server or a file puts into it.
    #[test]
    fn properties_reports_are_well_formed(texts in proptest::collection::vec(text(), 9), index in 0..12usize) {
        let text = |at: usize| texts[at].clone();
        let evidence = Evidence {
            input: format!("  | {}\n", text(2)),
            got: text(3),
            wanted: text(4),
            differences: vec![text(5)],
            exchange: Vec::new(),
            stderr: text(6),
            repeat: text(7),
            case: text(2),
        };
        let status = Status::ALL[index % Status::ALL.len()];
        let about = About { id: format!("laws/{}", text(8)), title: text(0), source: text(1), ..About::default() };
        let bare = Verdict::bare(Suite::Serving, Arc::new(about), "", status);
        let verdict = Verdict { why: text(0), evidence: Some(Box::new(evidence)), ..bare };
        let key = toml::Value::from(text(1).replace(['[', ']', '{', '}', '\\'], ""));
        let entry = format!("\"none/\" = \"x\"\n{key} = {}", toml::Value::from(text(2)));
        let baseline = Baseline::parse(&text(3), &entry).unwrap_or_default();
        let stale = baseline.stale(std::iter::empty(), std::iter::empty()).into_iter().map(Stale::from).collect();
        let run = Run { subject: text(4), verdicts: vec![verdict], stale, ..Run::default() };

        let junit = report::junit(&run, Timing::Hidden);
        let document = roxmltree::Document::parse(&junit);
        prop_assert!(document.is_ok(), "{:?}\n{junit:?}", document.err());
        let tests = document.iter().flat_map(roxmltree::Document::descendants);
        prop_assert_eq!(tests.filter(|node| node.has_tag_name("testcase")).count(), 1 + run.stale.len());
        for line in report::json_lines(&run, Timing::Hidden).lines() {
            let read: serde_json::Value = serde_json::from_str(line).expect("JSON");
            // The text is complete after reading it back.
            if read.get("id").is_some() {
                prop_assert_eq!(&read["why"].as_str().unwrap_or_default(), &text(0));
            }
        }
    }
}

/// The report is also read by Python's XML parser, which is another implementation.
#[test]
fn a_report_with_every_character_of_the_first_plane_is_read_by_expat() {
    let every: String = (0..=0xffff_u32).filter_map(char::from_u32).collect();
    let evidence = Evidence { stderr: every.clone(), got: every.clone(), ..Evidence::default() };
    let about = About { id: every.clone(), title: every.clone(), ..About::default() };
    let bare = Verdict::bare(Suite::Reading, Arc::new(about), "", Status::Fail);
    let verdict = Verdict { why: every.clone(), evidence: Some(Box::new(evidence)), ..bare };
    let run = Run { subject: every, verdicts: vec![verdict], ..Run::default() };
    let script = "import sys, xml.dom.minidom as m; m.parse(sys.stdin.buffer)";
    let python = Command::new("python3").args(["-c", script]).stdin(Stdio::piped()).spawn();
    let Ok(mut python) = python else { return };
    let mut input = python.stdin.take().expect("it is piped");
    input.write_all(report::junit(&run, Timing::Hidden).as_bytes()).expect("it is read");
    drop(input);
    assert!(python.wait().expect("it ends").success());
}

/// Only cases of 50,000 bytes and more have a deadline of their own.
#[test]
fn heavy_cases_say_their_deadline() {
    for case in Case::built_in().expect("they are well-formed") {
        assert_eq!(case.deadline.is_some(), case.input.len() >= 50_000, "{}", case.id);
    }
}

/// A path beside a case that exists but is not a file gives an error of its own.
#[test]
fn an_input_file_that_is_no_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sexpr")).expect("a folder");
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("sexpr/zero")).expect("a link");
    let case = "id = \"sexpr/a\"\ntitle = \"A\"\nsource = \"none\"\ninput_file = \"zero\"\n";
    std::fs::write(folder.path().join("sexpr/a.toml"), case).expect("it is written");
    let shown = transcript(&["list", "--cases", path(Path::new(folder.path()))], b"");
    assert!(shown.contains("can't read `input_file`: it is a device, expected a file"), "{shown}");
}
