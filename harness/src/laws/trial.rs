//! The trial of one law over one address.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use xend_client::{Arguments, Client, Error as Failed, Fate};
use xend_wire::operation::{Effect, Face};
use xend_wire::visible;
use xend_wire::xmlrpc::Value;

use super::answered::Answered;
use super::cleanup::remove_domains_of;
use super::host::{Host, Options};
use crate::law::{Broken, Came, Expected, Law, Names, Step, judge, wanted};
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
    pub(super) async fn verdict(&mut self, passed: Verdict) -> Verdict {
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

    async fn run(&mut self) -> Result<(), Failure> {
        let law = self.law;
        for (number, step) in law.steps.iter().enumerate() {
            if !step.after.is_zero() {
                sleep(step.after).await;
            }
            let arguments = self.names.arguments_for_xend(step, number);
            let first = if step.is_setup { self.supporting_address(step, &arguments)? } else { self.tested };
            // An operation that only reads is asked over all addresses for which the law holds, since they share one
            // state.
            let mut addresses = vec![first];
            if step.effect() == Effect::Reads && step.method.is_none() && !step.is_setup {
                let holds = |at: &usize| law.faces.contains(&self.client(*at).uri().face);
                let others = (0..self.host.addresses.len()).filter(|&at| at != first && self.supports(step, at));
                addresses.extend(others.filter(holds));
            }
            for address in addresses {
                let told = self.perform(step, &arguments, address).await;
                let told = told.and_then(|told| if address == first { self.keep(step, &told) } else { Ok(()) });
                told.map_err(|broken| Failure { broken, step: step.text(self.label(address), &arguments) })?;
            }
        }
        Ok(())
    }

    /// Keeps the fields of an answer that later steps need.
    fn keep(&mut self, step: &Step, told: &Told) -> Result<(), Broken> {
        for (word, field) in &step.kept {
            let Some(value) = told.record.as_ref().and_then(|record| record.get(field)) else {
                return Err(Broken {
                    status: Status::Fail,
                    why: "the answer lacks a field that later steps need".to_owned(),
                    got: "(none)".to_owned(),
                    wanted: field.clone(),
                });
            };
            self.names.keep(word, value.clone());
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
        if step.method.is_some() {
            return client.uri().face == Face::XenApi;
        }
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
    /// Returns what the answer told.
    async fn perform(&self, step: &Step, arguments: &[(String, String)], address: usize) -> Result<Told, Broken> {
        let arguments: Arguments = arguments.iter().cloned().collect();
        let until = Instant::now() + step.within;
        loop {
            let answer = self.ask(step, &arguments, address).await;
            let judged = match &answer {
                Err(error) if !self.is_marked(error, step, address) => Err(self.marked_otherwise(error, step, address)),
                _ => {
                    let answer = answer.map(|answer| self.told(step, &answer));
                    let told = answer.as_ref().map(Clone::clone).unwrap_or_default();
                    judge(&step.expected, &self.names, came(answer)).map(|()| told)
                }
            };
            match judged {
                Err(broken) if broken.status == Status::Fail && Instant::now() < until => sleep(PAUSE).await,
                judged => return judged,
            }
        }
    }

    async fn ask(&self, step: &Step, arguments: &Arguments, address: usize) -> Result<Answered, Failed> {
        let client = self.client(address);
        let Some(method) = &step.method else {
            return client.call(step.operation, arguments).await.map(|it| Answered::Operation(step.operation, it));
        };
        let params: Vec<_> = method.params.iter().map(|param| self.param(param)).collect();
        let session = method.session.as_ref().map(|session| self.names.put(session));
        let answer = client.call_method(step.operation, session.as_deref(), &method.name, &params).await;
        answer.map(Answered::Method)
    }

    /// Returns what an answer tells: the names of a list, and the fields that the step looks at.
    fn told(&self, step: &Step, answer: &Answered) -> Told {
        let of = step.of.as_ref().map(|of| self.names.put(of));
        let checked = match &step.expected {
            Expected::Fields(checks) => checks.as_slice(),
            _ => &[],
        };
        let fields = checked.iter().map(|check| &check.field).chain(step.kept.iter().map(|(_, field)| field));
        let fields = fields.filter_map(|field| Some((field.clone(), answer.field(field, of.as_deref())?)));
        Told { names: Some(answer.names()), record: Some(fields.collect()) }
    }

    /// Converts a parameter of a method to a value of XML-RPC.
    fn param(&self, param: &toml::Value) -> Value {
        match param {
            toml::Value::String(text) => self.names.put(text).into(),
            toml::Value::Integer(number) => i32::try_from(*number).map_or(Value::I8(*number), Value::Int),
            toml::Value::Float(number) => Value::Double(*number),
            toml::Value::Boolean(flag) => Value::Boolean(*flag),
            toml::Value::Datetime(time) => time.to_string().into(),
            toml::Value::Array(items) => Value::Array(items.iter().map(|item| self.param(item)).collect()),
            toml::Value::Table(members) => {
                Value::Struct(members.iter().map(|(name, value)| (name.into(), self.param(value))).collect())
            }
        }
    }

    /// Returns what the step expects the daemon itself to say of a failure over this address.
    fn mark<'s>(&self, step: &'s Step, address: usize) -> Option<&'s String> {
        let face = self.client(address).uri().face;
        step.marks.iter().find(|(of, _)| *of == face).map(|(_, mark)| mark)
    }

    /// Returns whether the daemon says of a failure what the step expects. What is no refusal says nothing.
    fn is_marked(&self, error: &Failed, step: &Step, address: usize) -> bool {
        error.fate() != Fate::Refused
            || self.mark(step, address).is_none_or(|mark| {
                let status = error.status().map(|status| status.to_string());
                let is_sxp = self.client(address).uri().face == Face::Sxp;
                (if is_sxp { status.as_deref() } else { error.daemon_code() }) == Some(mark)
            })
    }

    fn marked_otherwise(&self, error: &Failed, step: &Step, address: usize) -> Broken {
        let mark = self.mark(step, address).map_or("", |mark| mark);
        Broken {
            status: Status::Fail,
            why: "the failure is told in another way than expected".to_owned(),
            got: visible(error.to_string().as_bytes()),
            wanted: format!("{}, told as {mark}", wanted(&step.expected, &self.names)),
        }
    }

    /// Removes the domains that the law has made and that are still there.
    async fn clean_up(&self) {
        // A server that does not answer keeps them; the verdict tells that it does not.
        let _ = remove_domains_of(self.host, &self.names.put("{domain}")).await;
    }
}

/// Says what came of a call of a server.
fn came(answer: Result<Told, Failed>) -> Came {
    let error = match answer {
        Ok(told) => return Came::Done(told),
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
