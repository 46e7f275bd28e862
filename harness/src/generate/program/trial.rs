//! One program on a server and on the model.

use std::collections::BTreeMap;
use std::time::Duration;

use xend_client::{Arguments, Error as Failed, Fate};

use super::law::Last;
use super::model::{Seen, VIFS, look, model, settled};
use super::moves::{DOMAINS, Move};
use crate::Error;
use crate::law::{Names, PREFIX};
use crate::laws::{Host, remove_domain};
use crate::verdict::Status;

/// What sets the names and the uuids of programs' domains apart from those of laws.
const NUMBER: usize = 99_999;

/// How often the domains of a program are removed until none is left.
const ROUNDS: usize = 4;

/// The most domains of the host itself that are looked at.
const BYSTANDERS: usize = 8;

/// A server under programs.
#[derive(Debug)]
pub(super) struct Trial<'t> {
    pub(super) host: &'t Host,
    pub(super) kernel: &'t str,
    /// How long to wait before a server is looked at again.
    pub(super) pause: Duration,
    /// The states of domains that programs have nothing to do with.
    pub(super) bystanders: BTreeMap<String, String>,
}

/// How a server differs from the model.
#[derive(Clone, Debug)]
pub(super) struct Differs {
    pub(super) status: Status,
    pub(super) why: &'static str,
    pub(super) got: String,
    pub(super) wanted: String,
    /// The operations up to the one that shows it, each with the code that it fails with on the model.
    pub(super) done: Vec<(Move, Option<String>)>,
    pub(super) last: Last,
}

impl<'t> Trial<'t> {
    pub(super) async fn new(host: &'t Host, kernel: &'t str, pause: Duration) -> Result<Self, Failed> {
        let mut trial = Self { host, kernel, pause, bystanders: BTreeMap::new() };
        trial.bystanders = trial.others().await?;
        Ok(trial)
    }

    /// Returns the states of domains that are not of programs.
    async fn others(&self) -> Result<BTreeMap<String, String>, Failed> {
        let Some((_, client)) = self.host.addresses.first() else { return Ok(BTreeMap::new()) };
        let mut states = BTreeMap::new();
        let names = client.all_domains().await?;
        for name in names.into_iter().filter(|name| !name.starts_with(PREFIX)).take(BYSTANDERS) {
            let state = match client.domain(&name).await {
                Ok(record) => record.power_state().map_or("?".to_owned(), |state| state.to_string()),
                Err(error) if error.fate() == Fate::Refused => "not there".to_owned(),
                Err(error) => return Err(error),
            };
            states.insert(name, state);
        }
        Ok(states)
    }

    /// Runs a program, and removes its domains. Returns how the server differs from the model, if it does.
    pub(super) async fn run(&mut self, program: &[Move]) -> Result<Option<Differs>, Error> {
        let words = Names::new(NUMBER, 0, self.kernel);
        let meaning = |text: &str| words.put(text);
        let names = words.domains();
        let model = model(self.host)?;
        let mut done = Vec::new();
        let found = self.steps(program, &model, &names, &meaning, &mut done).await;
        if let (Err(error), None) = (self.remove(&names).await, &found) {
            return Ok(Some(Differs::unreachable(&error, done)));
        }
        // What a program did to other domains is not told of the next one.
        if found.is_some()
            && let Ok(others) = self.others().await
        {
            self.bystanders = others;
        }
        Ok(found)
    }

    /// Removes the domains of a program. Several may have one name, as two that were created with one uuid have.
    async fn remove(&self, names: &[String]) -> Result<(), Failed> {
        for _ in 0..ROUNDS {
            for name in names {
                remove_domain(self.host, name).await?;
            }
            let Some((_, client)) = self.host.addresses.first() else { break };
            if !client.all_domains().await?.iter().any(|name| names.contains(name)) {
                break;
            }
        }
        Ok(())
    }

    async fn steps(
        &self,
        program: &[Move],
        model: &Host,
        names: &[String],
        meaning: &impl Fn(&str) -> String,
        done: &mut Vec<(Move, Option<String>)>,
    ) -> Option<Differs> {
        for one in program {
            let mut one = one.clone();
            // An address that lacks the operation leaves it to another one.
            let has = |at: &usize| self.host.addresses[*at].1.supports(one.operation);
            let Some(at) = std::iter::once(one.address).chain(0..self.host.addresses.len()).find(has) else { continue };
            one.address = at;
            let arguments: Arguments =
                one.arguments.iter().map(|(name, value)| ((*name).to_owned(), meaning(value))).collect();
            let wanted = model.addresses[at].1.call(one.operation, &arguments).await;
            if wanted.as_ref().is_err_and(|error| error.fate() == Fate::Invalid) {
                continue;
            }
            let got = self.host.addresses[at].1.call(one.operation, &arguments).await;
            let code = wanted.as_ref().err().map(|error| error.code().to_string());
            done.push((one, code.clone()));
            // An operation of several requests may fail midway, on the model, too.
            let is_told = |error: &Failed| {
                error.fate() == Fate::Refused || wanted.as_ref().is_err_and(|wanted| wanted.fate() == error.fate())
            };
            let got_code = match got {
                Ok(_) => None,
                Err(error) if is_told(&error) => Some(error.code().to_string()),
                Err(error) => return Some(Differs::unreachable(&error, done.clone())),
            };
            if got_code != code {
                let say = |code: Option<String>| code.unwrap_or_else(|| "done".to_owned());
                return Some(Differs {
                    status: Status::Fail,
                    why: "an operation has another outcome than on the model",
                    got: say(got_code),
                    wanted: say(code),
                    done: done.clone(),
                    last: Last::Outcome,
                });
            }
            if let Some(found) = self.seen(model, names, done).await {
                return Some(found);
            }
        }
        None
    }

