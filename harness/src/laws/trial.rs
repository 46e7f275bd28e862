//! One law, tried over one address.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use xend_client::{Arguments, Client, Domain, Error as Failed, ErrorCode, Fate};
use xend_wire::operation::{Answer, Effect};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::visible;

use super::file::WORDS;
use super::host::{Host, Options};
use super::unmake::{PREFIX, unmake};
use super::{Expected, Law, Step};
use crate::shorten::shortened;
use crate::verdict::{Evidence, Status, Verdict};

/// How long to wait before what may take time is looked at again.
const PAUSE: Duration = Duration::from_millis(100);
/// How much of a message is shown, in characters.
const LONGEST: usize = 300;

pub(super) struct Trial<'t> {
    host: &'t Host,
    /// Which of the addresses is tried.
    actor: usize,
    law: &'t Law,
    options: &'t Options,
    /// What stands for what in the arguments.
    words: Vec<(&'static str, String)>,
}

/// Why a law does not hold, or can't be tried.
struct Broken {
    status: Status,
    why: String,
    got: String,
    wanted: String,
    step: String,
}

impl<'t> Trial<'t> {
    pub(super) fn new(host: &'t Host, actor: usize, law: &'t Law, number: usize, options: &'t Options) -> Self {
        // Names that nobody gives a domain, the same in every run.
        let (domain, other) = (format!("{PREFIX}{number}-{actor}"), format!("{PREFIX}{number}-{actor}-other"));
        let config = |name: &str, group: u32| {
            let uuid = format!("{group:08x}-1a35-4000-8000-{number:06x}{actor:06x}");
            format!(
                "(vm (name {name}) (memory 64) (maxmem 128) (vcpus 1) (uuid {uuid}) (on_poweroff destroy) \
                 (on_reboot restart) (on_crash restart) (image (linux (kernel {}) (root '/dev/sda1 ro'))))",
                options.kernel
            )
        };
        let meanings = [config(&domain, 1), config(&other, 2), config(&domain, 3), domain, other];
        let words = WORDS.into_iter().zip(meanings).collect();
        Self { host, actor, law, options, words }
    }

    pub(super) async fn verdict(&self, id: &str) -> Verdict {
        let outcome = self.run().await;
        if self.law.is_destructive() {
            self.clean_up().await;
        }
        let Err(Broken { status, why, got, wanted, step }) = outcome else { return plain(id, Status::Pass) };
        let evidence = status.is_failure().then(|| {
            let filter = ["--filter".to_owned(), self.law.id.clone()];
            let words: Vec<_> = self.options.repeat.iter().cloned().chain(filter).collect();
            Box::new(Evidence {
                title: self.law.title.clone(),
                source: self.law.source.clone(),
                input: format!("  | {step}\n"),
                got,
                wanted,
                repeat: shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default(),
                ..Evidence::default()
            })
        });
        Verdict { why, evidence, ..plain(id, status) }
    }

    async fn run(&self) -> Result<(), Broken> {
        for step in &self.law.steps {
            let actor = if step.is_setup { self.able(step)? } else { self.actor };
            // What only reads is asked over all addresses: behind them is one state.
            let mut askers = vec![actor];
            if step.operation.effect() == Effect::Reads && !step.is_setup {
                askers.extend((0..self.host.addresses.len()).filter(|&at| at != actor && self.supports(step, at)));
            }
            for asker in askers {
                self.take(step, asker).await?;
            }
        }
        Ok(())
    }

