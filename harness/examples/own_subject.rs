//! Judges a subject that is written in Rust and refuses every document, and shows its first failures.
//!
//! ```console
//! $ cargo run --quiet --example own_subject
//! ```

use xend_harness::subject::{Answer, Declaration, Question, Reply, Subject};
use xend_harness::{Case, Error, Rules, Status, report, suite};
use xend_wire::xmlrpc;

/// A parser that reads nothing.
struct RefusesAll(Declaration);

impl Subject for RefusesAll {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn ask(&mut self, _: &Question<'_>) -> Result<Reply, Error> {
        let answer = Answer::Reject { message: "not today".to_owned(), kind: None };
        Ok(Reply { answer: Ok(answer), stderr: String::new(), late: None })
    }
}

fn main() -> Result<(), Error> {
    let declaration = Declaration {
        name: "refuses-all".to_owned(),
        rules: vec![Rules::Xmlrpc(xmlrpc::Rules::spec())],
        features: Vec::new(),
    };
    let options = suite::Options::default();
    let run = suite::run(&mut RefusesAll(declaration), &Case::built_in()?, &options)?;
    for line in report::people(&run).lines().take(12) {
        println!("{line}");
    }
    println!("{}", report::summary(&run));
    assert!(run.count(Status::Pass) > 0, "what must be refused is refused");
    assert!(run.unexpected() > 0, "what must be read is not");
    Ok(())
}
