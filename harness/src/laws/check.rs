//! Tries all laws on a server.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use xend_wire::operation::Face;

use super::host::{Host, Options};
use super::trial::Trial;
use crate::Error;
use crate::law::{Law, Step};
use crate::run::{self, Book, Item, Plan, Run, Scope, Unasked, Watch};
use crate::suite::Suite;
use crate::verdict::{About, Status, Verdict};

/// The number of laws in a row that may get no answer over an address. After that no more laws are tried over it, since
/// a server that hangs would make the run take hours.
const MAX_UNANSWERED: usize = 3;
const GIVEN_UP: &str = "the server did not answer over this address several times in a row";

/// A law to try over an address, which is given by its index.
#[derive(Clone, Copy, Debug)]
struct Task<'l> {
    law: &'l Law,
    number: usize,
    address: usize,
}

/// Tries the laws on a server, each over every address of it, and returns a verdict for each law and address.
///
/// The variant of a verdict is the label of the address, such as `sxp+unix`. A law that does not apply to the server's
/// release, the address's face or the options is skipped. When `interrupted` is done, with a word for what happened,
/// the run ends with the verdicts that have come.
///
/// # Errors
/// Returns [`Error::Usage`] if a pattern of the filter matches no law.
pub async fn check(
    host: &Host,
    laws: &[Law],
    how: &Options,
    options: &run::Options,
    watch: &mut dyn Watch,
    interrupted: impl Future<Output = &'static str>,
) -> Result<Run, Error> {
    let plan = plan(host, laws, how, options)?;
    let mut book = Book::new(&plan, options, watch);
    let mut unanswered = vec![0; host.addresses.len()];
    let mut interrupted = std::pin::pin!(interrupted);
    for (number, item) in plan.questions() {
        let verdict = match &item.task {
            Err(Unasked { status, why }) => Verdict { why: why.clone(), ..item.verdict(*status) },
            Ok(task) if unanswered[task.address] == MAX_UNANSWERED => {
                Verdict { why: GIVEN_UP.to_owned(), ..item.verdict(Status::Skipped) }
            }
            Ok(task) => {
                let begin = Instant::now();
                let mut trial = Trial::new(host, task.address, task.law, task.number, how, options);
                let verdict = tokio::select! {
                    biased;
                    verdict = trial.verdict(item.verdict(Status::Pass)) => verdict,
                    how = &mut interrupted => {
                        book.interrupt(how);
                        break;
                    }
                };
                match verdict.status {
                    Status::Unsupported => {}
                    Status::Timeout | Status::Crash => unanswered[task.address] += 1,
                    _ => unanswered[task.address] = 0,
                }
                Verdict { elapsed: begin.elapsed(), ..verdict }
            }
        };
        if let ControlFlow::Break(()) = book.enter(number, verdict) {
            break;
        }
    }
    Ok(book.close(host.name.clone()))
}

/// Checks that the options choose a law for this server, without asking it anything.
///
/// # Errors
/// Returns [`Error::Usage`] if a pattern of the filter matches no law.
pub fn check_selection(host: &Host, laws: &[Law], how: &Options, options: &run::Options) -> Result<(), Error> {
    plan(host, laws, how, options).map(drop)
}

fn plan<'l>(host: &Host, laws: &'l [Law], how: &Options, options: &run::Options) -> Result<Plan<Task<'l>>, Error> {
    let mut items = Vec::new();
    for (number, law) in laws.iter().enumerate() {
        let steps: Vec<_> = law.steps.iter().map(Step::name).collect();
        let input = steps.join("\n");
        let about = Arc::new(About {
            id: law.id.clone(),
            title: law.title.clone(),
            rule: None,
            source: law.source.clone(),
            length: input.len(),
            input: input.into_bytes(),
            holds: Vec::new(),
        });
        let effect = if law.is_destructive() { "destructive" } else { "harmless" };
        let tags: Arc<[String]> = [effect.to_owned()].into();
        for (address, (label, client)) in host.addresses.iter().enumerate() {
            let task = match reason_to_skip(host, label, law, how) {
                Some(why) => Err(Unasked { status: Status::Skipped, why }),
                None => Ok(Task { law, number, address }),
            };
            items.push(Item {
                suite: Suite::Serving,
                about: Arc::clone(&about),
                variant: label.clone(),
                level: None,
                tags: Arc::clone(&tags),
                release: Some(host.release),
                face: Some(client.uri().face),
                since: None,
                task,
            });
        }
    }
    Plan::new(items, Scope::of("law"), options)
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
