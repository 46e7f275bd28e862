//! Writes seeds, one file each below `corpus/TARGET`: the documents of `fixtures/cases` for the codecs, the files of
//! `fixtures` for what people write, and answers of our own.

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
    seed(
        &corpus.join("files"),
        ["cases/", "laws/"].into_iter().flat_map(xend_fixtures::files).filter_map(|file| {
            (file.bytes.len() <= LONGEST).then(|| (file.path.replace('/', "-"), file.bytes.to_vec()))
        }),
    )?;
    let baseline =
        "# What we know of.\nxmlrpc/int-plus  # it takes a plus sign\nxmlrpc/base64-* @extended # no white space\n";
    let sequence = "{\"release\":\"3.0.3\",\"face\":\"sxp\"}\n{\"case\":\"a\",\"request\":\"GET / HTTP/1.1\\r\\n\\r\\n\",\"end\":\"open\"}\n";
    let written = [("baseline", baseline), ("sequence", sequence)];
    seed(&corpus.join("files"), written.into_iter().map(|(name, text)| (name.to_owned(), text.into())))?;
    let answers = [
        r#"{"hello":{"name":"x","version":"1","decodes":{"xmlrpc":["spec"],"sexpr":["strict"]},"features":["nil"]}}"#,
        r#"{"id":"a","values":[{"response":{"struct":[["a",{"array":[{"int":"1"},{"nil":true}]}]]}}]}"#,
        r#"{"id":"a","values":[{"list":[{"atom":"a"},{"atom_base64":"/w=="}]}]}"#,
        r#"{"id":"a","values":[{"fault":{"code":{"int":"1"},"string":{"string":"x"}}}]}"#,
        r#"{"id":"a","values":[{"call":{"method":"m","params":[{"double":"1.5"},{"base64":"YQ=="}]}}]}"#,
        r#"{"id":"a","reject":"no"}"#,
        r#"{"unsupported":"no"}"#,
    ];
    let answers = answers.into_iter().enumerate();
    seed(&corpus.join("answers"), answers.map(|(number, text)| (number.to_string(), text.into())))
}

fn seed(folder: &Path, files: impl Iterator<Item = (String, Vec<u8>)>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    files.into_iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

fn document(case: &Table) -> Option<Vec<u8>> {
    let text = |key: &str| case.get(key).and_then(|value| value.as_str());
    match (text("input"), text("input_base64")) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (_, Some(base64)) => BASE64.decode(base64.as_bytes()).ok(),
        _ => None,
    }
}
