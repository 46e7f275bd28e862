//! How a run is done: which cases, in which order, by how many copies, with which baseline, and the reports on it.

use std::path::Path;
use std::process::Command;

use crate::cli::{HARNESS, path, run, snapshots, transcript, transcript_in};

/// A subject that reads some S-expressions and knows nothing of quotes; it answers `flaky` ids wrongly once.
const SUBJECT: &str = r#"read -r _
echo '{"hello":{"name":"half","version":"1","decodes":{"sexpr":["strict","libvirt"]}}}'
while read -r line; do
    id=${line#*'"id":"'}; id=${id%%'"'*}
    case $id in
        sexpr/list-empty) echo "{\"id\":\"$id\",\"values\":[{\"list\":[]}]}";;
        sexpr/quote-none) [ -e "$0.asked" ] && echo "{\"id\":\"$id\",\"unsupported\":\"no\"}" || { : >"$0.asked"; exit 1; };;
        sexpr/quote-*) echo "{\"id\":\"$id\",\"values\":[{\"atom\":\"?\"}]}";;
        *) echo "{\"id\":\"$id\",\"reject\":\"no\"}";;
    esac
done
"#;

struct Subject(tempfile::TempDir);

impl Subject {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("subject"), SUBJECT).expect("it is written");
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        path(&self.0.path().join(name)).to_owned()
    }

    /// Runs `test` with these options on some cases.
    fn shown(&self, options: &[&str]) -> String {
        let script = self.file("subject");
        let filter = ["--filter", "sexpr/{list-empty,list-nested,list-unterminated*,quote-*}"];
        transcript_in(self.0.path(), &[&["test"], options, &filter, &["--", "sh", &script]].concat(), b"")
    }

    fn report(&self, name: &str, options: &[&str]) -> String {
        let report = format!("jsonl={}", self.file(name));
        self.shown(&[options, &["--report", &report]].concat());
        std::fs::read_to_string(self.file(name)).expect("it is written")
    }
}

#[test]
fn copies_and_order_change_no_report() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let one = subject.report("one", &[]);
    assert_eq!(one, subject.report("three", &["--jobs", "3"]));
    assert_eq!(one, subject.report("shuffled", &["--jobs", "2", "--seed", "17"]));
    let parts = ["1/2", "2/2"].map(|part| subject.report(&part.replace('/', "of"), &["--shard", part]));
    assert!(parts.iter().all(|part| part.lines().count() < one.lines().count()));
    let joined = run(&["report", &subject.file("1of2"), &subject.file("2of2"), "--report", "jsonl"], b"");
    assert_eq!(String::from_utf8(joined.stdout).expect("UTF-8"), one);
    // Two of three parts would hide what the third has found.
    for part in ["1/3", "3/3"] {
        subject.report(&part.replace('/', "of"), &["--shard", part]);
    }
    let cut = run(&["report", &subject.file("1of3"), &subject.file("3of3")], b"");
    let said = String::from_utf8_lossy(&cut.stderr).into_owned();
    assert_eq!((cut.status.code(), &*said), (Some(2), "error: the reports are no whole run: shard 2/3 is missing\n"));
}

/// One seed gives the same bytes of every report, however many copies answer.
#[test]
fn a_seed_and_copies_change_no_byte() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let formats = ["text", "junit", "jsonl", "tap", "markdown", "html", "badge"];
    let reports = |folder: &str, jobs: &str| {
        std::fs::create_dir(subject.file(folder)).expect("a folder");
        let wanted = formats.map(|format| format!("{format}={}", subject.file(&format!("{folder}/{format}"))));
        let options: Vec<_> = wanted.iter().flat_map(|wanted| ["--report", wanted]).collect();
        subject.shown(&[&["--strict", "--seed", "7", "--jobs", jobs], &options[..]].concat());
        formats.map(|format| std::fs::read_to_string(subject.file(&format!("{folder}/{format}"))).expect("it is there"))
    };
    let one = reports("one", "1");
    assert!(one[2].contains("\"verdict\":\"pass\"") && one[2].contains("\"verdict\":\"fail\""), "{}", one[2]);
    for (folder, jobs) in [("again", "1"), ("four", "4"), ("nine", "9")] {
        for ((format, one), other) in formats.iter().zip(&one).zip(reports(folder, jobs)) {
            assert_eq!(*one, other, "{format} of {jobs} copies");
        }
    }
}

