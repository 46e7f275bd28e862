//! The reports of a run, for people and for machines.

use std::collections::BTreeMap;
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::cli::{path, run, snapshots, transcript, transcript_in};

/// A subject that does everything once: it passes, fails, reads a wrong value, declines, crashes, writes nonsense, and
/// writes to standard error.
const SUBJECT: &str = r#"read -r _
echo '{"hello":{"name":"mixed","version":"1.0","decodes":{"sexpr":["strict"],"xmlrpc":["spec"]}}}'
while read -r line; do
    id=${line#*'"id":"'}; id=${id%%'"'*}
    case $id in
        sexpr/list-empty) echo "{\"id\":\"$id\",\"values\":[{\"list\":[]}]}";;
        sexpr/list-nested) echo "{\"id\":\"$id\",\"reject\":\"too clever\"}";;
        sexpr/list-unterminated-at-open) echo "{\"id\":\"$id\",\"values\":[{\"list\":[]}]}";;
        sexpr/quote-single) echo "warning: quotes" >&2; echo "{\"id\":\"$id\",\"values\":[{\"list\":[{\"atom\":\"a\"}]}]}";;
        sexpr/quote-none) echo "{\"id\":\"$id\",\"unsupported\":\"no time\"}";;
        sexpr/octal-one-digit) echo "{\"id\":\"$id\",\"reject\":\"no octals\"}";;
        xmlrpc/i4) echo "Traceback: out of luck" >&2; exit 3;;
        xmlrpc/int-plus) exec >&-;;
        xmlrpc/struct-pretty) echo "{\"id\":\"$id\",\"values\":[{\"response\":{\"float\":\"1\"}}]}";;
    esac
done"#;

const FILTER: [&str; 18] = [
    "--filter",
    "sexpr/list-empty",
    "--filter",
    "sexpr/list-nested",
    "--filter",
    "sexpr/list-unterminated-at-open",
    "--filter",
    "sexpr/quote-single",
    "--filter",
    "sexpr/quote-none",
    "--filter",
    "sexpr/octal-one-digit",
    "--filter",
    "xmlrpc/i4",
    "--filter",
    "xmlrpc/{struct-pretty,traffic-call-domain}",
    "--filter",
    "xmlrpc/int-plus",
];

/// Runs the subject with more options in a new folder, and returns what it prints and the files that it writes there.
fn shown(options: &[&str], baseline: &str) -> (String, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| path(&folder.path().join(name)).to_owned();
    let (baseline_file, junit, json, script) =
        (file("baseline"), file("junit.xml"), file("report.jsonl"), file("subject"));
    std::fs::write(&baseline_file, baseline).expect("it is written");
    std::fs::write(&script, SUBJECT).expect("it is written");
    let (junit_report, json_report) = (format!("junit={junit}"), format!("jsonl={json}"));
    let files = ["--baseline", &baseline_file, "--report", &junit_report, "--report", &json_report];
    let arguments = [&["test"][..], &FILTER, &files, options, &["--", "sh", &script]].concat();
    let screen = transcript_in(folder.path(), &arguments, b"");
    let read = |file: &str| std::fs::read_to_string(file).expect("it is written").replace(path(folder.path()), "DIR");
    (screen, read(&junit), read(&json))
}

#[test]
fn for_people_and_machines() {
    let (people, junit, json) = shown(
        &[],
        "\"xmlrpc/i4\" = \"it dies of it\"\n\"sexpr/list-empty\" = \"it will fail\"\n\"sexpr/none\" = \"gone\"\n",
    );
    assert!(people.ends_with("[exit 1]\n"));
    let _guard = snapshots();
    insta::assert_snapshot!("report-people", people);
    let (short, ..) = shown(&["--details", "short"], "\"sexpr/none\" = \"gone\"\n");
    insta::assert_snapshot!("report-short", short);
    insta::assert_snapshot!("report-junit", junit);
    insta::assert_snapshot!("report-json-lines", json);
}

