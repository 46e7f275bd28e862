//! Tries all laws on a server.

use std::time::Instant;

use xend_wire::operation::Face;

use super::Law;
use super::host::{Host, Options};
use super::trial::{Trial, bare_verdict};
use crate::Error;
use crate::suite::Run;
use crate::verdict::{Status, Verdict};

/// The number of laws in a row that may get no answer over an address. After that no more laws are tried over it, since
/// a server that hangs would make the run take hours.
const MAX_UNANSWERED: usize = 3;
const GIVEN_UP: &str = "the server did not answer over this address several times in a row";

/// Tries the laws on a server, each over every address of it, and returns a verdict for each law and address.
///
/// The id of a verdict is the law's id, an `@`, and the label of the address, such as
/// `laws/pause-is-idempotent@sxp+unix`. A law that does not apply to the server's release, the address's face or the
/// options is skipped.
///
/// # Errors
/// Returns [`Error::Usage`] if a pattern of the filter matches no law.
pub async fn check(host: &Host, laws: &[Law], options: &Options) -> Result<Run, Error> {
    if let Some(unmatched) = options.filter.iter().find(|it| !laws.iter().any(|law| it.matches_id(&law.id))) {
        let ids: Vec<_> = laws.iter().map(|law| &*law.id).collect();
        return Err(Error::Usage(format!("no law matches `{unmatched}`, expected one of {}", ids.join(", "))));
    }
    let is_chosen = |law: &&Law| options.filter.is_empty() || options.filter.iter().any(|it| it.matches_id(&law.id));
    let chosen = laws.iter().filter(is_chosen);
    let (mut verdicts, mut unanswered) = (Vec::new(), vec![0; host.addresses.len()]);
    for (number, law) in chosen.enumerate() {
        for (at, (label, _)) in host.addresses.iter().enumerate() {
            let begin = Instant::now();
            let id = format!("{}@{label}", law.id);
            let reason = reason_to_skip(host, label, law, options);
            let verdict = match reason.or_else(|| (unanswered[at] == MAX_UNANSWERED).then(|| GIVEN_UP.to_owned())) {
                Some(why) => Verdict { why, ..bare_verdict(&id, Status::Skipped) },
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

/// Returns why a law is not tried over an address, or `None` if it is.
fn reason_to_skip(host: &Host, label: &str, law: &Law, options: &Options) -> Option<String> {
    let face: Option<Face> = label.split(['+', '#']).next().and_then(|face| face.parse().ok());
    if let Some(face) = face.filter(|face| !law.faces.contains(face)) {
        return Some(format!("the law does not hold for the face {face}"));
    }
    if !law.releases.contains(&host.release) {
        return Some(format!("the law does not hold for {}", host.release));
    }
    if law.is_destructive() && !options.is_destructive {
        return Some("the law changes the host, which needs --destructive".to_owned());
    }
    None
}
