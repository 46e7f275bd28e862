//! A server held against a sequence.

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;

use super::call::References;
use super::server::{Observed, Patience};
use super::{End, Exchange, Sequence, Servers, differences, masked};
use crate::Error;
use crate::verdict::Status;

/// What is found about one exchange.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// `3.0.3/sxp/post-destroy-dom0`.
    pub id: String,
    /// `pass`, `fail`, `expected-failure`, `unexpected-pass` or `skipped`.
    pub status: Status,
    /// Why it was skipped, or why a failure is expected.
    pub why: Option<String>,
    /// The request, as it was sent.
    pub request: Vec<u8>,
    /// Where the reply differs, one place a line.
    pub differences: Vec<String>,
}

impl Comparison {
    /// Whether it was not as expected.
    pub fn is_unexpected(&self) -> bool {
        matches!(self.status, Status::Fail | Status::UnexpectedPass)
    }

    /// Whether replies were compared.
    pub fn is_judged(&self) -> bool {
        self.status != Status::Skipped
    }
}

/// How long a reply may take.
const REPLY: Duration = Duration::from_millis(1500);
/// How long silence must last where silence is expected.
const SILENCE: Duration = Duration::from_millis(500);
/// How many replies in a row may be missing, or without end, before no more is asked of a server: one that hangs would take hours.
const MISSING: usize = 3;
/// How long a close may take behind a reply.
const CLOSE: Duration = Duration::from_millis(150);

/// Makes the exchanges of a sequence again, in their order, and compares the replies.
///
/// All requests are sent, those whose reply is not known included, since state carries over. With `pauses` the server is
/// given as much time between two as the real daemon was. `is_own_mock` is for ours, with the scenario of the sequence: it
/// has the methods `test.*` of the captures, and an exchange that is known to differ is expected to.
///
/// # Errors
/// The first address can't be connected to. A server that is gone later fails the exchange that it did not take, and
/// ends the comparison; so does one that says nothing several times in a row.
pub async fn compare(
    sequence: &Sequence,
    servers: &Servers,
    pauses: bool,
    is_own_mock: bool,
) -> Result<Vec<Comparison>, Error> {
    static UUID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("(?-u)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a valid pattern"));
    let (mut session, mut references) = (Vec::new(), References::new());
    let mut comparisons = Vec::new();
    let (mut has_answered, mut missing) = (false, 0);
    for exchange in &sequence.exchanges {
        let id = format!("{}/{}", sequence.name, exchange.case);
        let Some(server) = servers.find(exchange) else {
            let why = format!("no address for the {} face", exchange.face);
            comparisons.push(skipped(id, Vec::new(), why));
            continue;
        };
        let request = match &exchange.call {
            Some(call) => call.request(&references),
            None => replace(&exchange.request, b"{session}", &session),
        };
        let reply = if exchange.end == End::Silent { SILENCE } else { REPLY };
        let patience = Patience { reply, end: CLOSE };
        let observed = match server.exchange(&request, exchange.half_close, patience).await {
            Ok(observed) => observed,
            Err(error) if !has_answered => {
                return Err(Error::Usage(format!("can't reach the server at {server}: {error}")));
            }
            // What it answered before is worth telling.
            Err(error) => {
                let difference = format!("the server at {server} is gone: {error}; the rest was not sent");
                let differences = vec![difference];
                comparisons.push(Comparison { id, status: Status::Fail, why: None, request, differences });
                break;
            }
        };
        has_answered = true;
        if let Some(call) = &exchange.call {
            call.take(&observed.bytes, &mut references);
        }
        if exchange.gives_session {
            session = UUID.find(&observed.bytes).map(|uuid| uuid.as_bytes().to_vec()).unwrap_or_default();
        }
        if pauses && !exchange.pause.is_zero() {
            tokio::time::sleep(exchange.pause).await;
        }
        let mut comparison = judge(id, exchange, request, &observed, sequence, is_own_mock);
        let is_silent = observed.end == End::Silent && exchange.end != End::Silent;
        missing = if is_silent || observed.overrun.is_some() { missing + 1 } else { 0 };
        let is_given_up = missing == MISSING;
        if is_given_up {
            let difference =
                format!("the server at {server} has not answered in time {MISSING} times; the rest was not sent");
            comparison.status = Status::Fail;
            comparison.differences.push(difference);
        }
        comparisons.push(comparison);
        if is_given_up {
            break;
        }
    }
    Ok(comparisons)
}

fn judge(
    id: String,
    exchange: &Exchange,
    request: Vec<u8>,
    observed: &Observed,
    sequence: &Sequence,
    is_own_mock: bool,
) -> Comparison {
    if !exchange.is_known() {
        return skipped(id, request, "the daemon's reply is not known".to_owned());
    }
    if exchange.is_unstable {
        return skipped(id, request, "the daemon answers it differently from run to run".to_owned());
    }
    if exchange.is_about_test_methods && !is_own_mock {
        let why = "it is about methods `test.*` that only the daemon of the captures had";
        return skipped(id, request, why.to_owned());
    }
    let mut found = match (&exchange.call, &exchange.response) {
        (Some(call), _) => call.differences(&observed.bytes, sequence.release),
        (None, response) => {
            let (wanted, got) = (masked(response.as_deref().unwrap_or_default()), masked(&observed.bytes));
            if wanted == got { Vec::new() } else { differences(&got, &wanted, exchange.face, sequence.release) }
        }
    };
    found.extend(observed.overrun.clone());
    found.extend(difference_of_end(observed.end, exchange.end));
    let known = exchange.differs.as_ref().filter(|_| is_own_mock);
    let status = match (found.is_empty(), known) {
        (true, None) => Status::Pass,
        (false, None) => Status::Fail,
        (false, Some(_)) => Status::ExpectedFailure,
        (true, Some(_)) => Status::UnexpectedPass,
    };
    Comparison { id, status, why: known.cloned(), request, differences: found }
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
        End::Silent => "nothing comes, and the connection stays open",
    };
    (!agrees).then(|| format!("end: got `{}`, wanted `{}`", words(got), words(wanted)))
}

fn skipped(id: String, request: Vec<u8>, why: String) -> Comparison {
    Comparison { id, status: Status::Skipped, why: Some(why), request, differences: Vec::new() }
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
