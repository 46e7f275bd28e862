//! Checks that the rules of a release accept the same documents as Python 2.7's `xmlrpclib`, with the same values. The only
//! intended differences are documents that refer to an entity that they declare, which Python expands and this crate never
//! does, and names that are not in the encoding of the document and that Python does not look at.

mod documents;
mod mutate;
mod outcome;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;
use xend_wire::{Limits, Release};

use crate::oracle;

use self::documents::{Document, documents, is_known_to_differ};
use self::mutate::{Random, mutate};
use self::outcome::{agree, outcome};

/// How many mutated documents this crate and Python read.
const MUTANTS: usize = 17_000;

/// A process of Python 2 that reads documents.
struct Python {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts the process, or returns `None` if Python 2 is not installed.
    fn start() -> Option<Self> {
        let given = std::env::var("PYTHON2");
        let commands: Vec<&str> = given.as_deref().into_iter().chain(["python2", "python2.7"]).collect();
        let mut command = oracle::python(&commands, "import xmlrpclib")?;
        let mut process = command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/python2/loads.py"))
            // Python prints warnings for names that are not ASCII.
            .stderr(Stdio::null())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Some(Self { process, questions, answers })
    }

    fn loads(&mut self, document: &[u8]) -> Value {
        writeln!(self.questions, "{}", BASE64.encode(document)).expect("Python takes a line");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        let mut answer = serde_json::Deserializer::from_str(&line);
        // A document may have hundreds of levels.
        answer.disable_recursion_limit();
        Value::deserialize(&mut answer).expect("an answer is JSON")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads a document with this crate and with Python. The error says how the results differ.
fn compare(python: &mut Python, document: &[u8]) -> Result<(), String> {
    let python = python.loads(document);
    let ours = outcome(document, Release::V4_1, &Limits::default());
    if agree(&ours, &python) {
        return Ok(());
    }
    let ours = ours.map_or_else(|error| error.to_string(), |value| value.to_string());
    Err(format!("{}\n  ours:   {ours}\n  Python: {python}", document.escape_ascii()))
}

fn report(differences: &[String], count: usize) {
    let shown: Vec<_> = differences.iter().take(25).map(String::as_str).collect();
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), shown.join("\n"));
}

/// The documents of the cases and the bodies of the exchanges are read as Python reads them.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn documents_are_read_as_python_reads_them() {
    let Some(mut python) = Python::start() else { return };
    let documents = documents();
    let compared = documents.iter().filter(|document| !is_known_to_differ(&document.bytes));
    let differences: Vec<_> = compared
        .filter_map(|Document { name, bytes }| {
            compare(&mut python, bytes).err().map(|difference| format!("{name}: {difference}"))
        })
        .collect();
    report(&differences, documents.len());
}

/// Documents with changed bytes, tags, attributes, texts, declarations and encodings are read as Python reads them. The
/// changes are the same in each run.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn mutated_documents_are_read_as_python_reads_them() {
    let Some(mut python) = Python::start() else { return };
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().expect("SEED is a number"));
    let documents = documents();
    let mut random = Random::new(seed);
    let mut differences = Vec::new();
    let mut count = 0;
    while count < MUTANTS {
        let document = random.pick(&documents);
        let mutant = mutate(&document.bytes, &mut random);
        if is_known_to_differ(&mutant) {
            continue;
        }
        count += 1;
        differences.extend(compare(&mut python, &mutant).err());
    }
    report(&differences, count);
}

/// Each byte in each of Python's 8-bit codecs is read as Python reads it.
#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn codecs_are_those_of_python() {
    let Some(mut python) = Python::start() else { return };
    let mut differences = Vec::new();
    let mut count = 0;
    for label in documents::LABELS {
        let document = |text: &[u8]| {
            let head = format!("<?xml version='1.0' encoding='{label}'?><methodResponse><params><param><value>");
            [head.as_bytes(), text, b"</value></param></params></methodResponse>"].concat()
        };
        let bytes = (b'\x20'..=b'\xFF').filter(|b| !b"<&".contains(b));
        for text in bytes.map(|b| vec![b]).chain([b"\xC3\xA9".to_vec()]) {
            count += 1;
            differences.extend(compare(&mut python, &document(&text)).err());
        }
    }
    report(&differences, count);
}
