//! Counts what is left out of the tests under Miri, which runs them with isolation on, so without files and processes.
//! Whoever leaves out more has to change the numbers here. A unit test counts the embedded cases that are too large.

use std::fs;
use std::path::Path;

/// How often the mark occurs in the sources below a folder.
fn count(folder: &Path, mark: &str) -> usize {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let counts = entries.map(|path| match path.extension() {
        _ if path.is_dir() => count(&path, mark),
        Some(extension) if extension == "rs" => fs::read_to_string(path).expect("UTF-8").matches(mark).count(),
        _ => 0,
    });
    counts.sum()
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn left_out_of_miri() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (ignored, absent, smaller) =
        (["cfg_attr(", "miri, ignore"].concat(), "cfg(not(miri))", ["cfg!(", "miri)"].concat());
    let count = |folder: &str, mark: &str| count(&root.join(folder), mark);
    // A snapshot, for which a process is started, and the count of the documents that are too large, which reads none.
    assert_eq!((count("src", &ignored), count("src", absent)), (2, 0));
    // The test of snapshots reads files, four tests start Python, and this test reads the sources.
    assert_eq!((count("tests", &ignored), count("tests", absent) - 1), (6, 0));
    // Under Miri, properties have fewer cases, one of them with shorter documents, lists (twice) and arrays fewer levels,
    // only every tenth document, operation, codec or row is tested (`sample`), and each of them only by one set of rules or one
    // release (`rotate`).
    assert_eq!(count("src", &smaller), 7);
    assert_eq!(count("src", " sample("), 6);
    assert_eq!(count("src", "in rotate("), 10);
}
