//! Miri runs the unit tests with isolation on: nothing in the crate may read a file or start a process. What it leaves
//! out is counted here, so that nobody leaves out more without saying so. How many of the embedded cases it leaves out
//! for their size is a unit test.

use std::fs;
use std::path::Path;

/// How often tests below a folder are kept from Miri, or do less there.
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
    assert_eq!((count("src", &ignored), count("src", absent)), (0, 0));
    // Snapshots are files, Python is a process (four times), and this test reads the sources.
    assert_eq!((count("tests", &ignored), count("tests", absent) - 1), (6, 0));
    // Fewer cases of a property, fewer levels of lists (twice) and of arrays, one of five documents, operations or rows
    // (`sample`), and one set of rules or one release for each (`rotate`).
    assert_eq!(count("src", &smaller), 6);
    assert_eq!(count("src", " sample("), 5);
    assert_eq!(count("src", "in rotate("), 10);
}
