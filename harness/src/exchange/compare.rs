//! Compares a server's replies with a sequence of exchanges.

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::{Captures, Regex};

use super::call::References;
use super::server::{Observed, Timeouts};
use super::{End, Exchange, Same, Sequence, Servers, differences, filled, masked};
use crate::Error;
use crate::verdict::Status;

/// The result of repeating one exchange with a server.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The name of the sequence and the case, such as `3.0.3/sxp/post-destroy-dom0`.
    pub id: String,
    /// The result: `pass`, `fail`, `expected-failure`, `unexpected-pass` or `skipped`.
    pub status: Status,
    /// Why the exchange was skipped, or why its reply is expected to differ.
    pub why: Option<String>,
    /// The request, as it was sent to the server.
    pub request: Vec<u8>,
    /// The server's reply.
    pub reply: Vec<u8>,
    /// The differences between the server's reply and the daemon's, one text for each place.
    pub differences: Vec<String>,
}

/// The options for the comparison of a server with a sequence of exchanges.
#[derive(Clone, Copy, Debug)]
pub struct CompareOptions {
    /// Whether the server is given as much time between two requests as the real daemon was.
    pub pauses: bool,
    /// Whether the server is this project's mock with the scenario of the sequence: it has the methods `test.*` of the
    /// captures, and exchanges that are known to differ are expected to differ.
    pub is_own_mock: bool,
    /// How much of a reply must be the same.
    pub same: Same,
    /// How long the server may take for a reply.
    pub timeout: Duration,
}

impl Default for CompareOptions {
    /// Every byte must be the same, within 1.5 seconds, and no pauses are made.
    fn default() -> Self {
        Self { pauses: false, is_own_mock: false, same: Same::Bytes, timeout: REPLY_TIMEOUT }
    }
}

impl Comparison {
    /// Returns whether the exchange fails the comparison: the reply differs unexpectedly, or is the same unexpectedly.
    pub fn is_unexpected(&self) -> bool {
        matches!(self.status, Status::Fail | Status::UnexpectedPass)
    }

    /// Returns whether replies were compared, that is, whether the exchange was not skipped.
    pub fn is_judged(&self) -> bool {
        self.status != Status::Skipped
    }
}

/// How long a server may take for a reply if nothing else is asked for.
const REPLY_TIMEOUT: Duration = Duration::from_millis(1500);
/// How long a server must stay silent if no reply is expected.
const SILENCE_TIMEOUT: Duration = Duration::from_millis(500);
/// The number of replies in a row that may be missing or without end. After that no more requests are sent, since a
/// server that hangs would make the comparison take hours.
const MAX_UNANSWERED: usize = 3;
/// How long a server may take to close the connection after its reply.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(150);

/// Repeats the exchanges of a sequence with a server, in their order, and compares the replies.
///
/// All requests are sent, even if the daemon's reply is not known, because each may change the state of the server.
///
/// If the server can't be reached any more after its first reply, the exchange that could not be sent fails and the
/// comparison ends. It also ends if the server does not answer several times in a row.
///
/// # Errors
/// Returns [`Error::Usage`] if the first request can't be sent because the server can't be reached.
pub async fn compare(
    sequence: &Sequence,
    servers: &Servers,
    options: CompareOptions,
) -> Result<Vec<Comparison>, Error> {
    let mut comparisons = Vec::new();
    compare_each(sequence, servers, options, |comparison| comparisons.push(comparison)).await?;
    Ok(comparisons)
}

/// As [`compare`], but gives each comparison to `has_come` when it is made.
pub(super) async fn compare_each(
    sequence: &Sequence,
    servers: &Servers,
    options: CompareOptions,
    mut has_come: impl FnMut(Comparison),
) -> Result<(), Error> {
    let CompareOptions { pauses, timeout, .. } = options;
    static UUID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("(?-u)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a valid pattern"));
    let (mut session, mut references) = (Vec::new(), References::new());
    let (mut has_answered, mut missing) = (false, 0);
    for exchange in &sequence.exchanges {
        let id = format!("{}/{}", sequence.name, exchange.case);
        let Some(server) = servers.find(exchange) else {
            let why = format!("no address for the {} face", exchange.face);
            has_come(skipped(id, Vec::new(), why));
            continue;
        };
        let request = match &exchange.call {
            Some(call) => call.request(&references),
            None => sendable(&exchange.request, &session),
        };
        let reply = if exchange.end == End::Silent { SILENCE_TIMEOUT } else { timeout };
        let timeouts = Timeouts { reply, after_reply: CLOSE_TIMEOUT };
        let observed = match server.exchange(&request, exchange.half_close, timeouts).await {
            Ok(observed) => observed,
            Err(error) if !has_answered => {
                return Err(Error::Usage(format!("can't reach the server at {server}: {error}")));
            }
            // The results so far are kept.
            Err(error) => {
                let difference = format!(
                    "the server at {server} can't be reached any more: {error}; the remaining requests were not sent"
                );
                let differences = vec![difference];
                let reply = Vec::new();
                has_come(Comparison { id, status: Status::Fail, why: None, request, reply, differences });
                break;
            }
        };
        has_answered = true;
        if let Some(call) = &exchange.call {
            call.store_references(&observed.bytes, &mut references);
        }
        if exchange.gives_session {
            session = UUID.find(&observed.bytes).map(|uuid| uuid.as_bytes().to_vec()).unwrap_or_default();
        }
        if pauses && !exchange.pause.is_zero() {
            tokio::time::sleep(exchange.pause).await;
        }
        let mut comparison = judge(id, exchange, request, &observed, sequence, options);
        let is_silent = observed.end == End::Silent && exchange.end != End::Silent;
        missing = if is_silent || observed.overrun.is_some() { missing + 1 } else { 0 };
        let is_given_up = missing == MAX_UNANSWERED;
        if is_given_up {
            let difference = format!(
                "the server at {server} did not answer in time {MAX_UNANSWERED} times in a row; \
                 the remaining requests were not sent"
            );
            comparison.status = Status::Fail;
            comparison.differences.push(difference);
        }
        has_come(comparison);
        if is_given_up {
            break;
        }
    }
    Ok(())
}

