//! Full disks, closed streams and files in the way: nothing that was there is lost, and what can't be done is told.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use mock_xend::out_file::OutFile;

use crate::command::{listening, output, terminate};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mock-xend");

/// What a shell gives that starts the program as `$0`: its status, and what it said on stderr.
fn shell(script: &str) -> (Option<i32>, String) {
    let output = Command::new("sh").args(["-c", script, PROGRAM]).output().expect("sh runs");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// The program as a shell starts it after some preparation, with the streams that the shell gives it, once it listens.
fn serving(folder: &Path, before: &str, options: &str) -> Child {
    let ready = folder.join("ready.json");
    let script = format!("{before} exec \"$0\" --sxp tcp:127.0.0.1:0 --ready-file {} {options}", ready.display());
    let mut command = Command::new("sh");
    command.args(["-c", &script, PROGRAM]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("sh runs");
    while !ready.exists() {
        assert_eq!(child.try_wait().expect("it can be asked"), None, "{options}");
        std::thread::yield_now();
    }
    child
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("it is there")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn streams_that_are_full_or_closed_cost_neither_service_nor_world() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("outage.toml");
    std::fs::write(&scenario, "[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\n").expect("it is written");
    for streams in ["2>/dev/full", "2>&-", ">/dev/full", ">&-", ">&- 2>&-", ">/dev/full 2>/dev/full"] {
        let world = folder.path().join("world.toml");
        let options = format!("--scenario {} --verify --dump-world {} {streams}", scenario.display(), world.display());
        let (status, _) = terminate(serving(folder.path(), "", &options));
        assert_eq!(status, Some(1), "{streams}");
        assert!(read(&world).contains("name = \"vm2\""), "{streams}");
        std::fs::remove_file(&world).expect("it was dumped");
    }
}

#[test]
fn what_was_asked_for_and_cannot_be_written_is_no_success() {
    let full = "error: standard output: No space left on device (os error 28)\n";
    let scenario = tempfile::NamedTempFile::new().expect("a file");
    let check = format!("check {}", scenario.path().display());
    for command in ["world", "--help", "--version", "world --help", &check] {
        assert_eq!(shell(&format!("\"$0\" {command} >/dev/full")), (Some(2), full.to_owned()), "{command}");
    }
    assert_eq!(shell("\"$0\" world | head -n 1 >/dev/null").0, Some(0));
    assert_eq!(shell("\"$0\" check no-such.toml 2>/dev/full").0, Some(2));
}

/// What a script waits for may be that of a mock that still runs.
#[test]
fn a_ready_file_that_was_there_stays_if_the_start_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let ready = folder.path().join("ready.json");
    std::fs::write(&ready, "of an earlier run").expect("it is written");
    let arguments = |listen, path| output(&["--sxp", listen, "--ready-file", path]).0;
    let path = ready.to_str().expect("UTF-8");
    assert_eq!(arguments("unix:/no/such/folder", path), Some(2));
    assert_eq!(arguments("tcp:127.0.0.1:0", folder.path().to_str().expect("UTF-8")), Some(2));
    assert_eq!((read(&ready).as_str(), names(folder.path())), ("of an earlier run", vec!["ready.json".to_owned()]));
    let (child, _) = listening(&["--sxp", "tcp:127.0.0.1:0", "--ready-file", path], 1);
    assert!(read(&ready).contains("\"listening\""));
    terminate(child);
    assert!(!ready.exists());
}

#[test]
fn a_full_disk_leaves_the_world_that_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = folder.path().join("world.toml");
    std::fs::write(&world, "release = \"3.4\"\n").expect("it is written");
    let options = format!("--world {0} --dump-world {0}", world.display());
    // Files may have 512 bytes and no more, as on a disk that is full; the signal is ignored, so that writing fails.
    let child = serving(folder.path(), "trap '' XFSZ; ulimit -f 1;", &options);
    let told = format!("error: --dump-world {}: File too large (os error 27)\n", world.display());
    assert_eq!(terminate(child), (Some(2), told));
    assert_eq!((read(&world).as_str(), names(folder.path())), ("release = \"3.4\"\n", vec!["world.toml".to_owned()]));

    // With room there is a new one.
    assert_eq!(terminate(serving(folder.path(), "", &options)), (Some(0), String::new()));
    assert!(read(&world).contains("name = \"Domain-0\""), "{}", read(&world));
    assert_eq!(names(folder.path()), ["world.toml"]);
}

#[test]
fn a_world_that_cannot_be_written_is_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_str().expect("UTF-8");
    for (path, why) in
        [("/no/such/file", "No such file or directory (os error 2)"), (folder, "Is a directory (os error 21)")]
    {
        let (status, stdout, stderr) = output(&["--sxp", "tcp:127.0.0.1:0", "--dump-world", path]);
        assert_eq!((status, stdout.as_str()), (Some(2), ""));
        assert_eq!(stderr, format!("error: --dump-world {path}: {why}\n"));
    }
}

/// Where nothing can be put beside it, a file is written in its place, and what is no file as it comes.
#[test]
fn files_behind_links_and_streams_are_written_where_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    std::os::unix::fs::symlink("real", &link).expect("a link");
    for text in ["one", "another"] {
        OutFile::open(&link).and_then(|file| file.write(text.as_bytes())).expect("it is written");
        assert_eq!(read(&real), text);
        assert!(link.is_symlink());
    }
    OutFile::open(Path::new("/dev/null")).and_then(|file| file.write(b"gone")).expect("it takes all");
    let full =
        OutFile::open(Path::new("/dev/full")).and_then(|file| file.write(b"gone")).expect_err("it takes nothing");
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    drop(OutFile::open(&folder.path().join("new")).expect("it can be made"));
    assert_eq!(names(folder.path()), ["link", "real"]);
}
