//! Judges a subject that is written in Rust, and shows its first failures. The subject refuses every document.
//!
//! ```console
//! $ cargo run --quiet --example own_subject
//! ```

use xend_harness::subject::{Answer, Declaration, Question, Reply, Subject};
use xend_harness::{Case, Error, Rules, Status, report, run};
use xend_wire::xmlrpc;

/// A parser that refuses every document.
struct RefusesAll(Declaration);

impl Subject for RefusesAll {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn ask(&mut self, _: &Question<'_>) -> Result<Reply, Error> {
        let answer = Answer::Reject { message: "not today".to_owned(), kind: None };
        Ok(Reply { answer: Ok(answer), stderr: String::new(), previous_fault: None })
    }
}

fn main() -> Result<(), Error> {
    let declaration = Declaration {
        name: "refuses-all".to_owned(),
        decodes: vec![Rules::Xmlrpc(xmlrpc::Rules::spec())],
        ..Declaration::default()
    };
    let options = run::Options::default();
    let run = run::judge(&mut RefusesAll(declaration), &Case::built_in()?, &options)?;
    for line in report::text(&run, report::Detail::Some).lines().take(12) {
        println!("{line}");
    }
    println!("{}", report::summary(&run));
    assert!(run.count(Status::Pass) > 0, "documents that must be refused are refused");
    assert!(run.unexpected() > 0, "documents that must be read are refused, too");
    Ok(())
}
