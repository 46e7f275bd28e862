//! Writes the documents of `fixtures/cases` as seeds: one file each below `corpus/TARGET`.

use std::path::Path;
use std::{fs, io};

use data_encoding::BASE64;
use toml::Table;

/// Longer documents make the fuzzer slow.
const LONGEST: usize = 4_096;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (codec, targets) in [("sexpr", ["sexpr", "roundtrip"]), ("xmlrpc", ["xmlrpc", "roundtrip"])] {
        for target in targets {
            fs::create_dir_all(corpus.join(target))?;
        }
        for file in xend_fixtures::files(&format!("cases/{codec}/")) {
            let case: Table = toml::from_str(&String::from_utf8_lossy(file.bytes)).map_err(io::Error::other)?;
            let Some(document) = document(&case).filter(|document| document.len() <= LONGEST) else { continue };
            let name = file.path.trim_start_matches("cases/").replace('/', "-");
            for target in targets {
                fs::write(corpus.join(target).join(&name), &document)?;
            }
        }
    }
    Ok(())
}

fn document(case: &Table) -> Option<Vec<u8>> {
    let text = |key: &str| case.get(key).and_then(|value| value.as_str());
    match (text("input"), text("input_base64")) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (_, Some(base64)) => BASE64.decode(base64.as_bytes()).ok(),
        _ => None,
    }
}
