//! The book: its first pages print what they show, and every document has its place in it.

use std::path::Path;

use crate::readme::{blocks, run};

const SUMMARY: &str = include_str!("../../../docs/SUMMARY.md");

/// Runs the commands of a page, of which there are at least so many.
fn shows_what_commands_print(page: &str, least: usize) {
    let folder = tempfile::tempdir().unwrap();
    if let Some(scenario) = blocks(page, "toml").next() {
        std::fs::write(folder.path().join("outage.toml"), scenario).unwrap();
    }
    let count = run(page, folder.path());
    assert!(count >= least, "only {count} commands were found");
}

#[test]
fn the_first_five_minutes() {
    shows_what_commands_print(include_str!("../../../docs/start.md"), 7);
}

#[test]
fn subjects() {
    shows_what_commands_print(include_str!("../../../docs/subjects.md"), 4);
}

#[test]
fn mock() {
    shows_what_commands_print(include_str!("../../../docs/mock.md"), 4);
}

#[test]
fn control() {
    shows_what_commands_print(include_str!("../../../docs/control.md"), 7);
}

#[test]
fn every_document_is_a_chapter() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut left = vec![docs.clone()];
    let mut missing = Vec::new();
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&docs).unwrap().display().to_string();
            if path.is_dir() {
                left.push(path);
            } else if name.ends_with(".md") && name != "SUMMARY.md" && !SUMMARY.contains(&format!("({name})")) {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "docs/SUMMARY.md lacks {missing:?}");
}