/// A report of JSON lines makes each other report as the run itself does.
#[test]
fn every_report_is_made_of_json_lines() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let formats = ["junit", "tap", "markdown", "html", "badge"];
    let wanted = formats.map(|format| format!("{format}={}", subject.file(format)));
    let options: Vec<_> = wanted.iter().flat_map(|wanted| ["--report", wanted]).collect();
    subject.report("report", &options);
    for format in formats {
        let made = run(&["report", &subject.file("report"), "--report", format], b"").stdout;
        let direct = std::fs::read(subject.file(format)).expect("it is written");
        assert_eq!(String::from_utf8_lossy(&made), String::from_utf8_lossy(&direct), "{format}");
    }
    let read = |name: &str| {
        let text = std::fs::read_to_string(subject.file(name)).expect("it is written");
        text.replace(path(subject.0.path()), "DIR")
    };
    let svg = read("badge");
    assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
    let _guard = snapshots();
    insta::assert_snapshot!("report-tap", read("tap"));
    insta::assert_snapshot!("report-markdown", read("markdown"));
    insta::assert_snapshot!("report-badge", svg);
}

/// Loads a page in a headless Chromium, and returns what its scripts make of it; none where there is no Chromium.
fn loaded(folder: &Path, page: &str) -> Option<String> {
    let mut names = ["chromium", "chromium-browser", "google-chrome"].into_iter();
    let output = names.find_map(|name| {
        let data = format!("--user-data-dir={}", path(&folder.join("chromium")));
        let words =
            ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", &data, "--dump-dom", page];
        Command::new(name).args(words).output().ok()
    })?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The page shows its verdicts, filters them, and fits on a telephone with everything opened.
#[test]
fn the_page_works_in_a_browser() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let page = subject.file("page.html");
    subject.shown(&["--strict", "--report", &format!("html={page}")]);
    let Some(shown) = loaded(subject.0.path(), &format!("file://{page}#filter=quote-single@strict")) else {
        eprintln!("left out, for there is no Chromium");
        return;
    };
    assert!(shown.contains("<h1 id=\"subject\">half 1</h1>"), "{shown}");
    assert!(shown.contains("<p class=\"dim\" id=\"found\" aria-live=\"polite\">1 of "), "{shown}");
    assert!(shown.contains("<code>sexpr/quote-single@strict</code>"), "{shown}");
    let text = std::fs::read_to_string(&page).expect("it is written");
    let script = "frame.onload = () => { const page = frame.contentDocument; \
                  page.querySelectorAll('details').forEach(it => { it.open = true; it.dispatchEvent(new Event('toggle')); }); \
                  document.title = page.documentElement.scrollWidth + ' of 400, ' + page.querySelectorAll('dl').length; };";
    let data = serde_json::to_string(&text).expect("JSON").replace('<', "\\u003c");
    let frame =
        format!("<iframe id=frame width=400 height=800></iframe><script>{script} frame.srcdoc = {data};</script>");
    std::fs::write(subject.file("frame.html"), frame).expect("it is written");
    let narrow = loaded(subject.0.path(), &format!("file://{}", subject.file("frame.html"))).unwrap_or_default();
    let title = narrow.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    let width = title.split(' ').next().and_then(|width| width.parse::<u32>().ok());
    assert!(width.is_some_and(|width| width <= 400), "{title}");
    assert!(!title.ends_with(", 0"), "{title}");
}

#[test]
fn a_flaky_failure_fails_no_run() {
    let subject = Subject::new();
    let filter = ["--exclude", "*[!e]", "--exclude", "sexpr/list*", "--level", "must"];
    let shown = subject.shown(&[&filter[..], &["--retries", "1", "--rules", "strict"]].concat());
    assert!(!shown.contains("flaky"), "an answer that is no pass makes no failure flaky: {shown}");
}

