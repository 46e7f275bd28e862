//! Random programs of operations on a server, held against the model.

mod law;
mod model;
mod moves;
mod pair;
mod steps;
mod trial;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::choices::Choices;
use super::question::Family;
use super::shrink::{Failing, smallest};
use super::token::{Generated, Token};
use crate::Error;
use crate::laws::{Host, Options as How};
use crate::run::{Book, Item, Options, Plan, Run, Scope, Watch};
use crate::suite::Suite;
use crate::verdict::{About, Evidence, Status, Verdict};
use law::law;
use moves::{Done, Step, program};
use trial::{Differs, Trial};

/// How many failures are made small.
const SHRUNK: usize = 4;

/// How many programs are tried to make one failure small.
const MOST: usize = 400;

/// How many programs in a row may get no answer. After that no more are tried.
const UNANSWERED: usize = 3;

/// How programs are run.
#[derive(Debug)]
pub struct Programs<'p> {
    /// The runtime that the clients of the server run on.
    pub runtime: &'p Runtime,
    /// Whether the host may be changed, and the kernel of its domains.
    pub how: &'p How,
    /// How long a server has until it is looked at again, if it does not show what the model shows.
    pub pause: Duration,
}

/// Runs random programs of operations on a server, each over all of its addresses, and compares each outcome and what
/// can be seen with a mock of the same release. Now and then two clients do one operation each at the same time, which
/// must come to what they come to in some order.
///
/// The programs touch only domains whose names begin with `xend-law-`, and remove them. When `interrupted` is done, with
/// a word for what happened, the run ends with the verdicts that have come.
///
/// # Errors
/// Returns [`Error::Usage`] if the token of one question is that of another kind, or if the server does not answer
/// before the first program.
pub fn programs(
    Programs { runtime, how, pause }: &Programs<'_>,
    host: &Host,
    generated: &Generated,
    options: &Options,
    watch: &mut dyn Watch,
    interrupted: impl Future<Output = &'static str>,
) -> Result<Run, Error> {
    let tokens: Vec<Token> = match *generated {
        Generated::Many { count, seed } => {
            (0..count).map(|index| Token { family: Family::Program, index, seed }).collect()
        }
        Generated::One(token @ Token { family: Family::Program, .. }) => vec![token],
        Generated::One(token) => {
            return Err(Error::Usage(format!(
                "{token} is a question for a command, and the address of a server is given"
            )));
        }
    };
    if !how.is_destructive {
        return Err(Error::Usage("programs of operations change the host, which needs --destructive".to_owned()));
    }
    let plan = plan(host, &tokens, options)?;
    let mut book = Book::new(&plan, options, watch);
    let mut interrupted = std::pin::pin!(interrupted);
    let trial = runtime.block_on(Trial::new(host, &how.kernel, *pause));
    let mut trial = trial.map_err(|error| Error::Usage(format!("{}: {error}", host.name)))?;
    let mut tried = |program: &[Step]| {
        runtime.block_on(async {
            tokio::select! {
                biased;
                found = steps::run(&mut trial, program) => found,
                how = &mut interrupted => Err(Error::Interrupted(how.to_owned())),
            }
        })
    };
    let (mut shrunk, mut unanswered) = (0, 0);
    for (number, item) in plan.questions() {
        let Ok(token) = item.task else { continue };
        let begin = Instant::now();
        if unanswered == UNANSWERED {
            let why = "the server did not answer several times in a row".to_owned();
            let _ = book.enter(number, Verdict { why, ..item.verdict(Status::Skipped) });
            continue;
        }
        let told = first(token, host, &mut tried).and_then(|found| match found {
            Some((failing, differs)) if shrunk < SHRUNK && differs.status == Status::Fail => {
                shrunk += 1;
                small(host, failing, differs, &mut tried).map(Some)
            }
            found => Ok(found.map(|(_, differs)| differs)),
        });
        let verdict = match told {
            Ok(None) => item.verdict(Status::Pass),
            Ok(Some(differs)) => failed(item, token, host, differs, options),
            Err(Error::Interrupted(how)) => {
                book.interrupt(how);
                break;
            }
            Err(error) => return Err(error),
        };
        unanswered = if matches!(verdict.status, Status::Timeout | Status::Crash) { unanswered + 1 } else { 0 };
        if let ControlFlow::Break(()) = book.enter(number, Verdict { elapsed: begin.elapsed(), ..verdict }) {
            break;
        }
    }
    Ok(book.close(host.name.clone()))
}

