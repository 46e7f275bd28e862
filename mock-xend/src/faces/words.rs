//! Tests of scripted replies on the faces that have them.

use std::path::Path;

use xend_wire::operation::Face;

use super::{sxp, xenapi, xmlrpc};
use crate::host::MockXend;
use crate::http::{Answer, Then};
use crate::scenario::{Decision, Reply, Scenario, WrongFace};
use crate::service::Service;

/// Each kind of reply, as a scenario writes it, but for `simulate`, which no face sends.
const WORDS: [&str; 21] = [
    "\"close\"",
    "\"hang\"",
    "\"bad-request\"",
    "\"invalid-request\"",
    "\"too-large\"",
    "\"internal-error\"",
    "{ not-implemented = \"pause\" }",
    "{ not-found = \"no such page\" }",
    "{ unknown-domain = \"vm9\" }",
    "{ unknown-method = \"xend.nosuch\" }",
    "{ error = \"no\" }",
    "{ xend-err = { text = \"no\" } }",
    "{ sexpr = { body = \"(a b)\" } }",
    "{ text = { body = \"a\" } }",
    "{ body-file = { path = \"Cargo.toml\" } }",
    "{ fault = { code = 2, string = \"no\" } }",
    "{ value = 5 }",
    "{ failure = [\"NO\"] }",
    "{ raw = \"HTTP/1.1 200 OK\\r\\n\\r\\n\" }",
    "{ raw-base64 = \"SFRUUA==\" }",
    "{ raw-file = \"Cargo.toml\" }",
];

fn scenario(face: Face, reply: &str) -> Result<Scenario, String> {
    let text = format!("[[expect]]\nface = \"{face}\"\nreply = {reply}\n");
    Scenario::parse("a word", &text, Path::new(env!("CARGO_MANIFEST_DIR"))).map_err(|error| error.to_string())
}

fn scripted_answer(face: Face, word: &Reply, service: &Service) -> Result<Answer, WrongFace> {
    match face {
        Face::Sxp => sxp::answer_to_list(word, service.release()),
        Face::XmlRpc => xmlrpc::scripted_answer(word, &xmlrpc::WORDING, service, Then::Close),
        Face::XenApi => xmlrpc::scripted_answer(word, &xenapi::WORDING, service, Then::Close),
    }
}

#[test]
fn each_word_is_taken_for_the_faces_that_send_it_and_for_no_other() {
    let daemon = MockXend::builder().build().expect("a daemon");
    for word in WORDS {
        let mut replies = Face::ALL.into_iter().filter_map(|face| scenario(face, word).ok());
        let scenario_of_it = replies.next().unwrap_or_else(|| panic!("no face takes {word}"));
        let Decision::Scripted(scripted) = scenario_of_it.decisions().next().expect("one expectation").clone() else {
            panic!("{word} is a reply");
        };
        for face in Face::ALL {
            let is_taken = scenario(face, word);
            let is_sent = scripted_answer(face, &scripted.reply, &daemon.service);
            assert_eq!(is_taken.is_ok(), is_sent.is_ok(), "{word} on {face}");
            assert_eq!(is_sent.is_ok(), scripted.reply.faces().contains(&face), "{word} on {face}");
        }
    }
}

/// The list of words comes from the error message of the scenario reader.
#[test]
fn every_word_of_the_vocabulary_is_tried() {
    let refused = scenario(Face::Sxp, "\"nonsense\"").expect_err("it is no word");
    let (_, known) = refused.split_once("expected one of ").expect("the error lists the words");
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    let word = |reply: &'static str| reply.trim_matches(['"', '{', ' ']).split(' ').next().expect("a word");
    let tried: Vec<_> = ["simulate"].into_iter().chain(WORDS.into_iter().map(word)).collect();
    assert_eq!(tried, known);
}