/// A subject that dies once and is right when it is asked again.
#[test]
fn what_passes_at_a_retry_is_flaky() {
    let shown = |options: &[&str]| {
        let subject = Subject::new();
        let once = r#"[ -e "$0.asked" ] && echo "{\"id\":\"$id\",\"values\":[{\"list\":[]}]}" || { : >"$0.asked"; exit 1; };;"#;
        let script = SUBJECT.replace(r#"echo "{\"id\":\"$id\",\"values\":[{\"list\":[]}]}";;"#, once);
        std::fs::write(subject.file("subject"), script).expect("it is written");
        let script = subject.file("subject");
        let words = ["test", "--rules", "strict", "--filter", "sexpr/list-empty"];
        transcript_in(subject.0.path(), &[&words, options, &["--", "sh", &script]].concat(), b"")
    };
    let report = |format: &str| shown(&["--retries", "1", "--report", format]);
    let all = [shown(&["--retries", "2"]), report("junit"), report("tap"), shown(&[])];
    assert_eq!(all.each_ref().map(|shown| shown.ends_with("[exit 0]\n")), [true, true, true, false], "{all:?}");
    let _guard = snapshots();
    insta::assert_snapshot!("flaky", all.join("\n"));
}

#[test]
fn the_short_report_names_what_to_mend() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let shown = subject.shown(&["--details", "short", "--rules", "strict", "--exclude", "sexpr/list-*"]);
    assert!(shown.contains("What to mend first:\n  1. wrong-value, "), "{shown}");
}

/// `--details` says what the text tells, wherever it goes.
#[test]
fn a_file_has_the_details_that_are_asked_for() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let text = |details: &str| {
        let report = format!("text={}", subject.file(details));
        subject.shown(&["--rules", "strict", "--report", &report, "--details", details]);
        std::fs::read_to_string(subject.file(details)).expect("it is written")
    };
    let [short, some, all] = ["short", "some", "all"].map(text);
    assert!(short.starts_with("What to mend first:\n") && !short.contains("  source  "), "{short}");
    assert!(some.contains("; one of each group is shown in full") && some.contains("  also    "), "{some}");
    assert!(all.contains("; each is shown in full") && !all.contains("  also    "), "{all}");
}

/// One file has one report, however its path is spelt.
#[test]
fn two_reports_in_one_file_are_refused() {
    let subject = Subject::new();
    std::fs::create_dir(subject.file("sub")).expect("a folder");
    std::fs::write(subject.file("there.xml"), "").expect("it is written");
    std::os::unix::fs::symlink("there.xml", subject.file("link.xml")).expect("a link");
    let check = |one: &str, other: &str, is_refused: bool| {
        let words = [format!("junit={}", subject.file(one)), format!("jsonl={}", subject.file(other))];
        let shown = subject.shown(&["--rules", "strict", "--report", &words[0], "--report", &words[1]]);
        assert_eq!(shown.contains("both write to"), is_refused, "{one} {other}: {shown}");
        assert_eq!(shown.ends_with("[exit 2]\n"), is_refused, "{one} {other}: {shown}");
    };
    check("out.xml", "./out.xml", true);
    check("out.xml", "sub/../out.xml", true);
    check("there.xml", "link.xml", true);
    check("out.xml", "sub/out.xml", false);
    check("out.xml", "out.jsonl", false);
    let relative = transcript(&["test", "--report", "junit=new.xml", "--report", "jsonl=./new.xml"], b"");
    assert!(relative.contains("both write to ./new.xml"), "{relative}");
}

