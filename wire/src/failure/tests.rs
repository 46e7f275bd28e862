//! Tests that the table of patterns is well-formed, and that texts of the daemon get the right codes.

use std::collections::HashSet;

use super::classify::{Pattern, rows};
use super::*;
use crate::Release;
use crate::http::Reply;
use crate::operation::{self, Face, find};
use crate::tests::sample;
use crate::xenapi::{self, Outcome};
use crate::xmlrpc::{Response, Rules, decode_response};
use crate::{Limits, datum};

#[test]
fn every_row_is_well_formed() {
    for (line, row) in sample(rows()) {
        if let Err(why) = Pattern::parse(row) {
            panic!("patterns.tsv:{line}: {why}");
        }
    }
}

/// Every code has a row, except those that no failure of Xend has or that are not found by a text.
#[test]
fn every_code_has_a_row_or_a_reason() {
    use ErrorCode::*;
    let no_failure = [Success, UndoableDiskNotSupported, MountFailedDirNotEmpty, CantDismountBootOrSystem];
    let not_from_a_text = [CommunicationNotEstablished, Unknown];
    let with_row: HashSet<_> =
        rows().filter_map(|(_, row)| Pattern::parse(row).ok()).map(|pattern| pattern.code).collect();
    for code in ErrorCode::ALL {
        let expected = !no_failure.contains(code) && !not_from_a_text.contains(code);
        assert_eq!(with_row.contains(code), expected, "{code}");
    }
}

/// Each code in the table is the code of at least one message in the corpus.
#[test]
fn the_corpus_covers_every_code_with_a_row() {
    let corpus = xend_fixtures::file("tables/failure-messages.jsonl").expect("the corpus");
    let corpus = std::str::from_utf8(corpus.bytes()).expect("UTF-8");
    assert!(corpus.lines().count() >= 150);
    // `{"code": "ERR_...", ...`
    let codes: HashSet<_> = corpus.lines().filter_map(|line| line.split('"').nth(3)).collect();
    for (line, row) in sample(rows()) {
        let code = Pattern::parse(row).unwrap_or_else(|why| panic!("patterns.tsv:{line}: {why}")).code;
        assert!(codes.contains(code.as_str()), "no message for {code}");
    }
}

#[test]
fn patterns_name_known_operations() {
    for (line, row) in rows() {
        let operations = row.split('\t').nth(1).expect("eight columns");
        for name in operations.split('|').filter(|name| !name.contains('*')) {
            let known = operation::ALL.iter().any(|operation| operation.name() == name);
            assert!(known, "patterns.tsv:{line}: unknown operation `{name}`");
        }
    }
}

fn context(operation: &str, face: Face, release: Release) -> RequestContext {
    RequestContext::new(find(operation).expect("an operation"), face, release)
}

fn reply(status: u16, reason: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply::new(status, reason, body)
}

/// Protocol reference §3.4 to §3.6; the HTML page is that of capture `post-mem-bad-html@3.0.3`.
#[test]
fn a_status_line_and_a_body() {
    let check = |operation: &str, reply: Reply, code: ErrorCode, message: &str| {
        let failure = Failure::from_reply(context(operation, Face::Sxp, Release::V4_1), &reply).expect("a failure");
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
        assert_eq!(failure.reply.as_deref(), Some(&reply));
    };
    use ErrorCode::*;
    let error = "(xend.err 'Cannot destroy privileged domain 0')";
    for (status, reason) in [(200, "OK"), (202, "Accepted"), (500, "Request failed: destroy")] {
        check("domain.destroy", reply(status, reason, error), WrongStateForOp, "Cannot destroy privileged domain 0");
    }
    check("domain.pause", reply(500, "Request failed: pause", ""), VmControlOpFailed, "Request failed: pause");
    check(
        "domain.pause",
        reply(501, "Operation not implemented: pause", "Operation not implemented: pause''"),
        VmmCmdFormatError,
        "Operation not implemented: pause",
    );
    check("domain.info", reply(404, "Not found", "<Fault 3: 'vm1'>"), VmNotFound, "<Fault 3: 'vm1'>");
    check("node.info", reply(404, "Not found", ""), OperationFailed, "Not found");
    check("node.info", reply(500, "Internal server error", ""), Unknown, "Internal server error");
    check("domain.pause", reply(406, "Invalid request", "''"), BadParameter, "Invalid request");
    // Statuses that Xend never sends, and whose phrases are not its own (RFC 9110 §15).
    check("domain.create", reply(503, "Service Unavailable", ""), UnableToVerifyState, "HTTP 503 Service Unavailable");
    check("domain.create", reply(502, "", "no upstream"), UnableToVerifyState, "HTTP 502: no upstream");
    check("domain.create", reply(204, "No Content", ""), UnableToVerifyState, "HTTP 204 No Content");
    check("domain.info", reply(504, "Gateway Timeout", ""), CommunicationNotEstablished, "HTTP 504 Gateway Timeout");
    check(
        "domain.create",
        reply(403, "Forbidden", "<html><p>go away</p>"),
        AccessDenied,
        "HTTP 403 Forbidden: go away",
    );
    check("domain.create", reply(307, "x", "xx"), Unknown, "HTTP 307 x, without a `Location`");
    let mut moved = reply(301, "Moved Permanently", "");
    moved.headers.push(("location".to_owned(), b"https://h/\x1b[0m".to_vec()));
    check("domain.create", moved, Unknown, "HTTP 301 Moved Permanently, to https://h/\\x1b[0m");
    let page = "<html><head></head><body><h1>x</h1><p>invalid literal for int() with base 10: 'abc'</p></body></html>";
    check(
        "domain.create",
        reply(500, "Request failed: mem_target_set", page),
        BadParameter,
        "invalid literal for int() with base 10: 'abc'",
    );
    let both = "Operation not implemented: frobnicate<html><head></head></html>";
    check(
        "domain.pause",
        reply(501, "Operation not implemented: frobnicate", both),
        VmmCmdFormatError,
        "Operation not implemented: frobnicate",
    );

    let fine = [reply(200, "OK", "(domain)"), reply(202, "Accepted", ""), reply(201, "created", "((")];
    for reply in fine {
        assert_eq!(Failure::from_reply(context("domain.pause", Face::Sxp, Release::V4_1), &reply), None);
    }
}

#[test]
fn a_fault_and_an_error_description() {
    let rules = Rules::xend(Release::V3_0_3);
    let body = datum::fault(3, b"vm1");
    let reply = reply(200, "OK", body.clone());
    let Ok(Response::Fault(fault)) = decode_response(&body, rules, &Limits::default()) else { panic!("a fault") };
    let failure = Failure::from_fault(context("domain.info", Face::XmlRpc, Release::V3_0_3), &fault, &reply);
    assert_eq!((failure.code, failure.message.as_str()), (ErrorCode::VmNotFound, "vm1"));
    assert_eq!(failure.reply.as_deref(), Some(&reply));

    let body = xenapi::failure(["SESSION_INVALID", ""]).response(Release::V4_1);
    let Ok(Response::Success(document)) = decode_response(&body, rules, &Limits::default()) else { panic!("a value") };
    let Ok(Outcome::Failure(description)) = xenapi::open_envelope(document.value()) else { panic!("a failure") };
    let context = context("domain.list", Face::XenApi, Release::V4_1);
    let failure = Failure::from_description(context, &description, &reply);
    assert_eq!((failure.code, failure.daemon_code.as_deref()), (ErrorCode::CredentialsNotSet, Some("SESSION_INVALID")));
    assert_eq!(failure.reply.as_deref(), Some(&reply));
}
