//! The trial of one law over one address.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use xend_client::{Arguments, Client, Error as Failed, Fate};
use xend_wire::operation::{Effect, Operation};
use xend_wire::sexpr::Document;

use super::cleanup::remove_domain;
use super::host::{Host, Options};
use crate::law::{Broken, Came, Law, Names, Step, judge, wanted};
use crate::run;
use crate::subject::Told;
use crate::verdict::{Evidence, Status, Verdict};

/// How long to wait before a step that may take time is repeated.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Trial<'t> {
    host: &'t Host,
    /// The index of the address that is tested.
    tested: usize,
    law: &'t Law,
    options: &'t run::Options,
    names: Names,
}

/// A law that does not hold or can't be tried, with the step that shows it.
struct Failure {
    broken: Broken,
    step: String,
}

impl<'t> Trial<'t> {
    pub(super) fn new(
        host: &'t Host,
        tested: usize,
        law: &'t Law,
        number: usize,
        how: &Options,
        options: &'t run::Options,
    ) -> Self {
        let names = Names::new(number, tested, &how.kernel);
        Self { host, tested, law, options, names }
    }

    /// Tries the law. The verdict is `passed` if it holds.
    pub(super) async fn verdict(&self, passed: Verdict) -> Verdict {
        let outcome = self.run().await;
        if self.law.is_destructive() {
            self.clean_up().await;
        }
        let Err(Failure { broken: Broken { status, why, got, wanted }, step }) = outcome else {
            return passed;
        };
        let evidence = status.is_failure().then(|| {
            Box::new(Evidence {
                input: format!("  | {step}\n"),
                got,
                wanted,
                repeat: self.options.repeat(Some(&passed.name())),
                ..Evidence::default()
            })
        });
        Verdict { status, is_unexpected: status.is_failure(), why, evidence, ..passed }
    }

    async fn run(&self) -> Result<(), Failure> {
        for (number, step) in self.law.steps.iter().enumerate() {
            let arguments = self.names.arguments_for_xend(step, number);
            let first = if step.is_setup { self.supporting_address(step, &arguments)? } else { self.tested };
            // An operation that only reads is asked over all addresses, since they share one state.
            let mut addresses = vec![first];
            if step.operation.effect() == Effect::Reads && !step.is_setup {
                addresses.extend((0..self.host.addresses.len()).filter(|&at| at != first && self.supports(step, at)));
            }
            for address in addresses {
                let done = self.perform(step, &arguments, address).await;
                done.map_err(|broken| Failure { broken, step: step.text(self.label(address), &arguments) })?;
            }
        }
        Ok(())
    }

    /// Returns the index of the tested address if that supports the step's operation, or else of the first address that
    /// does.
    fn supporting_address(&self, step: &Step, arguments: &[(String, String)]) -> Result<usize, Failure> {
        let all = std::iter::once(self.tested).chain(0..self.host.addresses.len());
        all.into_iter().find(|&at| self.supports(step, at)).ok_or_else(|| {
            let (face, release) = (self.client(self.tested).uri().face, self.host.release);
            let unsupported = step.operation.implementation(face, release).err();
            let several =
                || format!("`{}` takes several requests on the {face} face of {release}", step.operation.name());
            let why = unsupported.map_or_else(several, |unsupported| unsupported.to_string());
            let wanted = wanted(&step.expected, &self.names);
            let broken = Broken { status: Status::Unsupported, why, got: String::new(), wanted };
            Failure { broken, step: step.text(self.label(self.tested), arguments) }
        })
    }

    fn supports(&self, step: &Step, at: usize) -> bool {
        let (client, operation) = (self.client(at), step.operation);
        match step.takes_one_request {
            true => operation.takes_one_request(client.uri().face, self.host.release),
            false => client.supports(operation),
        }
    }

    fn client(&self, at: usize) -> &Client {
        &self.host.addresses[at].1
    }

    fn label(&self, at: usize) -> &str {
        &self.host.addresses[at].0
    }

    /// Does a step over the given address, again and again until the expected result holds or the step's time is over.
    async fn perform(&self, step: &Step, arguments: &[(String, String)], address: usize) -> Result<(), Broken> {
        let arguments: Arguments = arguments.iter().cloned().collect();
        let until = Instant::now() + step.within;
        loop {
            let answer = self.client(address).call(step.operation, &arguments).await;
            let came = came(answer, step.operation);
            match judge(&step.expected, &self.names, came) {
                Err(broken) if broken.status == Status::Fail && Instant::now() < until => sleep(PAUSE).await,
                judged => return judged,
            }
        }
    }

    /// Removes the domains that the law may have made. Most of them do not exist any more, which is not a failure.
    async fn clean_up(&self) {
        for name in self.names.domains() {
            if remove_domain(self.host, &name).await.is_err() {
                return;
            }
        }
    }
}

/// Says what came of a call of a server.
fn came(answer: Result<Document<'static>, Failed>, operation: Operation) -> Came {
    let error = match answer {
        Ok(answer) => return Came::Done(Told::of(&answer, operation.answer())),
        Err(error) => error,
    };
    let lost = |status, why: &str| Came::Lost { status, why: why.to_owned(), said: error.to_string() };
    match error.fate() {
        // It is not a fault of the server if a face can't express the request.
        Fate::Invalid => Came::Unsupported(error.message().to_owned()),
        Fate::Refused => Came::Refused { code: Some(error.code()), said: error.to_string() },
        Fate::NotSent => lost(Status::Crash, "the server can't be reached"),
        Fate::Sent | Fate::Unknown if error.is_timeout() => lost(Status::Timeout, "the server does not answer in time"),
        Fate::Sent | Fate::Unknown => lost(Status::InvalidAnswer, "the server's answer can't be read"),
    }
}