/// A baseline may serve several runs: what this one does not choose from is not stale.
#[test]
fn entries_for_what_is_not_asked_are_not_stale() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let lines = [
        "serving/echo-int",
        "laws/*@sxp+tcp",
        "calls/reply-value@tls",
        "xmlrpc/int-plus@extended",
        "failures/*",
        "3.0.3/sxp/*",
    ];
    let lines: String = lines.iter().map(|key| format!("'{key}' = 'known elsewhere'\n")).collect();
    let baseline = subject.file("known.toml");
    std::fs::write(&baseline, lines).expect("it is written");
    subject.report("first.jsonl", &[]);
    let failed = subject.file("first.jsonl");
    let choices: [&[&str]; 7] = [
        &[],
        &["--suite", "reading"],
        &["--rules", "strict"],
        &["--failed", &failed],
        &["--shard", "1/2"],
        &["--level", "must"],
        &["--tag", "sexpr/list"],
    ];
    for choice in choices {
        let shown = subject.shown(&[&["--baseline", &baseline], choice].concat());
        assert!(shown.contains(" unexpected\n") && !shown.contains("matches no case"), "{choice:?}: {shown}");
    }
    let script = subject.file("subject");
    let asked = |key: &str| {
        std::fs::write(&baseline, format!("'{key}' = 'why'\n")).expect("it is written");
        let words = ["test", "--filter", "sexpr/list-empty@strict", "--baseline", &baseline, "--", "sh", &script];
        transcript_in(subject.0.path(), &words, b"")
    };
    for key in ["serving/echo-in", "calls/*-nosuch", "sexpr/list-empty@spec"] {
        assert!(asked(key).contains("this entry of the baseline matches no case"), "{key}");
    }
    let good = asked("serving/echo-*");
    assert!(good.ends_with("[exit 0]\n"), "{good}");
}

/// A report may come from another program, by a pipe.
#[test]
fn a_report_is_read_from_standard_input() {
    let subject = Subject::new();
    let report = subject.report("report", &["--rules", "strict"]);
    let read = run(&["report", "-", "--report", "jsonl"], report.as_bytes());
    assert_eq!(String::from_utf8(read.stdout).expect("UTF-8"), report);
    let none = run(&["report", "-"], b"");
    let said = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(none.status.code() == Some(2) && said.contains("standard input:1"), "{said}");
}

#[test]
fn a_hello_of_another_protocol_is_refused() {
    let hello = |protocol: &str| {
        let script = format!(
            r#"read -r _; echo '{{"hello":{{"protocol":{protocol},"name":"sh","decodes":{{"sexpr":["strict"]}}}}}}'; cat >/dev/null"#
        );
        let words = ["test", "--filter", "sexpr/list-empty", "--timeout", "2", "--", "sh", "-c", &script];
        transcript(&words, b"")
    };
    let why = "and protocol 1 is understood";
    for other in ["7", "\"1\"", "1.5"] {
        let shown = hello(other);
        assert!(shown.contains(&format!("the hello is of protocol {other}, {why}")), "{shown}");
    }
    let good = hello("1");
    assert!(!good.contains(why) && good.contains("sexpr/list-empty"), "{good}");
    let asked = transcript(&["subject"], b"{\"hello\":{\"protocol\":7}}\n");
    assert!(asked.contains(&format!("line 1 of standard input is a hello of protocol 7, {why}")), "{asked}");
    assert!(transcript(&["subject"], b"{ \"hello\": { \"protocol\": 1 } }\n").contains("\"decodes\""));
}

#[test]
fn a_run_ends_at_its_first_failure() {
    let subject = Subject::new();
    let shown = |jobs: &str| subject.shown(&["--fail-fast", "--rules", "strict", "--jobs", jobs]);
    let one = shown("1");
    assert!(one.contains(" not asked; 1 unexpected"), "{one}");
    assert_eq!(one.replace("--jobs 1", ""), shown("3").replace("--jobs 3", ""));
}

/// What fails now goes into the baseline; the next run is as expected, and asks what failed when it is told to.
#[test]
fn a_baseline_is_written_and_kept() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let baseline = subject.file("known.toml");
    let known = ["--baseline", &*baseline, "--strict"];
    let report = subject.report("before", &["--strict"]);
    let written = subject.shown(&[&known[..], &["--update-baseline", "--quiet"]].concat());
    let text = std::fs::read_to_string(&baseline).expect("it is written");
    let after = subject.shown(&[&known[..], &["--quiet"]].concat());
    assert!(after.ends_with("0 unexpected\n[exit 0]\n"), "{after}");
    let again = subject.shown(&[&known[..], &["--update-baseline", "--quiet"]].concat());
    assert_eq!(std::fs::read_to_string(&baseline).expect("it is there"), text, "{again}");
    let failed = subject.shown(&["--failed", &subject.file("before"), "--quiet", "--strict"]);
    let unexpected = report.lines().filter(|line| line.contains("\"unexpected\":true")).count();
    assert!(failed.contains(&format!("; {unexpected} unexpected")), "{failed}");
    let _guard = snapshots();
    insta::assert_snapshot!("baseline-updated", format!("{written}{text}{after}"));
}