    /// The address that is tried, if it has the operation, or else the first that has.
    fn able(&self, step: &Step) -> Result<usize, Broken> {
        let all = std::iter::once(self.actor).chain(0..self.host.addresses.len());
        all.into_iter().find(|&at| self.supports(step, at)).ok_or_else(|| {
            let (face, release) = (self.client(self.actor).uri().face, self.host.release);
            let unsupported = step.operation.way(face, release).err();
            let several =
                || format!("`{}` takes several requests on the {face} face of {release}", step.operation.name());
            Broken {
                status: Status::Unsupported,
                why: unsupported.map_or_else(several, |unsupported| unsupported.to_string()),
                got: String::new(),
                wanted: self.wanted(&step.expected),
                step: self.shown(step, self.actor),
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

    /// Does a step until what is expected of it holds, or its time is over.
    async fn take(&self, step: &Step, asker: usize) -> Result<(), Broken> {
        let arguments: Arguments =
            step.arguments.iter().map(|(name, value)| (name.clone(), self.spelled(value))).collect();
        let until = Instant::now() + step.within;
        loop {
            let answer = self.client(asker).call(step.operation, &arguments).await;
            match self.judge(step, asker, answer) {
                Err(broken) if broken.status == Status::Fail && Instant::now() < until => sleep(PAUSE).await,
                judged => return judged,
            }
        }
    }

    fn judge(&self, step: &Step, asker: usize, answer: Result<Document<'static>, Failed>) -> Result<(), Broken> {
        let wanted = self.wanted(&step.expected);
        let broken = |status, why: &str, got: String| Broken {
            status,
            why: why.to_owned(),
            // It may be the server's words.
            got: shortened(&visible(got.as_bytes()), LONGEST),
            wanted: wanted.clone(),
            step: self.shown(step, asker),
        };
        let answer = match (answer, &step.expected) {
            (Ok(answer), _) => answer,
            // What can't be asked for over a face is no fault of the server.
            (Err(error), _) if error.fate() == Fate::Invalid => {
                return Err(broken(Status::Unsupported, error.message(), String::new()));
            }
            (Err(error), Expected::Error(codes)) if codes.contains(&error.code()) => return Ok(()),
            (Err(error), _) => {
                let (status, why) = match error.fate() {
                    Fate::NotSent => (Status::Crash, "the server can't be reached"),
                    Fate::Sent | Fate::Unknown if error.is_timeout() => (Status::Timeout, "there is no answer in time"),
                    Fate::Sent | Fate::Unknown => (Status::InvalidAnswer, "the answer can't be read"),
                    Fate::Refused | Fate::Invalid => (Status::Fail, "it fails"),
                };
                return Err(broken(status, why, error.to_string()));
            }
        };
        match &step.expected {
            Expected::Done => Ok(()),
            Expected::Error(_) => Err(broken(Status::Fail, "it should fail", "done".to_owned())),
            Expected::Fields(fields) => {
                let got: Vec<_> =
                    fields.iter().map(|(name, _)| (name, value(&answer, step.operation.answer(), name))).collect();
                let agrees = fields.iter().zip(&got).all(|((_, wanted), (_, got))| match wanted.as_str() {
                    "*" => got.is_some(),
                    wanted => got.as_ref() == Some(&self.spelled(wanted)),
                });
                let show = |(name, value): (&String, Option<String>)| {
                    format!("{name} {}", value.unwrap_or_else(|| "(none)".to_owned()))
                };
                let got: Vec<_> = got.into_iter().map(show).collect();
                if agrees { Ok(()) } else { Err(broken(Status::Fail, "the record is another", got.join(", "))) }
            }
            Expected::Names { has, lacks } => {
                let names: Vec<_> = answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str).collect();
                let is_there = |name: &String| names.contains(&self.spelled(name).as_str());
                let agrees = has.iter().all(is_there) && !lacks.iter().any(is_there);
                if agrees { Ok(()) } else { Err(broken(Status::Fail, "the list is another", names.join(" "))) }
            }
        }
    }

    fn wanted(&self, expected: &Expected) -> String {
        match expected {
            Expected::Done => "done".to_owned(),
            Expected::Error(codes) => codes.iter().map(ErrorCode::to_string).collect::<Vec<_>>().join(" or "),
            Expected::Fields(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{name} {}", self.spelled(value))).collect();
                fields.join(", ")
            }
            Expected::Names { has, lacks } => {
                let spelled =
                    |names: &[String]| names.iter().map(|name| self.spelled(name)).collect::<Vec<_>>().join(", ");
                let parts = [("with", has), ("without", lacks)].into_iter().filter(|(_, names)| !names.is_empty());
                parts.map(|(word, names)| format!("{word} {}", spelled(names))).collect::<Vec<_>>().join(" and ")
            }
        }
    }

    /// The step as `call` takes it.
    fn shown(&self, step: &Step, asker: usize) -> String {
        let arguments = step.arguments.iter().map(|(name, value)| format!(" {name}={}", self.spelled(value)));
        let arguments: String = arguments.collect();
        format!("{} over {}{}", step.operation.name(), self.host.addresses[asker].0, shortened(&arguments, LONGEST))
    }

    fn spelled(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// Leaves nothing behind. That most of it is not there is no failure.
    async fn clean_up(&self) {
        for name in ["{domain}", "{other}"] {
            if unmake(self.host, &self.spelled(name)).await.is_err() {
                return;
            }
        }
    }
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

/// The value of a field of a record.
fn value(answer: &Document<'static>, kind: Answer, field: &str) -> Option<String> {
    let Answer::Record(head) = kind else { return None };
    let record = answer.first()?;
    match (head, field) {
        ("domain", "power_state") => Domain::read(answer)?.power_state().map(|state| state.to_string()),
        _ => record.text(&format!("{head}/{field}")).map(str::to_owned),
    }
}
