//! Mutants against cases.

use std::path::Path;

use xend_harness::Codec;

use crate::mutants::Mutant;
use crate::table::Power;
use crate::trial::{CASES, Question, failed, questions};

#[test]
fn readers_without_faults_pass_every_case() {
    let mistakes: Vec<_> = Codec::ALL.into_iter().flat_map(questions).filter_map(Question::mistake).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// `make power` sets `POWER`: the table is printed and written, and who catches whom is printed too.
#[test]
#[ignore = "takes a minute: run by make power"]
fn every_mutant_is_caught() {
    let power = Power::measure(&CASES);
    let document = power.document();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/power.md");
    if std::env::var_os("POWER").is_some() {
        println!("{}\n{document}", power.details());
        std::fs::write(&path, &document).expect("docs/power.md is written");
    }
    let complaints = power.complaints();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    let written = std::fs::read_to_string(&path).expect("docs/power.md");
    assert!(written == document, "docs/power.md is out of date; run `make power`");
}

/// A parser with so many faults can't hide behind any of them.
#[test]
fn a_parser_with_25_faults_fails_in_25_cases() {
    const FAULTS: [&str; 25] = [
        "string-trim",
        "int-wrap-32",
        "string-unescape",
        "struct-sorted",
        "members-last",
        "line-ends-kept",
        "date-value-day-and-month-swapped",
        "method-behind-dot",
        "elements-deep-40",
        "twice-in-methodresponse-last",
        "undefined-entity-allowed",
        "encoding-latin-1-if-not-utf-8",
        "cdata-trimmed",
        "int-trim",
        "int-octal",
        "double-exponent-allowed",
        "base64-space-refused",
        "boolean-exactly-true",
        "date-form-allowed",
        "missing-in-member",
        "unknown-type-allowed",
        "text-behind-root-allowed",
        "root-allowed",
        "names-any-case",
        "string-cut-65535",
    ];
    let mutants = Mutant::of(Codec::Xmlrpc);
    let find = |id: &&str| mutants.iter().find(|mutant| mutant.id == *id).unwrap_or_else(|| panic!("no mutant {id}"));
    let faults: Vec<_> = FAULTS.iter().map(find).collect();
    let questions = questions(Codec::Xmlrpc);
    let mut failed: Vec<_> = failed(questions, &faults).iter().map(|&at| &*questions[at].case.id).collect();
    failed.dedup();
    assert!(failed.len() >= 25, "only {} cases fail: {failed:?}", failed.len());
}
