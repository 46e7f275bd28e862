//! The trial of one law over one address.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use xend_client::{Arguments, Client, Domain, Error as Failed, ErrorCode, Fate};
use xend_wire::operation::{Answer, Effect};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::visible;

use super::cleanup::{PREFIX, remove_domain};
use super::file::PLACEHOLDERS;
use super::host::{Host, Options};
use super::{Expected, Law, Step};
use crate::run;
use crate::shorten::shortened;
use crate::verdict::{Evidence, Status, Verdict};

/// How long to wait before a step that may take time is repeated.
const PAUSE: Duration = Duration::from_millis(100);
/// The length to which a message of the server is shortened, in characters.
const LONGEST: usize = 300;

pub(super) struct Trial<'t> {
    host: &'t Host,
    /// The index of the address that is tested.
    tested: usize,
    law: &'t Law,
    options: &'t run::Options,
    /// The placeholders, each with the text that replaces it.
    placeholders: Vec<(&'static str, String)>,
}

/// The reason why a law does not hold or can't be tried.
struct TrialFailure {
    status: Status,
    why: String,
    got: String,
    wanted: String,
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
        // These names are unlikely on a real host, and are the same in every run.
        let (domain, other) = (format!("{PREFIX}{number}-{tested}"), format!("{PREFIX}{number}-{tested}-other"));
        let config = |name: &str, group: u32| {
            let uuid = format!("{group:08x}-1a35-4000-8000-{number:06x}{tested:06x}");
            format!(
                "(vm (name {name}) (memory 64) (maxmem 128) (vcpus 1) (uuid {uuid}) (on_poweroff destroy) \
                 (on_reboot restart) (on_crash restart) (image (linux (kernel {}) (root '/dev/sda1 ro'))))",
                how.kernel
            )
        };
        let meanings = [config(&domain, 1), config(&other, 2), config(&domain, 3), domain, other];
        let placeholders = PLACEHOLDERS.into_iter().zip(meanings).collect();
        Self { host, tested, law, options, placeholders }
    }

    /// Tries the law. The verdict is `passed` if it holds.
    pub(super) async fn verdict(&self, passed: Verdict) -> Verdict {
        let outcome = self.run().await;
        if self.law.is_destructive() {
            self.clean_up().await;
        }
        let Err(TrialFailure { status, why, got, wanted, step }) = outcome else {
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

    async fn run(&self) -> Result<(), TrialFailure> {
        for step in &self.law.steps {
            let first = if step.is_setup { self.supporting_address(step)? } else { self.tested };
            // An operation that only reads is asked over all addresses, since they share one state.
            let mut addresses = vec![first];
            if step.operation.effect() == Effect::Reads && !step.is_setup {
                addresses.extend((0..self.host.addresses.len()).filter(|&at| at != first && self.supports(step, at)));
            }
            for address in addresses {
                self.perform(step, address).await?;
            }
        }
        Ok(())
    }

    /// Returns the index of the tested address if that supports the step's operation, or else of the first address that
    /// does.
    fn supporting_address(&self, step: &Step) -> Result<usize, TrialFailure> {
        let all = std::iter::once(self.tested).chain(0..self.host.addresses.len());
        all.into_iter().find(|&at| self.supports(step, at)).ok_or_else(|| {
            let (face, release) = (self.client(self.tested).uri().face, self.host.release);
            let unsupported = step.operation.implementation(face, release).err();
            let several =
                || format!("`{}` takes several requests on the {face} face of {release}", step.operation.name());
            TrialFailure {
                status: Status::Unsupported,
                why: unsupported.map_or_else(several, |unsupported| unsupported.to_string()),
                got: String::new(),
                wanted: self.wanted(&step.expected),
                step: self.step_text(step, self.tested),
            }
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

    /// Does a step over the given address, again and again until the expected result holds or the step's time is over.
    async fn perform(&self, step: &Step, address: usize) -> Result<(), TrialFailure> {
        let arguments: Arguments =
            step.arguments.iter().map(|(name, value)| (name.clone(), self.substituted(value))).collect();
        let until = Instant::now() + step.within;
        loop {
            let answer = self.client(address).call(step.operation, &arguments).await;
            match self.judge(step, address, answer) {
                Err(failure) if failure.status == Status::Fail && Instant::now() < until => sleep(PAUSE).await,
                judged => return judged,
            }
        }
    }

    fn judge(
        &self,
        step: &Step,
        address: usize,
        answer: Result<Document<'static>, Failed>,
    ) -> Result<(), TrialFailure> {
        let wanted = self.wanted(&step.expected);
        let failure = |status, why: &str, got: String| TrialFailure {
            status,
            why: why.to_owned(),
            // The text may come from the server, so control bytes in it are escaped.
            got: shortened(&visible(got.as_bytes()), LONGEST),
            wanted: wanted.clone(),
            step: self.step_text(step, address),
        };
        let answer = match (answer, &step.expected) {
            (Ok(answer), _) => answer,
            // It is not a fault of the server if a face can't express the request.
            (Err(error), _) if error.fate() == Fate::Invalid => {
                return Err(failure(Status::Unsupported, error.message(), String::new()));
            }
            (Err(error), Expected::Error(codes)) if codes.contains(&error.code()) => return Ok(()),
            (Err(error), _) => {
                let (status, why) = match error.fate() {
                    Fate::NotSent => (Status::Crash, "the server can't be reached"),
                    Fate::Sent | Fate::Unknown if error.is_timeout() => {
                        (Status::Timeout, "the server does not answer in time")
                    }
                    Fate::Sent | Fate::Unknown => (Status::InvalidAnswer, "the server's answer can't be read"),
                    Fate::Refused | Fate::Invalid if matches!(step.expected, Expected::Error(_)) => {
                        (Status::Fail, "the operation fails with another error")
                    }
                    Fate::Refused | Fate::Invalid => (Status::Fail, "the operation fails and should succeed"),
                };
                return Err(failure(status, why, error.to_string()));
            }
        };
        match &step.expected {
            Expected::Done => Ok(()),
            Expected::Error(_) => {
                Err(failure(Status::Fail, "the operation succeeds and should fail", "done".to_owned()))
            }
            Expected::Fields(fields) => {
                let got: Vec<_> =
                    fields.iter().map(|(name, _)| (name, value(&answer, step.operation.answer(), name))).collect();
                let agrees = fields.iter().zip(&got).all(|((_, wanted), (_, got))| match wanted.as_str() {
                    "*" => got.is_some(),
                    wanted => got.as_ref() == Some(&self.substituted(wanted)),
                });
                let show = |(name, value): (&String, Option<String>)| {
                    format!("{name} {}", value.unwrap_or_else(|| "(none)".to_owned()))
                };
                let got: Vec<_> = got.into_iter().map(show).collect();
                if agrees {
                    Ok(())
                } else {
                    Err(failure(Status::Fail, "the record has other values than expected", got.join(", ")))
                }
            }
            Expected::Names { has, lacks } => {
                let names: Vec<_> = answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str).collect();
                let is_there = |name: &String| names.contains(&self.substituted(name).as_str());
                let agrees = has.iter().all(is_there) && !lacks.iter().any(is_there);
                if agrees {
                    Ok(())
                } else {
                    Err(failure(Status::Fail, "the list has other names than expected", names.join(" ")))
                }
            }
        }
    }

    fn wanted(&self, expected: &Expected) -> String {
        match expected {
            Expected::Done => "done".to_owned(),
            Expected::Error(codes) => codes.iter().map(ErrorCode::to_string).collect::<Vec<_>>().join(" or "),
            Expected::Fields(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{name} {}", self.substituted(value))).collect();
                fields.join(", ")
            }
            Expected::Names { has, lacks } => {
                let substituted =
                    |names: &[String]| names.iter().map(|name| self.substituted(name)).collect::<Vec<_>>().join(", ");
                let parts = [("with", has), ("without", lacks)].into_iter().filter(|(_, names)| !names.is_empty());
                parts.map(|(word, names)| format!("{word} {}", substituted(names))).collect::<Vec<_>>().join(" and ")
            }
        }
    }

    /// Formats the step for a report, in the notation of the command `call`.
    fn step_text(&self, step: &Step, address: usize) -> String {
        let arguments = step.arguments.iter().map(|(name, value)| format!(" {name}={}", self.substituted(value)));
        let arguments: String = arguments.collect();
        format!("{} over {}{}", step.operation.name(), self.host.addresses[address].0, shortened(&arguments, LONGEST))
    }

    fn substituted(&self, text: &str) -> String {
        self.placeholders.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// Removes the domains that the law may have made. Most of them do not exist any more, which is not a failure.
    async fn clean_up(&self) {
        for name in ["{domain}", "{other}"] {
            if remove_domain(self.host, &self.substituted(name)).await.is_err() {
                return;
            }
        }
    }
}

/// Returns the value of a field of a record.
fn value(answer: &Document<'static>, kind: Answer, field: &str) -> Option<String> {
    let Answer::Record(head) = kind else { return None };
    let record = answer.first()?;
    match (head, field) {
        ("domain", "power_state") => Domain::read(answer)?.power_state().map(|state| state.to_string()),
        _ => record.text(&format!("{head}/{field}")).map(str::to_owned),
    }
}
