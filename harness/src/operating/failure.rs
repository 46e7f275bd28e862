//! Failures that a client of Xend meets, and what it must learn of each.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{Argument, ArgumentKind, Effect, Face, Operation};

use super::mocks::Target;
use crate::Error;
use crate::subject::Operator;
use crate::version::Version;

/// One operation, with what becomes of its reply and what whoever asks for it must learn.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The id: that of the row, and the name of the operation.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// The [`Rule`](crate::case::Rule) that is tested, by its id.
    pub rule: String,
    /// Where the expectation comes from.
    pub source: String,
    /// The version of the suite that the failure came with.
    pub since: Version,
    /// The operation.
    pub operation: Operation,
    /// What must be learned.
    pub learns: Learns,
    /// The code of the failure, where there is only one.
    pub code: Option<ErrorCode>,
    pub(crate) faces: Vec<Face>,
    pub(crate) reply: Reply,
    /// Whether each transport is tried, and not only the first of a face.
    pub(crate) every_scheme: bool,
    /// Which of the releases is tried: this one of all that there are, counted around.
    pub(crate) turn: usize,
    /// How long the operation may take.
    pub(crate) deadline: Duration,
}

xend_wire::named_enum! {
    /// What must be learned of a reply.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Learns {
        /// That the operation was done.
        Done = "done",
        /// That it was not done.
        Refused = "refused",
        /// That it may have been done, or, of one that only reads, that nothing is known.
        Unknown = "unknown",
    }
    /// All of them.
    ALL: 3;
    /// Returns the word.
    fn name;
    Err: Error = |word: &str| Error::Usage(format!("`{word}` can't be learned, expected done, refused or unknown"));
}

/// What answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Nobody: there is no such listener.
    Nobody,
    /// A reply and its faults, as the tables of an expectation in a scenario.
    Scripted(toml::Table),
}

impl Failure {
    /// How long an operation may take if the row does not say.
    pub(crate) const DEADLINE: Duration = Duration::from_secs(4);

    /// Returns the faces on which the operation is asked for.
    pub fn asked_on(&self) -> &[Face] {
        &self.faces
    }

    /// Returns the addresses and releases at which an operator is asked: on each face over the first of its transports,
    /// or over all of them, one release each.
    pub(crate) fn targets(&self, operator: &Operator) -> Vec<Target> {
        if !operator.operations.contains(&self.operation) {
            return Vec::new();
        }
        let mut targets = Vec::new();
        for &face in &self.faces {
            let is_there = |release: &Release| self.operation.takes_one_request(face, *release);
            let releases: Vec<_> = operator.releases.iter().copied().filter(is_there).collect();
            let schemes = operator.schemes.iter().filter(|scheme| Target::face_of(scheme) == Some(face));
            let most = if self.every_scheme { usize::MAX } else { 1 };
            for (at, scheme) in schemes.take(most).enumerate().filter(|_| !releases.is_empty()) {
                let release = releases[(self.turn + at) % releases.len()];
                targets.push(Target { release, scheme: scheme.clone(), face });
            }
        }
        targets
    }

    /// Returns the arguments that the operation is asked for with on a face.
    pub(crate) fn arguments(&self, face: Face) -> Vec<(String, String)> {
        let required = self.operation.arguments().iter().filter(|argument| argument.is_required);
        required.map(|argument| (argument.name.to_owned(), sample(argument, face).to_owned())).collect()
    }

    /// Returns the scenario that a mock plays; `None` if nobody answers.
    pub(crate) fn scenario(&self, face: Face) -> Option<String> {
        let Reply::Scripted(reply) = &self.reply else { return None };
        let mut expect = reply.clone();
        expect.insert("face".to_owned(), face.as_str().into());
        expect.insert("operation".to_owned(), self.operation.name().into());
        let domain = self.operation.arguments().iter().find(|argument| argument.kind == ArgumentKind::Domain);
        if let Some(domain) = domain {
            let table = toml::Table::from_iter([(domain.name.to_owned(), sample(domain, face).into())]);
            expect.insert("args".to_owned(), table.into());
        }
        // What only reads may be asked again.
        let times = match self.operation.effect() {
            Effect::Changes => toml::Value::from(1),
            Effect::Reads => toml::Table::from_iter([("at-least".to_owned(), 1.into())]).into(),
        };
        expect.insert("times".to_owned(), times);
        let scenario = toml::Table::from_iter([("expect".to_owned(), toml::Value::Array(vec![expect.into()]))]);
        Some(scenario.to_string())
    }
}

/// Returns a value that an argument may have.
fn sample(argument: &Argument, face: Face) -> &'static str {
    match (argument.name, argument.kind) {
        ("reason", _) => "poweroff",
        // On the Xen-API a uuid is a reference, and need not be looked up.
        (_, ArgumentKind::Domain) if face == Face::XenApi => "11111111-1111-1111-1111-111111111111",
        (_, ArgumentKind::Domain) => "vm1",
        (_, ArgumentKind::Sexpr) => "(vm (name new))",
        (_, ArgumentKind::Integer(_)) => "7",
        (_, ArgumentKind::Flag) => "1",
        (_, ArgumentKind::Key) => "h",
        (_, ArgumentKind::Cpus) => "0,1",
        (_, ArgumentKind::Path) => "/srv/file",
        (_, ArgumentKind::Text) => "text",
    }
}
