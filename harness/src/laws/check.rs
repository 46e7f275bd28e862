//! All laws tried on a server.

use std::time::Instant;

use xend_wire::operation::Face;

use super::Law;
use super::host::{Host, Options};
use super::trial::{Trial, plain};
use crate::Error;
use crate::suite::Run;
use crate::verdict::{Status, Verdict};

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
            let unjudged = unjudged(host, label, law, options);
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

fn unjudged(host: &Host, label: &str, law: &Law, options: &Options) -> Option<String> {
    let face: Option<Face> = label.split(['+', '#']).next().and_then(|face| face.parse().ok());
    if let Some(face) = face.filter(|face| !law.faces.contains(face)) {
        return Some(format!("the law does not hold for the face {face}"));
    }
    if !law.releases.contains(&host.release) {
        return Some(format!("the law does not hold for {}", host.release));
    }
    if law.is_destructive() && !options.is_destructive {
        return Some("it changes the host, which needs --destructive".to_owned());
    }
    None
}