/// A path that can't be written is told before the subject is asked anything.
#[test]
fn a_baseline_that_can_not_be_written_costs_no_run() {
    let subject = Subject::new();
    let shown = subject.shown(&["--baseline", "/nowhere/at/all", "--update-baseline"]);
    assert!(shown.ends_with("error: /nowhere/at/all: No such file or directory (os error 2)\n[exit 2]\n"), "{shown}");
    assert!(!Path::new(&subject.file("subject.asked")).exists(), "{shown}");
}

/// What a run was not to ask stays in the baseline, and fails no run; an entry for no case at all does.
#[test]
fn a_baseline_keeps_entries_for_other_suites_and_rules() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let baseline = subject.file("known.toml");
    let elsewhere = "\"calls/*\" = \"another suite\"\n\"xmlrpc/int-*@spec\" = \"another codec\"\n\
                     \"sexpr/quote-*@libvirt\" = \"other rules\"\n\"sexpr/quote-*@xend-4.1\" = \"never declared\"\n";
    let text = format!("{elsewhere}\"sexpr/none\" = \"renamed\"\n");
    std::fs::write(&baseline, &text).expect("it is written");
    let asked = ["test", "--suite", "reading", "--rules", "strict", "--filter", "sexpr/list-empty"];
    let script = subject.file("subject");
    let shown =
        |options: &[&str]| transcript_in(subject.0.path(), &[&asked, options, &["--", "sh", &script]].concat(), b"");
    let stale = shown(&["--baseline", &baseline]);
    assert!(stale.contains("; 1 unexpected") && stale.contains("known.toml:5:1"), "{stale}");
    let updated = shown(&["--baseline", &baseline, "--update-baseline"]);
    let done = "removed: sexpr/none\nDIR/known.toml: 0 entries added, 1 removed, 0 narrowed\n";
    assert!(updated.contains(done), "{updated}");
    assert!(updated.contains("; 0 unexpected\n") && !updated.contains("error"), "{updated}");
    assert_eq!(std::fs::read_to_string(&baseline).expect("it is there"), elsewhere);
    let after = shown(&["--baseline", &baseline]);
    assert!(after.ends_with("; 0 unexpected\n[exit 0]\n"), "{after}");
}

/// A file in which an update would make a mistake stays as it is.
#[test]
fn a_baseline_that_an_update_would_break_is_kept() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    let baseline = subject.file("known.toml");
    let text = "[\"sexpr/list-{empty,nested}\"]\nreason = \"an entry on two lines\"\n";
    std::fs::write(&baseline, text).expect("it is written");
    let shown = subject.shown(&["--baseline", &baseline, "--update-baseline", "--quiet"]);
    assert_eq!(std::fs::read_to_string(&baseline).expect("it is there"), text, "{shown}");
    let _guard = snapshots();
    insta::assert_snapshot!("baseline-not-updated", shown);
}

