//! Operations on a server and on the model, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use xend_client::{Arguments, Error as Failed, Fate};

use super::law::Last;
use super::model::{Seen, VIFS, look, settled};
use super::moves::{DOMAINS, Done, LONGEST, Move};
use crate::law::{Names, PREFIX};
use crate::laws::{Host, remove_domain};
use crate::verdict::Status;

/// How often the domains of a program are removed until none is left: as many as there may be of one name.
const ROUNDS: usize = 2 * LONGEST;

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
    /// The operations up to the one that shows it.
    pub(super) done: Vec<Done>,
    /// What a law is to say behind them; `None` if no law can tell it.
    pub(super) last: Option<Last>,
}

/// A program while it runs.
pub(super) struct Running<'r> {
    pub(super) model: Host,
    /// The domains of the program.
    pub(super) names: &'r [String],
    /// What the placeholders in arguments mean.
    pub(super) words: &'r Names,
    pub(super) done: Vec<Done>,
}

impl<'t> Trial<'t> {
    pub(super) async fn new(host: &'t Host, kernel: &'t str, pause: Duration) -> Result<Self, Failed> {
        let mut trial = Self { host, kernel, pause, bystanders: BTreeMap::new() };
        trial.bystanders = trial.others().await?;
        Ok(trial)
    }

    /// Returns the states of domains that are not of programs.
    pub(super) async fn others(&self) -> Result<BTreeMap<String, String>, Failed> {
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

    /// Removes the domains of a program. Several may have one name, as two that were created with one uuid have.
    pub(super) async fn remove(&self, names: &[String]) -> Result<(), Failed> {
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

    /// Does one operation, and compares.
    pub(super) async fn one(&self, one: &Move, running: &mut Running<'_>) -> Option<Differs> {
        let mut one = one.clone();
        // An address that lacks the operation leaves it to another one.
        let has = |at: &usize| self.host.addresses[*at].1.supports(one.operation);
        let at = std::iter::once(one.address).chain(0..self.host.addresses.len()).find(has)?;
        one.address = at;
        let arguments = running.arguments(&one);
        let wanted = running.model.addresses[at].1.call(one.operation, &arguments).await;
        if wanted.as_ref().is_err_and(|error| error.fate() == Fate::Invalid) {
            return None;
        }
        let got = self.host.addresses[at].1.call(one.operation, &arguments).await;
        let error = wanted.as_ref().err().map(|error| error.code().to_string());
        running.done.push(Done { one, error: error.clone(), is_beside: false });
        let got = match code(got, wanted.as_ref().err().map(Failed::fate)) {
            Ok(got) => got,
            Err(error) => return Some(Differs::unreachable(&error, running.done.clone())),
        };
        if got != error {
            return Some(Differs {
                status: Status::Fail,
                why: "an operation has another outcome than on the model",
                got: say(got.as_deref()).to_owned(),
                wanted: say(error.as_deref()).to_owned(),
                done: running.done.clone(),
                last: Some(Last::Outcome),
            });
        }
        self.seen(running).await
    }

    /// Compares what can be seen over each address.
    async fn seen(&self, Running { model, names, done, .. }: &Running<'_>) -> Option<Differs> {
        for ((label, client), (_, modelled)) in self.host.addresses.iter().zip(&model.addresses) {
            // The model is in memory, and answers.
            let wanted = look(modelled, names).await.unwrap_or_default();
            let got = match settled(client, names, &wanted, self.pause).await {
                Ok(got) => got,
                Err(error) => return Some(Differs::unreachable(&error, done.clone())),
            };
            if got != wanted {
                return Some(difference(label, names, &got, &wanted, done.clone()));
            }
        }
        self.bystanders_as_before(done).await
    }

    /// Compares the domains that programs have nothing to do with.
    pub(super) async fn bystanders_as_before(&self, done: &[Done]) -> Option<Differs> {
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
                    last: Some(Last::Outcome),
                })
            }
            Err(error) => Some(Differs::unreachable(&error, done.to_vec())),
        }
    }
}

impl Running<'_> {
    /// The arguments of an operation, with what the placeholders in them mean.
    pub(super) fn arguments(&self, one: &Move) -> Arguments {
        one.arguments.iter().map(|(name, value)| ((*name).to_owned(), self.words.put(value))).collect()
    }
}

/// Returns the code with which a server refuses an operation, if it does.
///
/// # Errors
/// Returns the error if no reply tells what became of the operation. One of several requests may fail midway, on the
/// model, too, whose fate is `wanted`.
pub(super) fn code<T>(got: Result<T, Failed>, wanted: Option<Fate>) -> Result<Option<String>, Failed> {
    match got {
        Ok(_) => Ok(None),
        Err(error) if error.fate() == Fate::Refused || wanted == Some(error.fate()) => {
            Ok(Some(error.code().to_string()))
        }
        Err(error) => Err(error),
    }
}

/// Returns an outcome in a word.
pub(super) fn say(code: Option<&str>) -> &str {
    code.unwrap_or("done")
}

/// Tells the first difference of two readings.
pub(super) fn difference(label: &str, names: &[String], got: &Seen, wanted: &Seen, done: Vec<Done>) -> Differs {
    let differs = |why, got: String, wanted: String, last| Differs {
        status: Status::Fail,
        why,
        got,
        wanted,
        done,
        last: Some(last),
    };
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
    pub(super) fn unreachable(error: &Failed, done: Vec<Done>) -> Self {
        let (status, why) = match error.fate() {
            Fate::NotSent => (Status::Crash, "the server can't be reached"),
            _ if error.is_timeout() => (Status::Timeout, "the server does not answer in time"),
            _ => (Status::InvalidAnswer, "the server's answer can't be read"),
        };
        Self { status, why, got: error.to_string(), wanted: "an answer".to_owned(), done, last: Some(Last::Outcome) }
    }
}
