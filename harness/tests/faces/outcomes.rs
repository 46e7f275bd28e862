//! The 42 replies that were fed to libvirt's client at four dates (`tables/libvirt-outcomes.json`), and what ours makes
//! of them. Each stands in `scenarios/libvirt-replies.toml`, to be had by the domain's name.

use std::path::Path;

use mock_xend::Scenario;
use serde_json::Value as Json;
use xend_client::{Error, Face, Release};

use crate::faces::daemon::{client, run, scripted};

/// What is right: what the daemon says went wrong did go wrong, whatever the status of the daemon's; what can't be read, or
/// has a status that the daemon does not send, is said to be unknown; a number that is none is not there, rather than 0 as for libvirt; long replies, chunks, interim replies and
/// lines that end in a bare line feed are read.
#[rustfmt::skip]
const RIGHT: &[(&str, &str)] = &[
    ("err200-pause", "ERR_VM_CONTROL_OP_FAILED Refused: Domain vm1 not running"),
    ("failed202-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply does not confirm the operation, but says `save failed`"),
    ("err202-pause", "ERR_VM_CONTROL_OP_FAILED Refused: boom"),
    ("st204-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: HTTP 204 No content"),
    ("st302-pause", "ERR_UNKNOWN Refused: HTTP 302 Found, without a `Location`"),
    ("st404-pause", "ERR_VM_NOT_FOUND Refused: Not Found"),
    ("st406-pause", "ERR_BAD_PARAMETER Refused: Not Acceptable"),
    ("st500-pause", "ERR_VM_CONTROL_OP_FAILED Refused: x"),
    ("st501-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: Operation not implemented: pause"),
    ("st503-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: HTTP 503 x: busy"),
    ("http10-pause", "done"),
    ("http20-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply is not HTTP: invalid HTTP version parsed"),
    ("nolf-pause", "done"),
    ("empty-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the connection was closed before the reply was complete"),
    ("noreason-pause", "done"),
    ("big4096-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"),
    ("len1024-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"),
    ("len1025-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"),
    ("interim-pause", "done"),
    ("neg-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply is not HTTP: invalid content-length parsed"),
    ("junkcl-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply is not HTTP: invalid content-length parsed"),
    ("nospace-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: hello"),
    ("lowercl-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: hello"),
    ("chunk-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: hello"),
    ("shortbody-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply ends too early: error reading a body from connection"),
    ("dupstatus-pause", "ERR_UNABLE_TO_VERIFY_STATE Unknown: the reply is not HTTP: invalid HTTP header parsed"),
    ("fmt-pause", "ERR_VMM_CMD_FORMAT_ERROR Refused: %s%n%d boom"),
    ("nolen-info", "id Some(3), memory None MiB of None, vcpus None, time None, None"),
    ("chunk-info", "ERR_COMMUNICATION_NOT_ESTABLISHED Sent: expected `(domain ...)` in the reply, found `()`"),
    ("err200-info", "ERR_OPERATION_FAILED Refused: Domain does not exist"),
    ("st404-info", "ERR_VM_NOT_FOUND Refused: no"),
    ("st500-info", "ERR_VM_NOT_FOUND Refused: No such domain st500"),
    ("st501-info", "ERR_VMM_CMD_FORMAT_ERROR Refused: nope"),
    ("html-info", "ERR_COMMUNICATION_NOT_ESTABLISHED Sent: expected `(domain ...)` in the reply, found `<html><head></head><body>"),
    ("nodomid-info", "id None, memory None MiB of None, vcpus None, time None, Some(Halted)"),
    ("baduuid-info", "id Some(3), memory None MiB of None, vcpus None, time None, None"),
    ("domidx-info", "id None, memory None MiB of None, vcpus None, time None, None"),
    ("olduuid-info", "id Some(3), memory None MiB of None, vcpus None, time None, None"),
    ("floatmem-info", "id Some(3), memory None MiB of None, vcpus None, time None, Some(Running)"),
    ("octal-info", "id Some(10), memory Some(128) MiB of None, vcpus None, time None, Some(Running)"),
    (
        "big-info",
        "ERR_COMMUNICATION_NOT_ESTABLISHED Sent: expected `(domain ...)` in the reply, found `(domain (name big) (domid",
    ),
    ("huge-info", "ERR_COMMUNICATION_NOT_ESTABLISHED Sent: expected `(domain ...)` in the reply, found `AAAAAAAAAAAAAAAAAAAAAAAAA"),
];

/// What came of an operation, on one line.
fn outcome<T>(result: Result<T, Error>, show: impl FnOnce(&T) -> String) -> String {
    match result {
        Ok(value) => show(&value),
        Err(error) => {
            let message: String = error.message().chars().take(70).collect();
            format!("{} {:?}: {message}", error.code(), error.fate())
        }
    }
}

#[test]
fn libvirts_replies_are_read_right() {
    let file = xend_fixtures::file("scenarios/libvirt-replies.toml").expect("the scenario is there");
    let scenario =
        Scenario::parse("libvirt-replies.toml", str::from_utf8(file.bytes()).unwrap(), Path::new(".")).unwrap();
    let daemon = scripted(Release::V3_0_3, scenario);
    let table = xend_fixtures::file("tables/libvirt-outcomes.json").expect("the table is there");
    let table: Json = serde_json::from_slice(table.bytes()).unwrap();
    let mut shown = Vec::new();
    for row in table.as_array().unwrap() {
        let (scenario, operation) = (row["scenario"].as_str().unwrap(), row["op"].as_str().unwrap());
        let name = format!("{scenario}-{operation}");
        let client = client(&daemon, Face::Sxp);
        let outcome = run(async {
            match operation {
                "pause" => outcome(client.pause(&name).await, |()| "done".to_owned()),
                _ => outcome(client.domain(&name).await, |domain| {
                    let (memory, max, vcpus) = (domain.memory_mib(), domain.max_memory_mib(), domain.vcpus());
                    let state = domain.power_state();
                    format!(
                        "id {:?}, memory {memory:?} MiB of {max:?}, vcpus {vcpus:?}, time {:?}, {state:?}",
                        domain.domid(),
                        domain.cpu_time()
                    )
                }),
            }
        });
        shown.push((name, outcome));
    }
    let right: Vec<_> = RIGHT.iter().map(|(name, outcome)| ((*name).to_owned(), (*outcome).to_owned())).collect();
    assert_eq!(shown, right);
}