    /// Compares what can be seen over each address.
    async fn seen(&self, model: &Host, names: &[String], done: &[(Move, Option<String>)]) -> Option<Differs> {
        for ((label, client), (_, modelled)) in self.host.addresses.iter().zip(&model.addresses) {
            // The model is in memory, and answers.
            let wanted = look(modelled, names).await.unwrap_or_default();
            let got = match settled(client, names, &wanted, self.pause).await {
                Ok(got) => got,
                Err(error) => return Some(Differs::unreachable(&error, done.to_vec())),
            };
            if got != wanted {
                return Some(difference(label, names, &got, &wanted, done.to_vec()));
            }
        }
        match self.others().await {
            Ok(others) if others == self.bystanders => None,
            Ok(others) => {
                let changed = self.bystanders.iter().find(|(name, state)| others.get(*name) != Some(state));
                let (name, was) =
                    changed.map(|(name, was)| (name.as_str(), was.as_str())).unwrap_or(("a domain", "not there"));
                let is = others.get(name).map_or("not there", String::as_str);
                Some(Differs {
                    status: Status::Fail,
                    why: "a domain changes that no operation is about",
                    got: format!("{name} is {is}"),
                    wanted: format!("{name} is {was}"),
                    done: done.to_vec(),
                    last: Last::Outcome,
                })
            }
            Err(error) => Some(Differs::unreachable(&error, done.to_vec())),
        }
    }
}

/// Tells the first difference of two readings.
fn difference(label: &str, names: &[String], got: &Seen, wanted: &Seen, done: Vec<(Move, Option<String>)>) -> Differs {
    let differs =
        |why, got: String, wanted: String, last| Differs { status: Status::Fail, why, got, wanted, done, last };
    for (name, word) in names.iter().zip(DOMAINS) {
        let is_listed = |seen: &Seen| seen.names.contains(name);
        if is_listed(got) != is_listed(wanted) {
            let say = |seen| format!("{word} is {}in the list over {label}", if is_listed(seen) { "" } else { "not " });
            return differs(
                "a list has other names than on the model",
                say(got),
                say(wanted),
                Last::Listed(word, is_listed(wanted)),
            );
        }
        match (got.domains.get(name), wanted.domains.get(name)) {
            (None, None) => {}
            (Some(_), None) => {
                let (got, wanted) = (format!("{word} is there over {label}"), "it is not".to_owned());
                return differs("a domain is there that is not on the model", got, wanted, Last::Missing(word));
            }
            (None, Some(fields)) => {
                let (got, wanted) = (format!("{word} is not there over {label}"), "it is".to_owned());
                let fields = fields.iter().filter(|(name, _)| **name == "power_state");
                let fields = fields.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
                return differs("a domain is not there that is on the model", got, wanted, Last::Fields(word, fields));
            }
            (Some(has), Some(fields)) => {
                let other = fields.iter().find(|(name, value)| has.get(*name) != Some(value));
                let more = has.keys().find(|name| !fields.contains_key(*name));
                let Some(field) = other.map(|(name, _)| *name).or(more.copied()) else { continue };
                let say = |fields: &BTreeMap<&str, String>| {
                    format!("{field} {}", fields.get(field).map_or("(none)", String::as_str))
                };
                let (got, told) = (format!("{} of {word} over {label}", say(has)), say(fields));
                let last = match fields.get(field) {
                    Some(value) if field != VIFS && field != "name" && field != "uuid" => {
                        Last::Fields(word, vec![(field.to_owned(), value.clone())])
                    }
                    _ => Last::Outcome,
                };
                return differs("a domain looks other than on the model", got, told, last);
            }
        }
    }
    differs("a list has other names than on the model", got.names.join(" "), wanted.names.join(" "), Last::Outcome)
}

impl Differs {
    pub(super) fn unreachable(error: &Failed, done: Vec<(Move, Option<String>)>) -> Self {
        let (status, why) = match error.fate() {
            Fate::NotSent => (Status::Crash, "the server can't be reached"),
            _ if error.is_timeout() => (Status::Timeout, "the server does not answer in time"),
            _ => (Status::InvalidAnswer, "the server's answer can't be read"),
        };
        Self { status, why, got: error.to_string(), wanted: "an answer".to_owned(), done, last: Last::Outcome }
    }
}