#[test]
fn runs_side_by_side() {
    let subject = Subject::new();
    std::fs::write(subject.file("subject.asked"), "").expect("it is written");
    subject.report("half.jsonl", &["--rules", "strict"]);
    let own = format!("jsonl={}", subject.file("own.jsonl"));
    run(&["test", "--rules", "strict", "--filter", "sexpr/{list-*,quote-*}", "--report", &own], b"");
    let files = [subject.file("half.jsonl"), subject.file("own.jsonl")];
    let shown = |words: &[&str]| transcript_in(subject.0.path(), &[&["grid"], words].concat(), b"");
    let beside = shown(&[&files[0], &files[1]]);
    // The survey has documents of XML-RPC only.
    let refuses = subject.file("refuses.jsonl");
    let script = SUBJECT.replace(r#""sexpr":["strict","libvirt"]"#, r#""xmlrpc":["spec"]"#);
    let report = format!("jsonl={refuses}");
    let words = ["test", "--filter", "xmlrpc/{bool-true,int-plus,nil}", "--report", &report, "--", "sh", "-c", &script];
    assert_eq!(run(&words, b"").status.code(), Some(1));
    let lone = [shown(&[&refuses, "--with", "survey"]), shown(&[&refuses])].join("\n");
    assert!(lone.contains("[exit 0]") && lone.ends_with("[exit 2]\n"), "{lone}");
    let _guard = snapshots();
    insta::assert_snapshot!("grid", format!("{beside}\n{lone}"));
}

#[test]
fn mistakes_in_reports_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.jsonl");
    let head = r#"{"run":{"format":1,"suite":"0.1.0","subject":"x"}}"#;
    let texts = [
        String::new(),
        "{}\n".to_owned(),
        "nonsense\n".to_owned(),
        r#"{"run":{"format":9,"suite":"9","subject":"x"}}"#.to_owned(),
        format!("{head}\n{head}\n"),
        format!("{head}\n{{\"suite\":\"reading\",\"id\":\"a\",\"verdict\":\"splendid\",\"unexpected\":false}}\n"),
        format!("{head}\n{{\"suite\":\"reading\",\"id\":\"a\",\"verdict\":\"pass\"}}\n"),
        format!("{head}\n{{\"suite\":\"reading\",\"id\":\"a\",\"verdict\":\"pass\",\"unexpected\":false}}\n"),
    ];
    let shown = texts.map(|text| {
        std::fs::write(&file, text).expect("it is written");
        transcript_in(folder.path(), &["report", path(&file)], b"")
    });
    let _guard = snapshots();
    insta::assert_snapshot!("report-mistakes", shown.join("\n"));
}

