//! Subjects that misbehave: each gets its verdict, and the run goes on.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::{HARNESS, judge, path};

/// The hello of a subject that is a shell script and reads S-expressions.
const HELLO: &str = r#"echo '{"hello":{"name":"sh","decodes":{"sexpr":["strict"]}}}'"#;

/// The right answers to the two cases that these subjects are asked.
const ANSWER: &str = r#"answer() { case $1 in
    sexpr/list-empty) echo '{"id":"sexpr/list-empty","values":[{"list":[]}]}';;
    sexpr/quote-single) echo '{"id":"sexpr/quote-single","values":[{"list":[{"atom":"a b"}]}]}';;
esac; }"#;

/// Tests a shell script by two cases and checks the verdicts on both; `hello VERDICT` if the script fails before the
/// first case.
#[track_caller]
fn check(script: &str, options: &[&str], expect: &str) {
    check_all(script, &[&["--filter", "sexpr/list-empty", "--filter", "sexpr/quote-single"], options].concat(), expect);
}

#[track_caller]
fn check_all(script: &str, options: &[&str], expect: &str) {
    let (exit, lines) = judge(options, &["sh", "-c", script]);
    let verdicts: Vec<_> = lines
        .iter()
        .map(|line| match line["id"].as_str().expect("an id") {
            "hello" => format!("hello {}", line["verdict"].as_str().expect("a verdict")),
            _ => line["verdict"].as_str().expect("a verdict").to_owned(),
        })
        .collect();
    assert_eq!(verdicts.join(", "), expect, "{script}\n{lines:#?}");
    let count = |wanted: &str| verdicts.iter().filter(|verdict| *verdict == wanted).count();
    let expected_exit = match (count("pass"), count("unsupported")) {
        (0, unsupported) if unsupported == verdicts.len() => 2,
        (passed, unsupported) => i32::from(passed + unsupported != verdicts.len()),
    };
    assert_eq!(exit, expected_exit, "{script}");
}

/// A subject that is kept alive and runs `each` with the `$id` of each question.
fn kept_alive(each: &str) -> String {
    let loop_ = r#"while read -r line; do id=${line#*'"id":"'}; id=${id%%'"'*}"#;
    format!("{ANSWER}\nread -r _; {HELLO}\n{loop_}; {each}; done")
}

