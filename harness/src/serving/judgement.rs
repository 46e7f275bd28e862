//! Judges the replies of a server.

use xend_wire::{visible, xmlrpc};

use super::case::{Answer, HeadCheck, ServingCase};
use super::peer::{NoReply, Reply};
use crate::Rules;
use crate::shorten::shortened;
use crate::tagged::{Equality, Tagged};
use crate::verdict::Status;

/// Judges one reply to a case.
pub(super) fn judge(case: &ServingCase, reply: &Result<Reply, NoReply>) -> (Status, String) {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NoReply::Closed) if case.answers.contains(&Answer::Closed) => return (Status::Pass, String::new()),
        Err(NoReply::Closed) => {
            return (Status::Fail, "the server closes the connection without a reply".to_owned());
        }
        Err(NoReply::Unreachable(why)) => return (Status::Crash, format!("the server can't be reached: {why}")),
        Err(NoReply::Late) => return (Status::Timeout, "the server does not reply in time".to_owned()),
        Err(NoReply::Broken(why)) => return (Status::Fail, why.clone()),
    };
    let permits = |status: u16| {
        case.answers.iter().any(|answer| match answer {
            Answer::Hundred(hundred) => status / 100 == *hundred,
            Answer::Status(wanted) => status == *wanted,
            _ => false,
        })
    };
    if permits(reply.status) {
        return (Status::Pass, String::new());
    }
    let is_fault = |answer: &Answer| *answer == Answer::Fault;
    let has_document = |answer: &Answer| matches!(answer, Answer::Value(_) | Answer::AnyValue | Answer::Fault);
    if reply.status != 200 {
        let more = if case.answers.iter().any(has_document) { "; a value and a fault come with 200" } else { "" };
        return (Status::Fail, format!("the status is {}{more}", reply.status));
    }
    if !case.answers.iter().any(has_document) {
        return (Status::Fail, "the server takes the request for a good one".to_owned());
    }
    if let Some(wrong) = case.wire.iter().find_map(|&check| wrong_head(check, reply)) {
        return (Status::Fail, wrong);
    }
    let got = match Rules::Xmlrpc(xmlrpc::Rules::spec()).decode(&reply.body) {
        Ok(got) => got,
        Err(error) => return (Status::Fail, format!("the document of the reply is wrong: {error}")),
    };
    if got.is_fault() {
        return match case.answers.iter().any(is_fault) {
            true => (Status::Pass, String::new()),
            false => (Status::Fail, "the server gives a fault, although the call is good".to_owned()),
        };
    }
    let mut wanted = case.answers.iter().filter_map(|answer| match answer {
        Answer::Value(wanted) => Some(wanted),
        _ => None,
    });
    let is_right = |wanted: &Tagged| got.difference(wanted, Equality::default()).is_none();
    if case.answers.contains(&Answer::AnyValue) || wanted.clone().any(is_right) {
        return (Status::Pass, String::new());
    }
    match wanted.next().and_then(|wanted| got.difference(wanted, Equality::default())) {
        Some(difference) => (Status::WrongValue, shortened(&format!("another value: {difference}"), 400)),
        None => (Status::Fail, "the server gives a value where it should give a fault".to_owned()),
    }
}

/// Checks one thing about the head of a reply. Returns what is wrong.
fn wrong_head(check: HeadCheck, reply: &Reply) -> Option<String> {
    match check {
        HeadCheck::ContentType => {
            let Some(kind) = reply.header("content-type") else {
                return Some("the reply has no `Content-Type`, expected `text/xml`".to_owned());
            };
            let is_xml = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/xml");
            let shown = || shortened(&visible(kind.as_bytes()), 200);
            (!is_xml).then(|| format!("the `Content-Type` is `{}`, expected `text/xml`", shown()))
        }
        // One that is wrong spoils the body, and is found by every case.
        HeadCheck::ContentLength if reply.header("content-length").is_none() => {
            Some("the reply has no `Content-Length`, expected the length of its body in bytes".to_owned())
        }
        HeadCheck::ContentLength => None,
    }
}

/// Says what came, for people.
pub(super) fn got(reply: &Result<Reply, NoReply>) -> String {
    match reply {
        Ok(reply) => {
            let document = Rules::Xmlrpc(xmlrpc::Rules::spec()).decode(&reply.body);
            let document = document.map_or_else(|error| format!("no document ({error})"), |it| it.to_json());
            format!("{}, {}", reply.status, shortened(&document, 400))
        }
        Err(NoReply::Closed) => "the end of the connection".to_owned(),
        Err(NoReply::Unreachable(_)) => "no connection".to_owned(),
        Err(NoReply::Late) => "nothing in time".to_owned(),
        Err(NoReply::Broken(why)) => why.clone(),
    }
}
