//! Runs each case of `fixtures/cases` and `fixtures/writing`, each row of the tables and each document of the survey as a test of its own.
//! The files have the expected values, which come from specifications, captures of the daemon and other implementations.

mod case;
mod grammar;
mod marshaller;
mod messages;
mod survey;
mod writing;

use std::fmt::Display;

use case::Case;
use libtest_mimic::{Arguments, Trial};
use serde::Deserialize;
use serde_json::Value;

fn main() {
    // `make power-deep` runs the cases more than a thousand times, and asks only whether one of them fails.
    let ends_at_first_failure = std::env::var_os("END_AT_FIRST_FAILURE").is_some();
    if ends_at_first_failure {
        std::panic::set_hook(Box::new(|panic| end(panic)));
    }
    let mut trials = Vec::new();
    let mut add = |name: String, check: Box<dyn Fn() -> Result<(), String> + Send>| {
        let check = move || {
            check().inspect_err(|message| {
                if ends_at_first_failure {
                    end(message)
                }
            })
        };
        trials.push(Trial::test(name, move || check().map_err(Into::into)));
    };
    for file in xend_fixtures::files("cases/") {
        add(file.path.trim_end_matches(".toml").to_owned(), Box::new(move || Case::parse(file)?.check()));
    }
    for (name, check) in writing::trials() {
        add(name, check);
    }
    for (name, check) in grammar::trials() {
        add(name, Box::new(check));
    }
    for (name, check) in survey::trials() {
        add(name, Box::new(check));
    }
    for (name, check) in marshaller::trials() {
        add(name, check);
    }
    for (name, check) in messages::trials() {
        add(name, Box::new(check));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn end(failure: &dyn Display) -> ! {
    eprintln!("{failure}");
    std::process::exit(101)
}

/// The rows of a table.
fn rows(path: &str) -> impl Iterator<Item = Value> {
    let file = xend_fixtures::file(path).unwrap_or_else(|| panic!("no {path}"));
    let text = std::str::from_utf8(file.bytes()).expect("UTF-8");
    text.lines().map(|line| {
        let mut row = serde_json::Deserializer::from_str(line);
        // One row contains 900 nested lists.
        row.disable_recursion_limit();
        Value::deserialize(&mut row).expect("a JSON object a line")
    })
}

/// Bytes, which the tables write as characters from U+0000 to U+00FF.
fn bytes(text: &Value) -> Vec<u8> {
    text.as_str().expect("text").chars().map(|c| u8::try_from(c).expect("a byte")).collect()
}
