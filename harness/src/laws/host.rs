//! A server, and all laws tried on it.

use std::time::Instant;

use xend_client::{Client, Uri};
use xend_wire::Release;

use super::Law;
use super::trial::Trial;
use crate::suite::Run;
use crate::{Error, Pattern, Status, Verdict};

/// A server under one or several addresses.
#[derive(Clone, Debug)]
pub struct Host {
    /// What it is called in reports.
    pub name: String,
    /// The addresses: a label such as `sxp+unix`, and a client.
    pub addresses: Vec<(String, Client)>,
    /// Its release.
    pub release: Release,
}

/// What is tried, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether laws that change something are tried.
    pub is_destructive: bool,
    /// The laws to try, by id; all if empty.
    pub filter: Vec<Pattern>,
    /// The path of a kernel on the server's host, with which domains are made.
    pub kernel: String,
    /// The words that repeat the run; what picks out one law is added.
    pub repeat: Vec<String>,
}

impl Host {
    /// The server behind some addresses. Their clients must know the release.
    pub fn new(addresses: Vec<(Uri, Client)>, release: Release) -> Self {
        let name = addresses.iter().map(|(uri, _)| uri.to_string()).collect::<Vec<_>>().join(" ");
        let mut labelled: Vec<(String, Client)> = Vec::new();
        for (uri, client) in addresses {
            let scheme = uri.to_string().split("://").next().unwrap_or_default().to_owned();
            let same = labelled.iter().filter(|(label, _)| label.split('#').next() == Some(&scheme)).count();
            let label = if same == 0 { scheme } else { format!("{scheme}#{}", same + 1) };
            labelled.push((label, client));
        }
        Self { name, addresses: labelled, release }
    }
}

/// How many laws in a row may go without an answer over an address before no more are tried over it: a server that hangs
/// would take hours.
const UNANSWERED: usize = 3;
const GIVEN_UP: &str = "the server has answered no more";

/// Tries all laws over each address of a server.
///
/// # Errors
/// A pattern of the filter matches no law.
pub async fn check(host: &Host, laws: &[Law], options: &Options) -> Result<Run, Error> {
    if let Some(vain) = options.filter.iter().find(|it| !laws.iter().any(|law| it.matches_id(&law.id))) {
        let ids: Vec<_> = laws.iter().map(|law| &*law.id).collect();
        return Err(Error::Usage(format!("no law matches `{vain}`; those there are: {}", ids.join(", "))));
    }
    let is_chosen = |law: &&Law| options.filter.is_empty() || options.filter.iter().any(|it| it.matches_id(&law.id));
    let chosen = laws.iter().filter(is_chosen);
    let (mut verdicts, mut unanswered) = (Vec::new(), vec![0; host.addresses.len()]);
    for (number, law) in chosen.enumerate() {
        for (at, (label, _)) in host.addresses.iter().enumerate() {
            let begin = Instant::now();
            let id = format!("{}@{label}", law.id);
            let unjudged = unjudged(host, law, options);
            let verdict = match unjudged.or_else(|| (unanswered[at] == UNANSWERED).then(|| GIVEN_UP.to_owned())) {
                Some(why) => Verdict { why, ..plain(&id, Status::Skipped) },
                None => Trial::new(host, at, law, number, options).verdict(&id).await,
            };
            match verdict.status {
                Status::Skipped | Status::Unsupported => {}
                Status::Timeout | Status::Crash => unanswered[at] += 1,
                _ => unanswered[at] = 0,
            }
            verdicts.push(Verdict { elapsed: begin.elapsed(), ..verdict });
        }
    }
    verdicts.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(Run { subject: host.name.clone(), verdicts, stale: Vec::new() })
}

fn unjudged(host: &Host, law: &Law, options: &Options) -> Option<String> {
    if !law.releases.contains(&host.release) {
        return Some(format!("the law does not hold for {}", host.release));
    }
    if law.is_destructive() && !options.is_destructive {
        return Some("it changes the host, which needs --destructive".to_owned());
    }
    None
}

/// A verdict that nothing more is to be said of.
pub(super) fn plain(id: &str, status: Status) -> Verdict {
    Verdict {
        id: id.to_owned(),
        rules: None,
        level: None,
        status,
        is_unexpected: status.is_failure(),
        why: String::new(),
        evidence: None,
        elapsed: std::time::Duration::ZERO,
    }
}
