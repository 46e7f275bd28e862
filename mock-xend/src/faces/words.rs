//! The words of scripted replies, held against the faces that send them.

use std::path::Path;

use tokio::io::AsyncWriteExt;
use xend_wire::operation::Face;

use super::{sxp, xmlrpc};
use crate::host::MockXend;
use crate::http::{Answer, Input, Listener, Then};
use crate::scenario::{Decision, Scenario, Scripted, WrongFace};
use crate::service::Service;

/// Each word as a scenario has it. `simulate` is none that a face sends.
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

async fn said(face: Face, scripted: &Scripted, service: &Service) -> Result<Answer, WrongFace> {
    match face {
        Face::Sxp => {
            let (mut near, far) = tokio::io::duplex(1024);
            near.write_all(b"GET /xend/domain HTTP/1.1\r\n\r\n").await.expect("it is sent");
            let sxp::Incoming::Request(request) = sxp::read(&mut Input::new(far)).await else {
                panic!("it is a request");
            };
            let listener = Listener { face, port: 8000 };
            sxp::scripted_answer(scripted, service, &listener, &request)
        }
        Face::XmlRpc => xmlrpc::scripted_answer(scripted, service, Then::Close),
        Face::XenApi => crate::faces::xenapi::scripted_answer(scripted, service, Then::Close),
    }
}

#[tokio::test]
async fn each_word_is_taken_for_the_faces_that_send_it_and_for_no_other() {
    let daemon = MockXend::builder().build().expect("a daemon");
    for word in WORDS {
        let mut replies = Face::ALL.into_iter().filter_map(|face| scenario(face, word).ok());
        let scenario_of_it = replies.next().unwrap_or_else(|| panic!("no face takes {word}"));
        let Decision::Scripted(scripted) = scenario_of_it.decisions().next().expect("one expectation").clone() else {
            panic!("{word} is a reply");
        };
        for face in Face::ALL {
            let is_taken = scenario(face, word);
            let is_sent = said(face, &scripted, &daemon.service).await;
            assert_eq!(is_taken.is_ok(), is_sent.is_ok(), "{word} on {face}");
            assert_eq!(is_sent.is_ok(), scripted.reply.faces().contains(&face), "{word} on {face}");
        }
    }
}

/// What the reader of scenarios says it knows.
#[test]
fn every_word_of_the_vocabulary_is_tried() {
    let refused = scenario(Face::Sxp, "\"nonsense\"").expect_err("it is no word");
    let (_, known) = refused.split_once("expected one of ").expect("the error lists the words");
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    let word = |reply: &'static str| reply.trim_matches(['"', '{', ' ']).split(' ').next().expect("a word");
    let tried: Vec<_> = ["simulate"].into_iter().chain(WORDS.into_iter().map(word)).collect();
    assert_eq!(tried, known);
}