/// Every mistake that a first adapter has is named.
#[test]
fn smoke() {
    let hello = r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strict"]}}}'"#;
    let good = r#"{"id":"smoke/good","values":[{"list":[{"atom":"a"},{"atom":"b"}]}]}"#;
    let bad = r#"{"id":"smoke/bad","reject":"cut off"}"#;
    let smoke = |script: &str| transcript(&["smoke", "--timeout", "2", "--", "sh", "-c", script], b"");
    let kept = |rest: &str| smoke(&format!("read -r _; {hello}; {rest}"));
    let answers = |first: &str, second: &str| kept(&format!("read -r _; {first}; read -r _; {second}; cat >/dev/null"));
    let right = format!("echo '{bad}'");
    let all = [
        answers(&format!("echo '{good}'"), &right),
        smoke("echo 'no such library' >&2; exit 1"),
        smoke("sleep 60"),
        smoke(&format!("cat >/dev/null; {hello}")),
        smoke("echo Loading the library ...; cat >/dev/null"),
        smoke("cat"),
        smoke(r#"echo '{"reject":"no document"}'"#),
        smoke(r#"echo '{"hello":{"name":"sh","decode":{"sexpr":["strict"]}}}'"#),
        kept("read -r _; exit 0"),
        answers("echo reading", &right),
        answers(r#"echo '{"values":[]}'"#, &right),
        answers(r#"echo '{"id":"1","values":[]}'"#, &right),
        answers(r#"echo '{"id":"smoke/good","reject":"unexpected K"}'"#, &right),
        answers(r#"echo '{"id":"smoke/good","values":[{"atom":"a"}]}'"#, &right),
        answers(r#"echo '{"id":"smoke/good","values":["a"]}'"#, &right),
        // Both lines are written at once, so that they are read at once.
        answers(&format!("printf '%s\\n' '{good}' '{good}'"), &right),
        answers(&format!("echo '{good}'"), r#"echo '{"id":"smoke/bad","values":[]}'"#),
        answers(&format!("printf '%s' '{good}'"), &right),
        answers(r#"echo '{"id":"smoke/good","document":"KGEp"}'"#, &right),
        smoke("for line in $(seq 45); do echo $line >&2; done; exit 1"),
    ];
    let _guard = snapshots();
    insta::assert_snapshot!("smoke", all.join("\n").trim_end());
}

/// The same for commands that write, call and operate.
#[test]
fn smoke_of_other_questions() {
    let operates =
        r#""operates":{"schemes":["sxp+tcp"],"releases":["4.1"],"operations":["domain.list"],"codes":false}"#;
    let check = |declares: &str, answer: &str, expect: &str| {
        let hello = format!(r#"{{"hello":{{"name":"sh",{declares}}}}}"#);
        let script = format!("read -r _; echo '{hello}'; read -r _; echo '{answer}'; cat >/dev/null");
        let said = transcript(&["smoke", "--timeout", "2", "--", "sh", "-c", &script], b"");
        assert!(said.contains(expect), "{declares} {answer}: {said}");
        assert!(said.ends_with("[exit 0]\n") == expect.starts_with("ok"), "{said}");
    };
    let encodes = r#""encodes":{"sexpr":["strict"]}"#;
    check(encodes, r#"{"id":"smoke/value","document":"KGEgYik="}"#, "ok     sexpr by strict, a value");
    check(encodes, r#"{"id":"smoke/value","document":"KGEgYyk="}"#, "the document means something else");
    check(encodes, r#"{"id":"smoke/value","document":"KGE="}"#, "the document can't be read");
    check(encodes, r#"{"id":"smoke/value","reject":"a list?"}"#, "the simplest value is refused");
    let calls = r#""calls_over":["tcp"]"#;
    check(calls, r#"{"id":"smoke/call","error":"refused"}"#, "a call over tcp: no request arrives");
    let value = r#"{"id":"smoke/call","values":[{"response":{"string":"South Dakota"}}]}"#;
    check(calls, value, "a call over tcp: no request arrives");
    check(operates, r#"{"id":"smoke/operate","done":{"names":[]}}"#, "it is done, and no request arrives");
    check(operates, r#"{"id":"smoke/operate","error":{"message":"no"}}"#, "sxp+tcp of 4.1: no request arrives");
    let engine = r#""engine":{"operations":["domain.list"],"codes":false}"#;
    check(engine, r#"{"id":"smoke/engine","done":{"names":[]}}"#, "ok     domain.list of the engine");
    check(engine, r#"{"id":"smoke/engine","done":{}}"#, "the list has no names");
    check(engine, r#"{"id":"smoke/engine","unsupported":"no"}"#, "ok     domain.list of the engine");
}

/// The same for a command that is started for each document.
#[test]
fn smoke_of_one_document_a_run() {
    let smoke = |options: &[&str], script: &str| {
        let words = ["smoke", "--once", "--timeout", "2"];
        transcript(&[&words, options, &["--", "sh", "-c", script]].concat(), b"")
    };
    let sexpr = ["--codec", "sexpr"];
    let right = r#"read -r text; case $text in "(a b)") echo '{"values":[{"list":[{"atom":"a"},{"atom":"b"}]}]}';; *) echo '{"reject":"cut off"}';; esac"#;
    let either = format!(r#"[ $XEND_CODEC = sexpr ] || {{ echo '{{"unsupported":"no XML"}}'; exit; }}; {right}"#);
    let all = [
        smoke(&sexpr, right),
        smoke(&[], &either),
        // One that reads a single codec and is not told so.
        smoke(&[], right),
        smoke(
            &[],
            r#"case $(cat) in *"</methodResponse>") echo '{"values":[{"response":{"int":"41"}}]}';; *) echo '{"reject":"cut off"}';; esac"#,
        ),
        smoke(&[], r#"echo '{"unsupported":"nothing"}'"#),
        smoke(&sexpr, "echo 'no such library' >&2; exit 1"),
        smoke(&sexpr, "sleep 60"),
        smoke(&sexpr, "echo reading"),
        smoke(&sexpr, r#"echo '{"values":[]}'"#),
        smoke(&sexpr, r#"echo '{"reject":"no"}'"#),
        smoke(&sexpr, r#"echo '{"accept":true}'"#),
    ];
    let _guard = snapshots();
    insta::assert_snapshot!("smoke-once", all.join("\n").trim_end());
}

/// The first run of a parser that was written in an afternoon: its first screen and its last ten lines.
#[test]
fn a_first_run_says_what_to_mend_first() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out, for there is no python3");
        return;
    }
    let parser = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/regex_parser.py");
    let output = run(&["test", "--", "python3", parser], b"");
    let text = String::from_utf8(output.stdout).expect("UTF-8").replace(parser, "regex_parser.py");
    let lines: Vec<_> = text.lines().collect();
    let (screen, last) = (&lines[..40], &lines[lines.len() - 10..]);
    let _guard = snapshots();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(
        r"\b\d+ (case|failing|group|more|verdict|pass|fail|wrong|invalid|unsupp|unexp|skip|failure|because)",
        "N $1",
    );
    settings.add_filter(r"\(0 of \d+\)", "(0 of N)");
    let _filters = settings.bind_to_scope();
    assert!(
        last.iter().chain(screen).filter(|line| line.trim_start().starts_with("never read: struct (0 of ")).count()
            == 2
    );
    insta::assert_snapshot!("first-run", format!("{}\n[...]\n{}", screen.join("\n"), last.join("\n")));
}

#[test]
fn workflows_are_written() {
    for service in ["github", "gitlab", "make"] {
        let folder = tempfile::tempdir().expect("a folder");
        let init = || {
            let words = ["init", service, "--", "python3", "my parser.py"];
            let output = Command::new(HARNESS).args(words).current_dir(folder.path()).output().expect("it runs");
            (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        };
        let (first, second) = (init(), init());
        assert_eq!((first.0, second.0), (Some(0), Some(2)), "{first:?} {second:?}");
        let written = first.1.lines().next().and_then(|line| line.strip_prefix("wrote ")).expect("a file");
        let text = std::fs::read_to_string(folder.path().join(written)).expect("it is written");
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        assert!(Path::new(&folder.path().join("conformance.toml")).exists());
        let _guard = snapshots();
        insta::assert_snapshot!(format!("init-{service}"), format!("{}{}\n{text}", first.1, second.1));
    }
}

/// A signal ends a run, and what came so far is told.
#[test]
fn what_came_before_a_signal_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, report) = (folder.path().join("subject"), folder.path().join("report.jsonl"));
    let text =
        SUBJECT.replace("sexpr/quote-none)", "sexpr/list-nested) echo >\"$0.asked\"; sleep 60;; sexpr/quote-none)");
    std::fs::write(&script, text).expect("it is written");
    let mut harness = Command::new(HARNESS);
    let words = ["test", "--rules", "strict", "--timeout", "50", "--filter", "sexpr/list-*", "--report"];
    let mut harness = harness
        .args(words)
        .args([&format!("jsonl={}", path(&report)), "--", "sh", path(&script)])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it is built");
    let asked = folder.path().join("subject.asked");
    while !asked.exists() {
        assert!(harness.try_wait().expect("it is waited for").is_none(), "it ended early");
        std::thread::yield_now();
    }
    let kill = Command::new("kill").args(["-INT", &harness.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = harness.wait_with_output().expect("it ends");
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*said), (Some(3), "error: interrupted\n"));
    assert!(shown.contains(" not asked; "), "{shown}");
    let lines = std::fs::read_to_string(report).expect("it is written");
    assert!(
        lines.contains("\"id\":\"sexpr/list-empty\"") && lines.contains("\"interrupted\":\"interrupted\""),
        "{lines}"
    );
}

/// Each line of the report is as its schema says.
#[test]
fn the_schema_is_true() {
    let script = "import json, sys, jsonschema\n\
                  check = jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate\n\
                  [check(json.loads(line)) for line in open(sys.argv[2])]";
    let has = Command::new("python3").args(["-c", "import jsonschema"]).output().is_ok_and(|it| it.status.success());
    if !has {
        eprintln!("left out, for there is no python3 with jsonschema");
        return;
    }
    let subject = Subject::new();
    std::fs::write(subject.file("known.toml"), "'sexpr/none' = 'gone'\n'sexpr/quote-single' = 'quotes'\n")
        .expect("written");
    subject.report("report", &["--baseline", &subject.file("known.toml"), "--timing"]);
    std::fs::write(subject.file("schema"), run(&["report", "--schema"], b"").stdout).expect("it is written");
    let checked =
        Command::new("python3").args(["-c", script, &subject.file("schema"), &subject.file("report")]).output();
    let checked = checked.expect("python3 runs");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
