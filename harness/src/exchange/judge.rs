//! The verdicts on a comparison.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Comparison, Sequence};
use crate::Error;
use crate::run::{Book, Item, Options, Plan, Run, Unasked, Watch};
use crate::shorten::shortened;
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict};
use xend_wire::visible;

/// The length to which a request is shortened, in characters.
const LONGEST: usize = 400;

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
    let items = comparisons.iter().map(|comparison| {
        let exchange = sequence.exchanges.iter().find(|it| comparison.id == format!("{}/{}", sequence.name, it.case));
        let tags: Vec<String> = exchange.map(|it| it.face.to_string()).into_iter().collect();
        let task = match (comparison.status, &comparison.why) {
            (Status::Skipped, why) => Err(Unasked { status: Status::Skipped, why: why.clone().unwrap_or_default() }),
            _ => Ok(comparison),
        };
        Item {
            suite: Suite::Serving,
            about: Arc::new(about(comparison, sequence)),
            variant: String::new(),
            level: None,
            tags: tags.into(),
            release: Some(sequence.release),
            face: exchange.map(|it| it.face),
            since: None,
            task,
        }
    });
    let plan = Plan::new(items.collect(), &[], Vec::new(), options)?;
    let mut book = Book::new(&plan, options, watch);
    for (number, item) in plan.questions() {
        let verdict = match &item.task {
            Ok(comparison) => verdict(comparison, item.verdict(comparison.status), options),
            Err(unasked) => Verdict { why: unasked.why.clone(), ..item.verdict(unasked.status) },
        };
        if let ControlFlow::Break(()) = book.enter(number, verdict) {
            break;
        }
    }
    Ok(book.close(subject.to_owned()))
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
