//! Tests of scripted replies on the faces that have them.

use std::path::Path;

use xend_wire::Release;
use xend_wire::operation::Face;

use super::{sxp, xenapi, xmlrpc};
use crate::fault::{Fault, Faults, Parts, Place, Sent};
use crate::host::{Daemon, MockXend};
use crate::http::{Answer, Then};
use crate::scenario::words::{Shape, WORDS, Word};
use crate::scenario::{Reply, ResolvedReply, Scenario, WrongFace};
use crate::service::Service;

/// Reads an expectation with this reply.
fn scenario(face: Face, reply: &str) -> Result<Scenario, String> {
    let text = format!("[[expect]]\nface = \"{face}\"\nreply = {reply}\n");
    Scenario::parse("a word", &text, Path::new(env!("CARGO_MANIFEST_DIR"))).map_err(|error| error.to_string())
}

/// Returns the reply that a word stands for; `None` for `simulate`.
fn reply(word: &Word) -> Option<Reply> {
    let mut scenarios = Face::ALL.into_iter().filter_map(|face| scenario(face, word.example).ok());
    scenarios.next().unwrap_or_else(|| panic!("no face takes {}", word.example)).only_reply()
}

fn scripted_answer(face: Face, word: &ResolvedReply, service: &Service) -> Result<Answer, WrongFace> {
    match face {
        Face::Sxp => sxp::answer_to_list(word, service.release()),
        Face::XmlRpc => xmlrpc::scripted_answer(word, None, &xmlrpc::WORDING, service, Then::Close),
        Face::XenApi => xmlrpc::scripted_answer(word, None, &xenapi::WORDING, service, Then::Close),
    }
}

#[test]
fn each_word_is_taken_for_the_faces_that_send_it_and_for_no_other() {
    let Daemon { service } = MockXend::builder().build().expect("a daemon");
    for word in &WORDS {
        let reply = reply(word);
        assert_eq!(reply.is_none(), word.name == "simulate");
        for face in Face::ALL {
            let is_taken = scenario(face, word.example).is_ok();
            let Some(reply) = &reply else {
                assert!(is_taken, "{} on {face}", word.name);
                continue;
            };
            let is_sent = scripted_answer(face, &reply.without_request(), &service).is_ok();
            assert_eq!(is_taken, is_sent, "{} on {face}", word.name);
            assert_eq!(is_sent, reply.faces().contains(&face), "{} on {face}", word.name);
        }
    }
}

/// A fault is refused only if the reply that a face makes lacks its place.
#[test]
fn no_place_of_a_reply_is_refused() {
    let odd: String = "'\"\\<&>\u{e9}\n".repeat(100);
    for release in Release::ALL {
        let Daemon { service } = MockXend::builder().release(*release).build().expect("a daemon");
        let replies = WORDS.iter().filter_map(reply).chain([
            Reply::Error(odd.as_str().into()),
            Reply::UnknownDomain(odd.as_str().into()),
            Reply::Failure(vec![odd.as_str().into(), "a".into()]),
        ]);
        for reply in replies {
            for face in Face::served_by(*release).filter(|face| reply.faces().contains(face)) {
                let answer = scripted_answer(face, &reply.without_request(), &service).expect("the face has it");
                let sent = answer.reply.joined();
                let body = Parts::of_message(&sent).body.len();
                for place in [Place::Byte(sent.len()), Place::BodyByte(body)] {
                    let faults = Faults::from(Fault::Close(place));
                    let checked = reply.with_sent(Some(face), |sent| match sent {
                        Sent::Nothing(_) => Ok(()),
                        sent => faults.check_against(sent, Some(face)),
                    });
                    assert_eq!(checked, Ok(()), "{release} {face} {reply:?}");
                }
            }
        }
    }
}

/// The table of the documentation is the one of the code.
#[test]
fn every_word_stands_in_the_documentation() {
    let documentation = include_str!("../../../docs/scenarios.md");
    for word in &WORDS {
        let value = match word.value {
            Shape::Nothing => String::new(),
            Shape::Text | Shape::Plain => "text".to_owned(),
            Shape::Texts => "list of texts".to_owned(),
            Shape::Value => "a [value](#values)".to_owned(),
            Shape::Table(keys) => {
                let keys: Vec<_> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
                format!("table: {}", keys.join(", "))
            }
            ref other => panic!("no word has {other:?}"),
        };
        let faces = reply(word).map_or(&Face::ALL[..], |reply| reply.faces());
        let faces = match faces.len() {
            3 => "all".to_owned(),
            _ => faces.iter().map(|face| format!("`{face}`")).collect::<Vec<_>>().join(", "),
        };
        let line = format!("| `{}` | {value} | {faces} | {} |\n", word.name, word.about);
        assert!(documentation.contains(&line), "docs/scenarios.md lacks this line:\n{line}");
    }
}
