//! The shell steps of the GitHub Action `action.yml`, run as a runner does.

use std::path::Path;
use std::process::{Command, Output};

use crate::readme::programs;

const ACTION: &str = include_str!("../../../action.yml");

/// Returns the script of the step with a name: the lines below `run: |`, without their indentation.
fn script(step: &str) -> String {
    let (_, step) = ACTION.split_once(&format!("- name: {step}\n")).expect("there is such a step");
    let (_, script) = step.split_once("      run: |\n").expect("it has a script");
    let lines = script.lines().map_while(|line| line.strip_prefix("        ").or(line.is_empty().then_some("")));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Runs a step in a folder, with the variables that a runner and the inputs give.
fn run(step: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap_or_default());
    Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &script(step)])
        .current_dir(folder)
        .env("PATH", path)
        .env("RUNNER_TEMP", folder)
        .envs(["GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].map(|name| (name, folder.join(name))))
        .envs(["COMMAND", "SERVER", "BASELINE", "OPTIONS"].map(|name| (name, "")))
        .env("REPORTS", "reports")
        .envs(variables.iter().copied())
        .output()
        .expect("there is bash")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn it_passes_a_subject_that_does_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("COMMAND", "xend-harness subject"), ("OPTIONS", "--codec xmlrpc --filter xmlrpc/int-*")];
    let output = run("Test", folder.path(), &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(read(&folder.path().join("GITHUB_OUTPUT")), "status=0\n");
    let summary = read(&folder.path().join("GITHUB_STEP_SUMMARY"));
    assert!(summary.starts_with("## ✅ built-in ") && summary.contains(": as expected\n"), "{summary}");
    assert!(!summary.contains("<pre>"), "{summary}");
    assert!(read(&folder.path().join("reports/junit.xml")).contains("xmlrpc/int-max"));
    assert!(read(&folder.path().join("reports/report.jsonl")).contains("xmlrpc/int-max"));
}

/// The subject of this test refuses everything; a baseline with that reason makes the run pass.
#[test]
fn it_fails_on_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let hello = r#"{"hello":{"name":"<refuses>","decodes":{"xmlrpc":["spec"]}}}"#;
    let refusal = r#"s/.*"id":"\([^"]*\)".*/{"id":"\1","reject":"no"}/p"#;
    std::fs::write(folder.path().join("subject.sh"), format!("read -r _; echo '{hello}'; exec sed -nu '{refusal}'"))
        .unwrap();
    let variables = [("COMMAND", "exec bash subject.sh"), ("OPTIONS", "--filter xmlrpc/int-max")];
    let output = run("Test", folder.path(), &variables);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(read(&folder.path().join("GITHUB_OUTPUT")), "status=1\n");
    let summary = read(&folder.path().join("GITHUB_STEP_SUMMARY"));
    assert!(summary.starts_with("## ❌ ") && summary.contains("1 unexpected result"), "{summary}");
    assert!(!summary.contains("<refuses>"), "{summary}");

    let baseline = "\"xmlrpc/int-max@spec\" = \"it refuses everything\"\n";
    std::fs::write(folder.path().join("baseline.toml"), baseline).unwrap();
    let output = run("Test", folder.path(), &[&variables[..], &[("BASELINE", "baseline.toml")]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Several lines of options are all options, and what is to be tested must be said.
#[test]
fn it_refuses_inputs_that_say_too_little_or_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let subject = ("COMMAND", "xend-harness subject");
    for variables in [&[][..], &[subject, ("SERVER", "http://127.0.0.1:1/RPC2")]] {
        let output = run("Test", folder.path(), variables);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("::error::give either"), "{output:?}");
    }
    let output = run("Test", folder.path(), &[subject, ("OPTIONS", "--filter xmlrpc/int-max\n--nonsense")]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn it_installs_an_archive_only_if_its_checksum_is_right() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("left out, for there is no curl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pack = "mkdir -p v9.9/xend-harness-9.9-x86_64-linux/bin && cd v9.9 && \
        echo 'echo installed' >xend-harness-9.9-x86_64-linux/bin/xend-harness && \
        tar -czf xend-harness-9.9-x86_64-linux.tar.gz xend-harness-9.9-x86_64-linux && \
        rm -r xend-harness-9.9-x86_64-linux && sha256sum *.tar.gz >SHA256SUMS";
    assert!(Command::new("bash").args(["-c", pack]).current_dir(folder.path()).status().unwrap().success());
    let releases = format!("file://{}", folder.path().display());
    let variables = [("VERSION", "9.9"), ("RELEASES", releases.as_str())];
    let output = run("Install xend-harness", folder.path(), &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let added = read(&folder.path().join("GITHUB_PATH"));
    assert_eq!(read(&Path::new(added.trim_end()).join("xend-harness")), "echo installed\n");

    let sums = folder.path().join("v9.9/SHA256SUMS");
    let mended = read(&sums).replace(&read(&sums)[..8], "00000000");
    std::fs::write(&sums, mended).unwrap();
    assert_eq!(run("Install xend-harness", folder.path(), &variables).status.code(), Some(1));
}

/// A run that makes no report still says in the summary what went wrong.
#[test]
fn it_shows_what_a_run_said_that_made_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("COMMAND", "xend-harness subject"), ("OPTIONS", "--filter xmlrpc/no-such-case")];
    let output = run("Test", folder.path(), &variables);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let summary = read(&folder.path().join("GITHUB_STEP_SUMMARY"));
    assert!(summary.contains("failed with status 2") && summary.contains("<pre>"), "{summary}");
    assert!(summary.contains("no case matches `xmlrpc/no-such-case`"), "{summary}");
}

/// The workflows that `xend-harness init` writes keep the reports that the action keeps.
#[test]
fn it_keeps_the_reports_of_written_workflows() {
    let (_, list) = ACTION.split_once("for report in ").expect("the action has a list of reports");
    let (list, _) = list.split_once("; do").expect("the list ends");
    let formats = |words: &mut dyn Iterator<Item = &str>| {
        let mut formats: Vec<_> =
            words.filter_map(|word| word.split_once('=')).map(|(format, _)| format.to_owned()).collect();
        formats.sort();
        formats
    };
    let kept = formats(&mut list.split(' '));
    for (service, file) in [("github", ".github/workflows/conformance.yml"), ("gitlab", ".gitlab-ci.conformance.yml")] {
        let folder = tempfile::tempdir().unwrap();
        let mut init = Command::new(programs().join("xend-harness"));
        let written = init.args(["init", service, "--", "adapter"]).current_dir(folder.path()).output().unwrap();
        assert!(written.status.success(), "{written:?}");
        let text = read(&folder.path().join(file));
        let words = text.split_ascii_whitespace().collect::<Vec<_>>();
        let reports = words.windows(2).filter(|pair| pair[0] == "--report").map(|pair| pair[1]);
        assert_eq!(formats(&mut reports.collect::<Vec<_>>().into_iter()), kept, "{service}");
    }
}
