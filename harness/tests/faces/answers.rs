//! Captured replies of the real daemon, read as the answers of operations.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use xend_harness::exchange::{Exchange, Sequence};
use xend_wire::datum::Datum;
use xend_wire::http::Reply;
use xend_wire::operation::{ALL, Arguments, Face, Operation, recognise_call};
use xend_wire::{Limits, Release, sexpr, xmlrpc};

use crate::faces::requests::{elements, form, recognise_resource, split};

/// The exchanges of the real daemon.
pub(crate) fn sequences() -> &'static [Sequence] {
    static SEQUENCES: LazyLock<Vec<Sequence>> = LazyLock::new(|| Sequence::built_in().unwrap());
    &SEQUENCES
}

/// The operation that a captured request asks for.
pub(crate) fn operation(exchange: &Exchange, release: Release) -> Option<(Operation, Arguments)> {
    let (head, body) = split(&exchange.request);
    if exchange.face == Face::Sxp {
        // Browsers get HTML (protocol reference §1.5).
        let line: Vec<_> = head.lines().next().unwrap_or_default().split(' ').collect();
        let [method, target, _] = line[..] else { return None };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let body = if method == "POST" { body } else { b"" };
        let fields = form(&format!("{query}&{}", String::from_utf8_lossy(body)));
        return recognise_resource(release, method, &elements(path), &fields);
    }
    let call = xmlrpc::decode_call(body, xmlrpc::Rules::xend(release), &Limits::default()).ok()?;
    let params: Vec<_> = call.params().map(Datum::from_value).collect();
    recognise_call(ALL, exchange.face, release, call.method(), &params).into_iter().next()
}

pub(crate) fn reply(exchange: &Exchange) -> Option<Reply> {
    let (head, body) = split(exchange.response.as_ref()?);
    let line = head.lines().next()?.strip_prefix("HTTP/1.")?;
    let (status, reason) = line.get(2..)?.split_once(' ').unwrap_or((line.get(2..)?, ""));
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let headers = head.lines().skip(1).filter_map(header).collect();
    Some(Reply { status: status.parse().ok()?, reason: reason.to_owned(), headers, body: body.to_vec() })
}

/// Whether the daemon says, in whichever of its ways, that something went wrong.
fn is_failure(reply: &Reply) -> bool {
    let says = |text: &str| reply.body.windows(text.len()).any(|window| window == text.as_bytes());
    !(200..300).contains(&reply.status) || says("xend.err") || says("faultCode") || says("ErrorDescription")
}

/// Every captured reply to an operation is read: a success as the answer of its shape, a failure as one that the daemon
/// gives, never as a reply that can't be understood.
#[test]
fn captured_replies_are_read() {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for sequence in sequences() {
        // One query has a second `?` in it, which the daemon reads as no client means it.
        let is_plain = |exchange: &&Exchange| !exchange.case.contains("html") && exchange.case != "get-query-two-q";
        for exchange in sequence.exchanges.iter().filter(is_plain) {
            let Some((operation, _)) = operation(exchange, sequence.release) else { continue };
            let Some(reply) = reply(exchange) else { continue };
            let is_html = reply.body.starts_with(b"<html>") || reply.body.ends_with(b"</html>");
            if is_html || exchange.request.starts_with(b"HEAD") {
                continue;
            }
            let count = counts.entry((exchange.face.as_str(), operation.name())).or_default();
            let id = format!("{} {} {}", sequence.name, exchange.case, operation.name());
            match operation.read(exchange.face, sequence.release, &reply) {
                Ok(_) if is_failure(&reply) => wrong.push(format!("{id}: read as a success")),
                Err(failure) if !is_failure(&reply) => wrong.push(format!("{id}: {failure}")),
                Ok(_) => count.0 += 1,
                Err(_) => count.1 += 1,
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lines = counts
        .iter()
        .map(|((face, operation), (done, failed))| format!("{face} {operation}: {done} done, {failed} failed"));
    let _snapshots = crate::faces::snapshots();
    insta::assert_snapshot!("captured-answers", lines.collect::<Vec<_>>().join("\n"));
}

fn answer(sequence: &str, case: &str) -> String {
    let sequence = sequences().iter().find(|known| known.name == sequence).expect(sequence);
    let exchange = sequence.exchanges.iter().find(|exchange| exchange.case == case).expect(case);
    let (operation, _) = operation(exchange, sequence.release).expect(case);
    let answer = operation.read(exchange.face, sequence.release, &reply(exchange).expect(case)).expect(case);
    String::from_utf8_lossy(&sexpr::print(&answer, sexpr::Rules::strict())).into_owned()
}

/// Some of them, as they are read; what is expected stands in the captures.
#[test]
fn answers_have_one_shape() {
    assert_eq!(
        answer("3.0.3/sxp", "post-devices-vif"),
        "((0 ((backend /local/domain/0/backend/vif/2/0) (backend-id 0) (handle 0) (mac 00:16:3e:00:00:02) (state 1))))"
    );
    assert_eq!(
        answer("3.0.3/xmlrpc", "devs-vif"),
        "((0 ((backend /local/domain/0/backend/vif/1/0) (backend-id 0) (handle 0) (mac 00:16:3e:00:00:01) (state 1))))"
    );
    assert_eq!(answer("4.1/sxp", "post-device-create"), "(vif (dom 2 id 1))");
    assert_eq!(answer("4.1/xmlrpc", "dev-create"), "(vif (dom 1 id 1))");
    let sedf = "(sedf (domid 2) (period 100000000) (slice 0) (latency 0) (extratime 1) (weight 0))";
    assert_eq!(answer("4.1/sxp", "post-sedf-get"), sedf);
    assert_eq!(answer("4.1/xmlrpc", "getRestartCount"), "0");
    assert_eq!(answer("4.1/xmlrpc", "xenapi-VM.get_by_name_label"), "(11111111-1111-1111-1111-111111111111)");
    // `VM.get_all_records` is what `domain.list` asks for: those that run.
    assert_eq!(answer("4.1/xmlrpc", "xenapi-VM.get_all_records"), "(Domain-0 vm1)");
    let ring = "(XEN) fake console ring\n(XEN) line \"two\" & <three>\n";
    assert_eq!(answer("3.0.2/sxp", "get-node-dmesg"), sexpr_atom(ring));
}

fn sexpr_atom(text: &str) -> String {
    let mut builder = sexpr::Builder::new();
    builder.atom(text);
    String::from_utf8_lossy(&sexpr::print(&builder.finish(), sexpr::Rules::strict())).into_owned()
}