fn plan(host: &Host, tokens: &[Token], options: &Options) -> Result<Plan<Token>, Error> {
    let item = |token: &Token| Item {
        suite: Suite::Serving,
        about: Arc::new(about(*token, host, String::new())),
        variant: String::new(),
        level: None,
        tags: ["destructive".to_owned()].into(),
        release: Some(host.release),
        face: None,
        since: None,
        task: Ok(*token),
    };
    Plan::new(tokens.iter().map(item).collect(), Scope::of("program"), options)
}

fn about(token: Token, host: &Host, input: String) -> About {
    About {
        id: token.id(),
        title: "A program of operations does what the model does".to_owned(),
        rule: None,
        source: format!("a mock of {}", host.release),
        length: input.len(),
        input: input.into_bytes(),
        holds: Vec::new(),
    }
}

/// What is wrong with a server, and the choices that show it.
type Found = Option<(Failing, Differs)>;

/// Tries the program of a token.
fn first(
    token: Token,
    host: &Host,
    tried: &mut impl FnMut(&[Step]) -> Result<Option<Differs>, Error>,
) -> Result<Found, Error> {
    let mut choices = token.choices();
    let made = program(&mut choices, host.addresses.len());
    let differs = tried(&made)?;
    Ok(differs.map(|differs| (Failing { size: differs.done.len(), drawn: choices.into_drawn() }, differs)))
}

/// Returns how the server differs in the shortest program that shows it in the same way.
fn small(
    host: &Host,
    failing: Failing,
    differs: Differs,
    tried: &mut impl FnMut(&[Step]) -> Result<Option<Differs>, Error>,
) -> Result<Differs, Error> {
    let mut best = (failing.size, differs);
    let mut seen: Vec<Vec<Step>> = Vec::new();
    smallest(failing, MOST, |numbers| {
        let mut choices = Choices::given(numbers);
        let made = program(&mut choices, host.addresses.len());
        if seen.contains(&made) {
            return Ok(None);
        }
        seen.push(made.clone());
        let Some(found) = tried(&made)? else { return Ok(None) };
        // What no law tells needs two operations at once. If it shows without them, too, that is the simpler failure.
        let is_simpler = best.1.last.is_none() && found.last.is_some();
        if found.status != best.1.status || !is_simpler && found.why != best.1.why {
            return Ok(None);
        }
        let size = found.done.len();
        if size <= best.0 {
            best = (size, found);
        }
        Ok::<_, Error>(Some(Failing { size, drawn: choices.into_drawn() }))
    })?;
    Ok(best.1)
}

fn failed(item: &Item<Token>, token: Token, host: &Host, differs: Differs, options: &Options) -> Verdict {
    let Differs { status, why, got, wanted, done, last } = differs;
    let step = |Done { one, is_beside, .. }: &Done| {
        let arguments: String = one.arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let at_once = if *is_beside { "at the same time: " } else { "" };
        format!("{at_once}{} over {}{arguments}", one.operation.name(), host.addresses[one.address].0)
    };
    let steps: Vec<_> = done.iter().map(step).collect();
    let evidence = Evidence {
        input: steps.iter().map(|step| format!("  | {step}\n")).collect(),
        got: xend_wire::visible(got.as_bytes()),
        wanted,
        repeat: options.repeat_by(&["--repeat", &token.to_string()]),
        case: last.map_or(String::new(), |last| law(&token.id().replace('/', "-"), host.release, &done, &last)),
        ..Evidence::default()
    };
    Verdict {
        about: Arc::new(about(token, host, steps.join("\n"))),
        status,
        is_unexpected: true,
        why: why.to_owned(),
        evidence: Some(Box::new(evidence)),
        ..item.verdict(status)
    }
}