/// Runs `each` for one of the two cases, and answers the other correctly.
fn for_one(each: &str) -> String {
    kept_alive(&format!(r#"if [ "$id" = sexpr/list-empty ]; then {each}; else answer "$id"; fi"#))
}

#[test]
fn a_good_one_passes() {
    check(&kept_alive("answer $id"), &[], "pass, pass");
}

#[test]
fn a_wrong_answer_does_not_matter_to_the_next() {
    check(&for_one(r#"echo "{\"id\":\"$id\",\"values\":[]}""#), &[], "wrong-value, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\",\"reject\":\"no\"}""#), &[], "fail, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\",\"unsupported\":\"no\"}""#), &[], "unsupported, pass");
}

#[test]
fn one_that_dies_is_started_again() {
    check(&for_one("exit 3"), &[], "crash, pass");
    check(&for_one("exit 0"), &[], "crash, pass");
    check(&for_one("kill -SEGV $$"), &[], "crash, pass");
    // The subject answers, and has ended when it is asked again.
    check(&kept_alive("answer $id; exit 0"), &[], "pass, crash");
    // A process that the subject started keeps the pipe open.
    check(&for_one("sleep 60 & exit 1"), &[], "crash, pass");
}

/// If the command does not exist any more when it is to be started again, that is not the subject's fault.
#[test]
fn one_that_can_not_be_started_again_is_not_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let command = folder.path().join("subject");
    std::os::unix::fs::symlink("/bin/sh", &command).expect("a link");
    let script = kept_alive(&format!("rm {}; exit 1", command.display()));
    let filter = ["--filter", "sexpr/list-empty", "--filter", "sexpr/quote-single"];
    let (exit, lines) = judge(&filter, &[path(&command), "-c", &script]);
    let verdicts: Vec<_> = lines.iter().map(|line| line["verdict"].as_str().expect("a verdict")).collect();
    assert_eq!((exit, &verdicts[..]), (3, &["crash", "harness-error"][..]));
}

#[test]
fn one_that_hangs_is_started_again() {
    check(&for_one("sleep 60"), &["--timeout", "1"], "timeout, pass");
}

#[test]
fn one_that_closes_its_output_has_crashed() {
    check(&for_one("exec >&-; sleep 60"), &[], "crash, pass");
}

#[test]
fn one_that_does_not_read_times_out() {
    let script = format!("{HELLO}; sleep 60");
    check(&script, &["--timeout", "1"], "timeout, timeout");
    // The output is longer than the buffer of a pipe.
    let hello = HELLO.replace(r#""sexpr":["strict"]"#, r#""xmlrpc":["spec"]"#);
    check_all(&format!("{hello}; sleep 60"), &["--filter", "xmlrpc/wide-100k", "--timeout", "1"], "timeout");
}

#[test]
fn nonsense_is_no_answer() {
    check(&for_one("echo nonsense"), &[], "invalid-answer, pass");
    check(&for_one("echo"), &[], "invalid-answer, pass");
    check(&for_one("echo '{}'"), &[], "invalid-answer, pass");
    check(&for_one(r"printf '\377\n'"), &[], "invalid-answer, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\"}""#), &[], "invalid-answer, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\",\"values\":[],\"reject\":\"\"}""#), &[], "invalid-answer, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\",\"value\":[]}""#), &[], "invalid-answer, pass");
    check(&for_one(r#"echo "{\"id\":\"$id\",\"values\":[{\"int\":\"1\"}]}""#), &[], "invalid-answer, pass");
}

#[test]
fn another_id_is_no_answer() {
    check(&for_one(r#"echo '{"id":"sexpr/other","values":[]}'"#), &[], "invalid-answer, pass");
    check(&for_one(r#"echo '{"values":[{"list":[]}]}'"#), &[], "invalid-answer, pass");
}

#[test]
fn one_answer_too_many_spoils_the_answer() {
    check(&kept_alive("answer $id; answer $id"), &[], "invalid-answer, invalid-answer");
    check(&for_one("answer $id; answer $id"), &[], "invalid-answer, pass");
    // The extra output comes late, when the next question is on its way or when there is none.
    check(&for_one("answer $id; sleep 0.1; answer $id"), &[], "invalid-answer, pass");
    check(&kept_alive("answer $id; sleep 0.1; answer $id"), &[], "invalid-answer, invalid-answer");
}

#[test]
fn a_flood_is_stopped() {
    let patient = ["--timeout", "25"];
    check(&for_one("yes | tr -d '\\n'"), &patient, "resource-limit, pass");
    check(&for_one("yes"), &patient, "invalid-answer, pass");
    check(&for_one("yes >&2"), &["--timeout", "1"], "timeout, pass");
    check(&kept_alive("yes | head -c 1000000 >&2; answer $id"), &patient, "pass, pass");
}

#[test]
fn no_hello_is_a_verdict() {
    check("exit 3", &[], "hello crash");
    check("sleep 60", &["--timeout", "1"], "hello timeout");
    check("exec >&-; sleep 60", &[], "hello crash");
    check("echo hello", &[], "hello invalid-answer");
    check("yes | tr -d '\\n'", &["--timeout", "25"], "hello resource-limit");
    let hello =
        |decodes: &str, more: &str| format!(r#"echo '{{"hello":{{"name":"sh","decodes":{decodes}{more}}}}}'; cat"#);
    check(&hello("{}", ""), &[], "hello invalid-answer");
    check(&hello(r#"{"sexpr":["strikt"]}"#, ""), &[], "hello invalid-answer");
    check(&hello(r#"{"json":["strict"]}"#, ""), &[], "hello invalid-answer");
    check(&hello(r#"{"sexpr":["strict"]}"#, r#","features":["telepathy"]"#), &[], "hello invalid-answer");
}

#[test]
fn one_that_accepts_a_truncated_document_fails() {
    let script = kept_alive(r#"echo "{\"id\":\"$id\",\"values\":[]}""#);
    check_all(&script, &["--filter", "sexpr/list-unterminated-at-open"], "fail");
}

#[test]
fn what_it_started_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let script = for_one(&format!("sleep 60 & echo $! >{}; wait", file.display()));
    check(&script, &["--timeout", "1"], "timeout, pass");
    assert_gone(&file);
}

/// A process that leaves its process group and loses its parent ends with the run, too, however the run ends.
#[test]
fn what_made_a_session_of_its_own_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let daemon = format!("(setsid sh -c 'echo $$ >{0}.new; mv {0}.new {0}; exec sleep 1000' &)", file.display());
    let until_there = format!("{daemon}; until [ -e {} ]; do :; done", file.display());
    check(&for_one(&format!("{until_there}; exit 1")), &[], "crash, pass");
    assert_gone(&file);
    std::fs::remove_file(&file).expect("it is there");
    check(&kept_alive(&format!("[ -e {} ] || {{ {until_there}; }}; answer $id", file.display())), &[], "pass, pass");
    assert_gone(&file);
    std::fs::remove_file(&file).expect("it is there");
    let once = format!("cat >/dev/null; {until_there}; echo '{{\"unsupported\":\"no\"}}'");
    check(&once, &["--once", "--codec", "sexpr"], "unsupported, unsupported");
    assert_gone(&file);
}

#[test]
fn too_much_memory_is_a_verdict() {
    // The shell keeps the whole text in a variable, which uses memory.
    let hog = "x=$(head -c 150000000 /dev/zero | tr '\\0' x); sleep 60";
    check(&for_one(hog), &["--memory", "100", "--timeout", "50"], "resource-limit, pass");
    check(&for_one(&format!("({hog}) & wait")), &["--memory", "100", "--timeout", "50"], "resource-limit, pass");
}

/// It is stopped while it fills its pages, and the machine has as much memory as before.
#[test]
fn ten_gigabytes_at_once_are_a_verdict() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out, for there is no python3");
        return;
    }
    let hog = "python3 -c 'x = b\"x\" * (10 << 30); import time; time.sleep(60)'";
    check(&for_one(hog), &["--memory", "100", "--timeout", "50"], "resource-limit, pass");
}

#[test]
fn too_many_processes_are_a_verdict() {
    let bomb = "i=0; while [ $i -lt 1100 ]; do sleep 60 & i=$((i + 1)); done; wait";
    check(&for_one(bomb), &["--timeout", "50"], "resource-limit, pass");
}

/// A case may have a deadline of its own, and the command line overrides it.
#[test]
fn a_case_has_its_own_deadline() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sexpr")).expect("a folder");
    let case = "id = \"sexpr/a\"\ntitle = \"A\"\nsource = \"none\"\ninput = \"a\"\ndeadline = 1\n\n\
                [[expect]]\nlevel = \"must\"\nvalues = [{ atom = \"a\" }]\n";
    std::fs::write(folder.path().join("sexpr/a.toml"), case).expect("it is written");
    let why = |options: &[&str]| {
        let options = [&["--cases", path(folder.path())], options].concat();
        let (_, lines) = judge(&options, &["sh", "-c", &kept_alive("sleep 60")]);
        lines[0]["why"].as_str().expect("a reason").to_owned()
    };
    assert_eq!(why(&[]), "no answer within 1 s");
    assert_eq!(why(&["--timeout", "0.5"]), "no answer within 0.5 s");
}

/// A signal that ends the harness also ends the subject, although the subject gets no signal from the terminal. So does
/// closing the terminal.
#[test]
fn an_interrupted_run_leaves_nothing_behind() {
    for (signal, said) in [("-INT", "interrupted"), ("-TERM", "terminated"), ("-HUP", "hung up")] {
        interrupt(signal, said);
    }
}

#[track_caller]
fn interrupt(signal: &str, said: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let script = format!("echo $$ >{}.new; mv {0}.new {0}; sleep 60", file.display());
    let mut harness = std::process::Command::new(HARNESS);
    let harness = harness.args(["test", "--timeout", "50", "--", "sh", "-c", &script]).stderr(Stdio::piped());
    let mut harness = harness.spawn().expect("it is built");
    while !file.exists() {
        assert!(harness.try_wait().expect("it is waited for").is_none(), "the subject does not start");
        std::thread::yield_now();
    }
    let kill = std::process::Command::new("kill").args([signal, &harness.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = harness.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {said}\n"));
    assert_gone(&file);
}

/// The program waits for its output to be read here, and does not wait for signals.
#[test]
fn a_second_signal_ends_the_program_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report.jsonl");
    // The report on the failures is longer than the buffer of a pipe.
    let refuses = kept_alive(r#"echo "{\"id\":\"$id\",\"reject\":\"no\"}""#)
        .replace(r#""sexpr":["strict"]"#, r#""xmlrpc":["spec","extended","xend"]"#);
    let mut harness = std::process::Command::new(HARNESS)
        .args([
            "test",
            "--filter",
            "xmlrpc/{int,i4,double,datetime,bool,struct}*",
            "--details",
            "all",
            "--report",
            &format!("jsonl={}", path(&report)),
            "--",
            "sh",
            "-c",
            &refuses,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it is built");
    while !report.exists() {
        assert!(harness.try_wait().expect("it is waited for").is_none(), "it ends without a report");
        std::thread::yield_now();
    }
    let process = harness.id().to_string();
    let signal = || std::process::Command::new("kill").args(["-INT", &process]).status().expect("kill runs");
    // Two signals that come at once may be delivered as one.
    let mut sent = 0;
    let status = loop {
        match harness.try_wait().expect("it is waited for") {
            Some(status) => break status,
            None => sent += usize::from(signal().success()),
        }
    };
    assert!(sent >= 2, "{sent}");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2));
}

/// `nohup` starts a program so that it ignores SIGHUP.
#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let script = r#"trap '' HUP; exec "$0" test --filter sexpr/list-empty --filter sexpr/quote-single -- sh -c "$1""#;
    let subject = kept_alive("kill -HUP $PPID; answer $id");
    let status =
        std::process::Command::new("sh").args(["-c", script, HARNESS, &subject]).stdout(Stdio::null()).status();
    assert_eq!(status.expect("sh runs").code(), Some(0));
}

#[track_caller]
fn assert_gone(file: &Path) {
    let pid = std::fs::read_to_string(file).expect("it was started");
    loop {
        // The kernel may not have ended the process yet, and its new parent may not have waited for it.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn once_a_case() {
    let once = |script: &str, options: &[&str], expect: &str| {
        check(script, &[&["--once", "--codec", "sexpr"], options].concat(), expect);
    };
    let right = r#"case $(cat) in '()') echo '{"values":[{"list":[]}]}';; *) echo '{"values":[{"list":[{"atom":"a b"}]}]}';; esac"#;
    once(right, &[], "pass, pass");
    once(&format!("{right}; exit 3"), &[], "pass, pass");
    once(&format!("{right}; kill -SEGV $$"), &[], "crash, crash");
    once(r#"echo '{"values":[]}'"#, &[], "wrong-value, wrong-value");
    once(r#"echo "{\"reject\":\"$XEND_CODEC $XEND_RULES\"}""#, &[], "fail, fail");
    once(r#"echo '{"unsupported":"no"}'"#, &[], "unsupported, unsupported");
    once("cat >/dev/null", &[], "crash, crash");
    once("exit 3", &[], "crash, crash");
    once("sleep 60 & exit 3", &[], "crash, crash");
    once("sleep 60", &["--timeout", "1"], "timeout, timeout");
    once("echo nonsense", &[], "invalid-answer, invalid-answer");
    once(&format!("{right}; echo '{{}}'"), &[], "invalid-answer, invalid-answer");
    once("yes | tr -d '\\n'", &["--timeout", "25"], "resource-limit, resource-limit");
}

/// What it can do is told in a file, or by itself.
#[test]
fn once_a_case_with_a_declaration() {
    let hello = r#"{"hello":{"name":"sh","decodes":{"sexpr":["libvirt"]},"features":["atom-bytes"]}}"#;
    let script =
        format!("[ \"$1\" = --hello ] && echo '{hello}' || {{ cat >/dev/null; echo '{{\"reject\":\"no\"}}'; }}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hello.json");
    std::fs::write(&file, hello.replace(',', ",\n  ")).expect("it is written");
    for declared in [&["--hello"][..], &["--declare", path(&file)]] {
        let options = [&["--once", "--filter", "sexpr/list-empty"], declared].concat();
        let (exit, lines) = judge(&options, &["sh", "-c", &script, "sh"]);
        assert_eq!((exit, &lines[0]["variant"], lines.len()), (1, &"libvirt".into(), 1), "{lines:?}");
    }
    let (exit, lines) = judge(&["--once", "--hello"], &["sh", "-c", "echo nonsense"]);
    assert_eq!((exit, &lines[0]["id"], &lines[0]["verdict"]), (1, &"hello".into(), &"invalid-answer".into()));
}

/// One that writes and calls is told by `XEND_ASK` what comes on standard input.
#[test]
fn once_a_case_of_each_kind() {
    let hello = r#"{"hello":{"name":"sh","encodes":{"sexpr":["strict"]},"calls_over":["tcp"]}}"#;
    let script = format!(
        "[ \"$1\" = --hello ] && echo '{hello}' || case $XEND_ASK in \
         value) [ \"$XEND_RULES $(cat)\" = 'strict {{\"list\":[]}}' ] && echo '{{\"document\":\"KCk=\"}}';; \
         call) grep -q '^{{\"uri\":\"http://127.0.0.1:[0-9]*/RPC2\",\"method\":\"examples.getStateName\"' \
         && echo '{{\"error\":\"no\"}}';; esac"
    );
    let options = ["--once", "--hello", "--filter", "sexpr/write-empty-list", "--filter", "calls/hang"];
    let (exit, lines) = judge(&options, &["sh", "-c", &script, "sh"]);
    let verdicts: Vec<_> = lines.iter().map(|line| (&line["id"], &line["verdict"])).collect();
    let pass = "pass".into();
    let wanted = [(&"sexpr/write-empty-list".into(), &pass), (&"calls/hang".into(), &pass)];
    assert_eq!((exit, &verdicts[..]), (0, &wanted[..]));
}