/// The report on each kind of invalid answer.
#[test]
fn faults() {
    let hello = r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strict"]}}}'"#;
    let kept_alive = |script: &str| format!("read -r _; {hello}; read -r _; {script}");
    let once = ["--once", "--rules", "strict"];
    let short = ["--details", "short"];
    let judged = |script: &str, options: &[&str]| {
        let filter = ["test", "--filter", "sexpr/list-empty"];
        transcript(&[&filter, options, &["--", "sh", "-c", script]].concat(), b"")
    };
    let all = [
        judged("echo 'no such parser' >&2; exit 127", &[]),
        judged("sleep 60", &["--timeout", "0.5"]),
        judged("echo hello", &[]),
        judged(r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strikt"]}}}'"#, &[]),
        judged(r#"echo '{"hello":{"name":"sh","decodes":{"json":["strict"]}}}'"#, &[]),
        judged(r#"echo '{"hello":{"name":"sh","decodes":{}}}'"#, &[]),
        judged(r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strict"]},"features":["x"]}}'"#, &[]),
        judged(r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strict"]},"features":["x"]}}'"#, &short),
        judged(&kept_alive("kill -SEGV $$"), &[]),
        judged(&kept_alive("exec >&-; sleep 60"), &[]),
        judged(&kept_alive(r"printf 'a\377\n'"), &[]),
        judged(&kept_alive(r#"echo '{"id":"sexpr/other","reject":"no"}'"#), &[]),
        judged(&kept_alive(r#"echo '{"reject":"no"}'"#), &[]),
        judged(&kept_alive(r#"echo '{"id":"sexpr/list-empty"}'"#), &[]),
        judged(&kept_alive(r#"echo '{"id":"sexpr/list-empty","reject":"no","values":[]}'"#), &[]),
        judged(&kept_alive(r#"echo '{"id":"sexpr/list-empty","accept":true}'"#), &[]),
        judged(&kept_alive(r#"echo '{"id":"sexpr/list-empty","reject":"no"}'; echo and no again"#), &[]),
        judged("yes complaint | head -n 3000 >&2; exit 1", &once),
        judged("echo $XEND_CODEC $XEND_RULES", &once),
        judged(r#"echo '{"reject":"no"}'; echo and no again"#, &once),
    ];
    let _guard = snapshots();
    insta::assert_snapshot!("report-faults", all.join("\n").trim_end());
}

#[test]
fn the_same_run_makes_the_same_reports() {
    assert_eq!(shown(&[], ""), shown(&[], ""));
}

#[test]
fn a_should_counts_if_the_run_is_strict() {
    let others = "\"*list*\" = \"x\"\n\"xmlrpc/*\" = \"x\"\n\"*quote-single\" = \"x\"\n";
    let run = |options: &[&str]| shown(options, others).0;
    let is_unexpected = |screen: &str| {
        !screen.contains("octal-one-digit@strict (should): the subject refuses a document that it should read; counts")
    };
    assert!(!is_unexpected(&run(&[])));
    assert!(is_unexpected(&run(&["--strict"])));
}

/// The counts in the JUnit report, and the tests in it, agree with the JSON lines.
#[test]
fn junit_and_json_lines_agree() {
    let (_, junit, json) = shown(&["--strict"], "\"xmlrpc/i4\" = \"it dies of it\"\n\"sexpr/none\" = \"gone\"\n");
    let lines = json.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines: Vec<Value> = lines.filter(|line| line.get("verdict").is_some()).collect();
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for line in &lines {
        *wanted.entry(line["verdict"].as_str().expect("a verdict").to_owned()).or_default() += 1;
    }

    let mut got: BTreeMap<String, usize> = BTreeMap::new();
    let mut totals = BTreeMap::new();
    let mut reader = Reader::from_str(&junit);
    loop {
        let event = reader.read_event().expect("well-formed");
        let (Event::Start(element) | Event::Empty(element)) = &event else {
            if matches!(event, Event::Eof) {
                break;
            }
            continue;
        };
        let attributes = element.attributes().map(|attribute| {
            let attribute = attribute.expect("an attribute");
            (attribute.key.as_ref().to_owned(), attribute.value.into_owned())
        });
        let attributes: BTreeMap<_, _> = attributes.collect();
        match element.name().as_ref() {
            "testsuites" => totals = attributes,
            "property" if attributes["name"] == "verdict" => *got.entry(attributes["value"].clone()).or_default() += 1,
            "failure" if attributes["type"] == "unmatched" => *got.entry("unmatched".to_owned()).or_default() += 1,
            _ => {}
        }
    }
    assert_eq!(got, wanted);
    let unexpected = lines.iter().filter(|line| line["unexpected"] == true).count();
    assert_eq!(totals["tests"], lines.len().to_string());
    assert_eq!(totals["failures"], unexpected.to_string());
    assert_eq!(totals["errors"], "0");
}

#[test]
fn timing_is_told_when_it_is_asked_for() {
    let arguments = ["test", "--filter", "sexpr/list-empty", "--timing"];
    let output = run(&arguments, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains(" answers in "), "{output:?}");
    assert_eq!(run(&arguments[..3], b"").stderr, b"");
}

/// A run that judges nothing leaves no empty report, and keeps a report that existed before.
#[test]
fn a_run_that_fails_writes_no_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("old"), "an old report, longer than the new one may be").expect("written");
    std::os::unix::fs::symlink(path("old"), path("link")).expect("a link");
    let reports = |junit: &str, json: &str| {
        let (junit, json) = (path(junit).display().to_string(), path(json).display().to_string());
        ["--report".to_owned(), format!("junit={junit}"), "--report".to_owned(), format!("jsonl={json}")]
    };
    let server = |reports: [String; 4]| {
        let words = ["test", "sxp+unix:///nowhere/at/all", "--release", "4.1"].map(str::to_owned);
        let words: Vec<_> =
            words.into_iter().chain(["--filter".to_owned(), "none".to_owned()]).chain(reports).collect();
        run(&words.iter().map(String::as_str).collect::<Vec<_>>(), b"").status.code()
    };
    assert_eq!(server(reports("new", "link")), Some(2));
    assert!(!path("new").exists());
    assert!(path("link").is_symlink());
    assert!(std::fs::read_to_string(path("old")).expect("it is there").starts_with("an old report"));

    let words = ["test", "--filter", "sexpr/list-empty"].map(str::to_owned);
    let words: Vec<_> = words.into_iter().chain(reports("new", "link")).collect();
    assert_eq!(run(&words.iter().map(String::as_str).collect::<Vec<_>>(), b"").status.code(), Some(0));
    assert!(std::fs::read_to_string(path("old")).expect("it is there").ends_with("}\n"));
    assert!(std::fs::read_to_string(path("new")).expect("it is there").contains("<testsuites"));
}

/// A subject that writes and calls, and gets everything wrong in another way.
const WRITER_AND_CALLER: &str = r#"read -r _
echo '{"hello":{"name":"broken","encodes":{"xmlrpc":["spec"]},"calls_over":["tcp"]}}'
while read -r line; do
    id=${line#*'"id":"'}; id=${id%%'"'*}
    case $id in
        xmlrpc/write-string-less-than) answer='"document":"PD94bWwgdmVyc2lvbj0iMS4wIj8+CjxtZXRob2RSZXNwb25zZT4KPHBhcmFtcz4KPHBhcmFtPjx2YWx1ZT48c3RyaW5nPmE8Yjwvc3RyaW5nPjwvdmFsdWU+PC9wYXJhbT4KPC9wYXJhbXM+CjwvbWV0aG9kUmVzcG9uc2U+Cg=="';;
        xmlrpc/write-string-spaces-around) answer='"document":"PD94bWwgdmVyc2lvbj0iMS4wIj8+CjxtZXRob2RSZXNwb25zZT4KPHBhcmFtcz4KPHBhcmFtPjx2YWx1ZT48c3RyaW5nPmEgYjwvc3RyaW5nPjwvdmFsdWU+PC9wYXJhbT4KPC9wYXJhbXM+CjwvbWV0aG9kUmVzcG9uc2U+Cg=="';;
        xmlrpc/write-string-nul) answer='"document":"PD94bWwgdmVyc2lvbj0iMS4wIj8+CjxtZXRob2RSZXNwb25zZT4KPHBhcmFtcz4KPHBhcmFtPjx2YWx1ZT48c3RyaW5nPmFiPC9zdHJpbmc+PC92YWx1ZT48L3BhcmFtPgo8L3BhcmFtcz4KPC9tZXRob2RSZXNwb25zZT4K"';;
        xmlrpc/write-int-largest) answer='"reject":"too large"';;
        xmlrpc/write-nil) answer='"document":"PD94bWwgdmVyc2lvbj0iMS4wIj8+CjxtZXRob2RSZXNwb25zZT4KPHBhcmFtcz4KPHBhcmFtPjx2YWx1ZT48bmlsLz48L3ZhbHVlPjwvcGFyYW0+CjwvcGFyYW1zPgo8L21ldGhvZFJlc3BvbnNlPgo="';;
        calls/status-500-with-value) answer='"values":[{"response":{"string":"South Dakota"}}]';;
        calls/reply-value) answer='"error":"status 200"';;
        calls/fault-plain) answer='"values":[{"response":{"string":"Too many parameters."}}]';;
        calls/reply-int) answer='"values":[{"response":{"int":"7"}}]';;
        *) answer='"values":[]';;
    esac
    echo "{\"id\":\"$id\",$answer}"
done"#;

#[test]
fn writers_and_callers_are_told_what_is_wrong() {
    let ids = [
        "xmlrpc/write-string-less-than",
        "xmlrpc/write-string-spaces-around",
        "xmlrpc/write-string-nul",
        "xmlrpc/write-int-largest",
        "xmlrpc/write-nil",
        "calls/status-500-with-value",
        "calls/reply-value",
        "calls/fault-plain",
        "calls/reply-int",
        "calls/request-post",
    ];
    let mut arguments = vec!["test"];
    arguments.extend(ids.iter().flat_map(|id| ["--filter", id]));
    arguments.extend(["--", "sh", "-c", WRITER_AND_CALLER]);
    let all = transcript(&arguments, b"").replace(WRITER_AND_CALLER, "SCRIPT");
    // The command that repeats a case holds the whole script.
    let mut pieces = all.split("  repeat  ");
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    shown.extend(pieces.map(|piece| piece.split_once("\ndone'\n").map_or(piece, |(_, rest)| rest)));
    let _guard = snapshots();
    insta::assert_snapshot!("report-writing-and-calling", shown);
}

/// A case with characters that a terminal would not show as they are.
#[test]
fn json_on_standard_output_is_json() {
    const REFUSES: &str = r#"read -r _; echo '{"hello":{"name":"no","decodes":{"xmlrpc":["spec"]}}}'
while read -r line; do id=${line#*'"id":"'}; id=${id%%'"'*}; echo "{\"id\":\"$id\",\"reject\":\"e\u0301\u202e\"}"; done"#;
    let words = ["test", "--filter", "xmlrpc/fault-string-accents", "--report", "jsonl", "--", "sh", "-c", REFUSES];
    let output = run(&words, b"").stdout;
    let lines: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    let evidence = &lines[2]["evidence"];
    assert_eq!(evidence["got"], "rejected: e\\u{301}\\u{202e}");
    assert!(evidence["wanted"].as_str().is_some_and(|wanted| wanted.contains("e\u{301}")), "{evidence}");
}
