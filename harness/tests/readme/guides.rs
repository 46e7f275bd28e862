//! The guides (`docs/guides`), each followed from its first line to its last in a new folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::run;

/// Follows a guide: writes the files that it shows, and runs its commands.
fn follow(name: &str) {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out, for there is no python3: {name}");
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides").join(name);
    let guide = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files(&guide) {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let count = run(&guide, folder.path());
    assert!(count >= 2, "{name} has only {count} commands");
}

/// Returns the blocks whose introduction ends in the name of a file: "in `NAME`:", or "This is `NAME`:".
fn files(guide: &str) -> Vec<(PathBuf, &str)> {
    let parts: Vec<_> = guide.split("\n```").collect();
    let named = parts.windows(2).filter_map(|parts| {
        let (_, name) = parts[0].trim_end().strip_suffix("`:")?.rsplit_once('`')?;
        let (_, text) = parts[1].split_once('\n')?;
        Some((PathBuf::from(name), text))
    });
    named.collect()
}

#[test]
fn test_my_library() {
    follow("test-my-library.md");
}

#[test]
fn test_my_client() {
    follow("test-my-client.md");
}

#[test]
fn break_and_record() {
    follow("break-and-record.md");
}

#[test]
fn test_my_server() {
    follow("test-my-server.md");
}

#[test]
fn test_my_xml_rpc_server() {
    follow("test-my-xml-rpc-server.md");
}

#[test]
fn test_an_engine() {
    follow("test-an-engine.md");
}

#[test]
fn write_a_case() {
    follow("write-a-case.md");
}