fn judge(
    id: String,
    exchange: &Exchange,
    request: Vec<u8>,
    observed: &Observed,
    sequence: &Sequence,
    options: CompareOptions,
) -> Comparison {
    let CompareOptions { is_own_mock, same, .. } = options;
    if !exchange.is_known() {
        return skipped(id, request, "the daemon's reply is not known".to_owned());
    }
    if exchange.is_unstable {
        return skipped(id, request, "the daemon's reply differs from run to run".to_owned());
    }
    if exchange.is_about_test_methods && !is_own_mock {
        let why = "the request is about the methods `test.*`, which only the daemon of the captures had";
        return skipped(id, request, why.to_owned());
    }
    let mut found = match (&exchange.call, &exchange.response) {
        (Some(call), _) => call.differences(&observed.bytes, sequence.release),
        (None, response) => {
            let (wanted, got) = filled(masked(response.as_deref().unwrap_or_default()), masked(&observed.bytes));
            if wanted == got { Vec::new() } else { differences(&got, &wanted, exchange.face, sequence.release, same) }
        }
    };
    found.extend(observed.overrun.clone());
    if same == Same::Bytes || observed.end == End::Silent {
        found.extend(difference_of_end(observed.end, exchange.end));
    }
    let known = exchange.differs.as_ref().filter(|_| is_own_mock);
    let status = match (found.is_empty(), known) {
        (true, None) => Status::Pass,
        (false, None) => Status::Fail,
        (false, Some(_)) => Status::ExpectedFailure,
        (true, Some(_)) => Status::UnexpectedPass,
    };
    let reply = observed.bytes.clone();
    Comparison { id, status, why: known.cloned(), request, reply, differences: found }
}

fn difference_of_end(got: End, wanted: End) -> Option<String> {
    let agrees = match wanted {
        End::Closed | End::Reset => matches!(got, End::Closed | End::Reset),
        End::Late => matches!(got, End::Closed | End::Reset | End::Open),
        End::Open | End::Silent => got == wanted,
    };
    let words = |end| match end {
        End::Closed => "the connection is closed",
        End::Reset => "the connection is reset",
        End::Open | End::Late => "the connection stays open",
        End::Silent => "there is no reply, and the connection stays open",
    };
    (!agrees).then(|| format!("end: got `{}`, wanted `{}`", words(got), words(wanted)))
}

fn skipped(id: String, request: Vec<u8>, why: String) -> Comparison {
    let reply = Vec::new();
    Comparison { id, status: Status::Skipped, why: Some(why), request, reply, differences: Vec::new() }
}

/// Returns a request in which `{session}` is the session that the server gave, and each `{redacted}` of the body a secret
/// that the server can read: to the daemon, braces end an atom. A `Content-Length` that counts the texts in their places
/// counts what is sent.
fn sendable(request: &[u8], session: &[u8]) -> Vec<u8> {
    static LENGTH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?im-u)^(content-length:[ \t]*)(\d+)").expect("a valid pattern"));
    let end = request.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    let (head, body) = request.split_at(end);
    let filled = replace(&replace(body, b"{session}", session), b"{redacted}", b"redacted");
    let counted = body.len().to_string();
    let head = LENGTH.replace(head, |found: &Captures<'_>| match found[2] == *counted.as_bytes() {
        true => [&found[1], filled.len().to_string().as_bytes()].concat(),
        false => found[0].to_vec(),
    });
    [&*head, filled.as_slice()].concat()
}

fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(what.len()).position(|window| window == what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_filled_in_and_counted() {
        let told = |length: u32| format!("POST / HTTP/1.1\r\nContent-length: {length}\r\n\r\n<{{session}}>");
        let sent = |length| String::from_utf8(sendable(told(length).as_bytes(), b"REF")).expect("UTF-8");
        assert_eq!(sent(11), "POST / HTTP/1.1\r\nContent-length: 5\r\n\r\n<REF>");
        let redacted = sendable(b"POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n({redacted})", b"");
        assert_eq!(redacted, b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n(redacted)");
        // A length that counts neither is that of the session of the recording, or wrong on purpose.
        assert_eq!(sent(38), "POST / HTTP/1.1\r\nContent-length: 38\r\n\r\n<REF>");
    }
}
