//! Checks that the documents are true: the console blocks of the README, the guides and the book print what they show,
//! citations and links lead somewhere, and the table of S-expressions agrees with `xend-wire`.
//!
//! The commands of a document run one after the other in a folder of its own. It contains the scenario of the README as
//! `outage.toml`, and each block of a guide whose introduction names a file, as in "in `adapter.py`:". A command
//! that ends in `&` keeps running in the background after it has printed the expected output. In expected output `[..]`
//! stands for any text within a line, and a line `[...]` for any number of lines.

mod action;
mod book;
mod citations;
mod floors;
mod guides;
mod tricky_inputs;
mod versions;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../../../README.md");

#[test]
fn readme_tells_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = blocks(README, "toml").next().expect("README shows a scenario");
    std::fs::write(folder.path().join("outage.toml"), scenario).unwrap();
    std::os::unix::fs::symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters"), folder.path().join("adapters"))
        .unwrap();
    let count = run(README, folder.path());
    assert!(count >= 6, "only {count} commands were found");
}

/// The README says of libraries what `make results` has found.
#[test]
fn the_numbers_of_libraries_are_those_of_the_results() {
    let results = include_str!("../../../docs/results/README.md");
    let numbers = |text: &str, words: [&str; 3]| -> Option<Vec<usize>> {
        let line = text.lines().find(|line| words.iter().all(|word| line.contains(word)))?;
        Some(line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect())
    };
    let words = ["Of ", "documents that the specification decides", "all read "];
    let (told, found) =
        (numbers(README, words).expect("README tells"), numbers(results, words).expect("they are there"));
    assert_eq!(told, found[..3]);
}

/// Runs the commands of a document's console blocks in a folder, and returns how many there are.
fn run(document: &str, folder: &Path) -> usize {
    let mut background = Background(Vec::new());
    let mut count = 0;
    for block in blocks(document, "console") {
        for step in block.split("$ ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
            count += 1;
            let is_missing =
                |program: &str| command.contains(program) && Command::new(program).arg("--version").output().is_err();
            if let Some(program) = ["curl", "python3"].into_iter().find(|program| is_missing(program)) {
                eprintln!("left out, for there is no {program}: {command}");
                continue;
            }
            let got = match command.strip_suffix('&') {
                Some(command) => background.start(folder, command, expected.lines().count()),
                None => output(folder, command),
            };
            assert!(matches(&got, expected), "$ {command}\n--- expected\n{expected}--- got\n{got}");
        }
    }
    count
}

/// Returns the code blocks of a language.
fn blocks<'a>(document: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{language}\n");
    let parts = document.split("\n```").filter(move |part| format!("```{part}").starts_with(&fence));
    parts.map(|part| part.split_once('\n').map_or("", |(_, text)| text))
}

/// Returns the folder of the programs.
fn programs() -> &'static Path {
    let programs = Path::new(env!("CARGO_BIN_EXE_xend-harness")).parent().expect("a folder");
    assert!(programs.join("mock-xend").exists(), "mock-xend is not built: test the whole workspace");
    programs
}

fn shell(folder: &Path, command: &str) -> Command {
    let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(folder).env("PATH", path).env("PWD", folder);
    shell
}

/// The output of a command, from both streams.
fn output(folder: &Path, command: &str) -> String {
    let output = shell(folder, &format!("{{ {command}\n}} 2>&1")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
}

/// Commands that are still running; they are ended with the test.
struct Background(Vec<Child>);

impl Background {
    fn start(&mut self, folder: &Path, command: &str, lines: usize) -> String {
        let mut child = shell(folder, &format!("exec {command}")).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        self.0.push(child);
        stdout.lines().take(lines).map(|line| line.unwrap() + "\n").collect()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // The command may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn matches(got: &str, expected: &str) -> bool {
    let (got, expected): (Vec<_>, Vec<_>) = (got.lines().collect(), expected.lines().collect());
    match expected.iter().position(|line| *line == "[...]") {
        None => got.len() == expected.len() && all_match(&got, &expected),
        Some(at) => {
            let behind = &expected[at + 1..];
            got.len() >= at + behind.len()
                && all_match(&got[..at], &expected[..at])
                && all_match(&got[got.len() - behind.len()..], behind)
        }
    }
}

fn all_match(got: &[&str], expected: &[&str]) -> bool {
    got.iter().zip(expected).all(|(got, expected)| line_matches(got.trim_end(), expected.trim_end()))
}

fn line_matches(got: &str, expected: &str) -> bool {
    let mut pieces = expected.split("[..]");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = got.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}
