//! The verdicts on a comparison.

use std::collections::HashMap;
use std::sync::Arc;

use super::compare::compare_each;
use super::{CompareOptions, Comparison, Sequence, Servers};
use crate::Error;
use crate::run::{Book, Item, Options, Plan, Run, Scope, Watch};
use crate::shorten::shortened;
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict};
use xend_wire::visible;

/// The length to which a request is shortened, in characters.
const LONGEST: usize = 400;

/// Compares a server with the exchanges of a sequence, and gives each comparison that the options choose its verdict as
/// it comes. When `interrupted` is done, with a word for what happened, the run ends with the verdicts that have come.
///
/// # Errors
/// Returns [`Error::Usage`] if a pattern of the filter matches no exchange, before anything is sent, or if the first
/// request can't be sent.
pub async fn check(
    subject: &str,
    sequence: &Sequence,
    (servers, comparing): (&Servers, CompareOptions),
    options: &Options,
    watch: &mut dyn Watch,
    interrupted: impl Future<Output = &'static str>,
) -> Result<Run, Error> {
    let plan = plan(sequence, options)?;
    let mut judge = Judge::new(&plan, sequence, options, watch);
    let all = compare_each(sequence, servers, comparing, |comparison| judge.enter(&comparison));
    let stopped = tokio::select! {
        biased;
        done = all => {
            done?;
            None
        }
        how = interrupted => Some(how),
    };
    if let Some(how) = stopped {
        judge.book.interrupt(how);
    }
    Ok(judge.book.close(subject.to_owned()))
}

/// Makes a run of comparisons with the exchanges of a sequence, with a verdict for each that the options choose.
///
/// # Errors
/// Returns [`Error::Usage`] if a pattern of the filter matches no exchange.
pub fn judge(
    subject: &str,
    sequence: &Sequence,
    comparisons: &[Comparison],
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Run, Error> {
    let plan = plan(sequence, options)?;
    let mut judge = Judge::new(&plan, sequence, options, watch);
    comparisons.iter().for_each(|comparison| judge.enter(comparison));
    Ok(judge.book.close(subject.to_owned()))
}

/// Enters comparisons into a book.
struct Judge<'r> {
    book: Book<'r, ()>,
    sequence: &'r Sequence,
    options: &'r Options,
    /// The number and the item of each exchange that is chosen, by its id.
    chosen: HashMap<&'r str, (usize, &'r Item<()>)>,
}

impl<'r> Judge<'r> {
    fn new(plan: &'r Plan<()>, sequence: &'r Sequence, options: &'r Options, watch: &'r mut dyn Watch) -> Self {
        let chosen = plan.questions().map(|(number, item)| (&*item.about.id, (number, item))).collect();
        Self { book: Book::new(plan, options, watch), sequence, options, chosen }
    }

    fn enter(&mut self, comparison: &Comparison) {
        let Some(&(number, item)) = self.chosen.get(&*comparison.id) else { return };
        let bare = Verdict { about: Arc::new(about(comparison, self.sequence)), ..item.verdict(comparison.status) };
        // All requests are sent, since each may change the state of the server, so no verdict ends the run.
        let _ = self.book.enter(number, verdict(comparison, bare, self.options));
    }
}

fn plan(sequence: &Sequence, options: &Options) -> Result<Plan<()>, Error> {
    let items = sequence.exchanges.iter().map(|exchange| Item {
        suite: Suite::Serving,
        about: Arc::new(About { id: format!("{}/{}", sequence.name, exchange.case), ..About::default() }),
        variant: String::new(),
        level: None,
        tags: [exchange.face.to_string()].into(),
        release: Some(sequence.release),
        face: Some(exchange.face),
        since: None,
        task: Ok(()),
    });
    Plan::new(items.collect(), Scope::of("exchange"), options)
}

fn about(comparison: &Comparison, sequence: &Sequence) -> About {
    let request = &comparison.request;
    About {
        id: comparison.id.clone(),
        title: format!("The reply of the daemon of {}", sequence.release),
        rule: None,
        source: format!("capture {}", sequence.name),
        input: request[..request.len().min(About::MAX_INPUT)].to_vec(),
        length: request.len(),
        holds: Vec::new(),
    }
}

fn verdict(comparison: &Comparison, passed: Verdict, options: &Options) -> Verdict {
    let Comparison { status, why, request, reply, differences, .. } = comparison;
    let cut = |bytes: &[u8]| bytes[..bytes.len().min(About::MAX_INPUT)].to_vec();
    let why = match (status, why) {
        (Status::Fail, _) => "the reply is not that of the daemon".to_owned(),
        (Status::UnexpectedPass, Some(why)) => format!("the reply was expected to differ: {why}"),
        (_, why) => why.clone().unwrap_or_default(),
    };
    let is_shown = status.is_failure() || *status == Status::UnexpectedPass;
    let evidence = is_shown.then(|| {
        Box::new(Evidence {
            input: format!("  | {}\n", shortened(&visible(request), LONGEST)),
            differences: differences.clone(),
            exchange: vec![(Direction::Sent, cut(request)), (Direction::Received, cut(reply))],
            repeat: options.repeat(Some(passed.id())),
            ..Evidence::default()
        })
    });
    Verdict { is_unexpected: is_shown, why, evidence, ..passed }
}
