//! What an operation is: a row of the table, and the handle by which everybody names it.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::argument::Argument;
use super::arguments::Arguments;
use super::face::Face;
use super::form::{Object, Recipe, SxpForm, XenApiForm, XmlRpcForm};
use crate::{Error, ErrorKind, Release};

/// One thing that a client can ask: `domain.pause`.
///
/// There is a constant for each operation, such as [`PAUSE`](super::PAUSE), and [`find`](super::find) gives the one of a
/// name.
#[derive(Clone, Copy)]
pub struct Operation(&'static Row);

/// All that the table says of an operation.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) arguments: &'static [Argument],
    pub(super) effect: Effect,
    pub(super) answer: Answer,
    /// What may stand in the reply of an operation whose answer is [`Answer::Nothing`].
    pub(super) done: &'static [Done],
    pub(super) sxp: &'static [SxpForm],
    pub(super) xmlrpc: &'static [XmlRpcForm],
    pub(super) xenapi: &'static [XenApiForm],
    /// How `sxp` and `xmlrpc` do it where they have no request for it.
    pub(super) legacy: Option<LegacySteps>,
    /// How the Xen-API does it where it has no method for it.
    pub(super) methods: Option<MethodSteps>,
}

/// Operations that make up another one on `sxp` and `xmlrpc`, from some release on.
pub(super) struct LegacySteps {
    pub(super) since: Release,
    pub(super) sequence: Sequence,
    pub(super) steps: &'static [Operation],
}

/// Methods of the Xen-API that make up an operation, from some release on.
pub(super) struct MethodSteps {
    pub(super) since: Release,
    pub(super) recipe: Recipe,
    pub(super) steps: &'static [&'static str],
}

/// Writes a row of the table for each operation, a constant that names it, and the list of all of them, `ROWS`.
macro_rules! operations {
    ($(
        $constant:ident = $name:literal: $summary:literal {
            arguments: $arguments:expr,
            effect: $effect:expr,
            answer: $answer:expr,
            $($field:ident: $value:expr,)*
        },
    )*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $summary, ".")]
            pub const $constant: $crate::operation::row::Operation = {
                static ROW: $crate::operation::row::Row = $crate::operation::row::Row {
                    $($field: $value,)*
                    ..$crate::operation::row::Row::new($name, $summary, $arguments, $effect, $answer)
                };
                $crate::operation::row::Operation::of(&ROW)
            };
        )*
        pub(super) const ROWS: &[$crate::operation::row::Operation] = &[$($constant),*];

        /// The name of each constant, with that of its operation.
        #[cfg(test)]
        pub(super) const NAMES: &[(&str, &str)] = &[$((stringify!($constant), $name)),*];
    };
}
pub(super) use operations;

/// Whether an operation may be tried again without a thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It changes the state of the host.
    Changes,
}

/// What a successful operation gives, as S-expressions on every face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No value.
    Nothing,
    /// One list of names: `(Domain-0 vm1)`.
    Names,
    /// One record: a list that begins with this name.
    Record(&'static str),
    /// One list of such records.
    Records(&'static str),
    /// One list of what the store holds of devices, each with its number: `((2049 ((backend ...) ...)))`.
    Devices,
    /// Which device it is: `(vif (dom 2 id 1))`; or `True` for one of a domain that is only defined.
    Device,
    /// One atom, which may have any bytes in it.
    Text,
}

/// What the daemon's function returns where the operation gives nothing: whatever else stands in the reply is no sign that
/// it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// `None`: nil on XML-RPC, no value or an empty string on the S-expression face, an empty string on the Xen-API.
    None,
    /// 0, with which the hypervisor's Python library says that it is done (`xc.c`).
    Zero,
    /// `True`.
    True,
    /// A text that nobody asked for.
    Text,
    /// A record with this head that only one face gives.
    Record(&'static str),
}

/// How a face of a release does an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By one request: [`Operation::request`].
    Request,
    /// By other operations of the table, one after the other.
    Operations {
        /// What is done with them.
        sequence: Sequence,
        /// The operations, in the order in which they may be asked for. Which of them are, depends on how it goes.
        steps: &'static [Operation],
    },
    /// By methods of the Xen-API, one after the other: [`Operation::plan`].
    Methods {
        /// The methods, in the order in which they may be called. Which of them are, depends on the arguments, and on how
        /// it goes.
        steps: &'static [&'static str],
    },
}

/// What a client does with several operations of the table in place of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Make a domain, wait for its devices, let it run and describe it. Destroy it if one of these fails.
    CreateAndStart,
    /// Describe a domain, change its `on_xend_start`, and define it anew.
    SetAutostart,
}

/// A face or release does not have the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The face.
    pub face: Face,
    /// The release.
    pub release: Release,
    /// The operation's name.
    pub operation: &'static str,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such operation `{}` on the {} face of {}", self.operation, self.face, self.release)
    }
}

impl std::error::Error for Unsupported {}

impl From<Unsupported> for Error {
    fn from(Unsupported { face, release, operation }: Unsupported) -> Self {
        let expected = format!("one that the {face} face of {release} has");
        Self::new(ErrorKind::UnsupportedOperation, 0..0).found(format!("`{operation}`")).expected(expected)
    }
}

impl Row {
    /// A row of an operation that no face has yet.
    pub(super) const fn new(
        name: &'static str,
        summary: &'static str,
        arguments: &'static [Argument],
        effect: Effect,
        answer: Answer,
    ) -> Self {
        let (sxp, xmlrpc, xenapi): (&[_], &[_], &[_]) = (&[], &[], &[]);
        let done = &[Done::None];
        Self { name, summary, arguments, effect, answer, done, sxp, xmlrpc, xenapi, legacy: None, methods: None }
    }
}

impl Way {
    /// The names of the operations or methods that it takes; none if it takes one request.
    pub fn steps(self) -> Vec<&'static str> {
        match self {
            Self::Request => Vec::new(),
            Self::Operations { steps, .. } => steps.iter().map(|step| step.name()).collect(),
            Self::Methods { steps } => steps.to_vec(),
        }
    }
}

impl Operation {
    pub(super) const fn of(row: &'static Row) -> Self {
        Self(row)
    }

    pub(super) fn row(self) -> &'static Row {
        self.0
    }

    /// The name: `domain.pause`.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it does, as a fragment: `stop a domain where it is`.
    pub const fn summary(self) -> &'static str {
        self.0.summary
    }

    /// What it takes.
    pub const fn arguments(self) -> &'static [Argument] {
        self.0.arguments
    }

    /// The argument of a name.
    pub fn argument(self, name: &str) -> Option<&'static Argument> {
        self.0.arguments.iter().find(|argument| argument.name == name)
    }

    /// Whether the host is another afterwards.
    pub const fn effect(self) -> Effect {
        self.0.effect
    }

    /// What comes back.
    pub const fn answer(self) -> Answer {
        self.0.answer
    }

    /// What may stand in a reply that says that the operation was done, where it has no answer.
    pub(crate) const fn done(self) -> &'static [Done] {
        self.0.done
    }

    /// How a face of a release does the operation.
    ///
    /// # Errors
    /// [`Unsupported`] if it can't.
    pub fn way(self, face: Face, release: Release) -> Result<Way, Unsupported> {
        let form = match face {
            Face::Sxp => self.sxp_form(release).map(drop),
            Face::XmlRpc => self.xmlrpc_form(release).map(drop),
            Face::XenApi => self.xenapi_forms(release).map(drop),
        };
        let steps = match face {
            Face::Sxp | Face::XmlRpc => self
                .0
                .legacy
                .as_ref()
                .filter(|legacy| legacy.since <= release)
                .map(|&LegacySteps { sequence, steps, .. }| Way::Operations { sequence, steps }),
            Face::XenApi => {
                let methods = self.0.methods.as_ref().filter(|methods| methods.since <= release);
                methods.map(|methods| Way::Methods { steps: methods.steps })
            }
        };
        form.map(|()| Way::Request).or_else(|unsupported| steps.ok_or(unsupported))
    }

    /// Whether a face of a release has the operation.
    pub fn is_supported(self, face: Face, release: Release) -> bool {
        self.way(face, release).is_ok()
    }

    /// Whether one request does the operation on a face of a release.
    pub fn takes_one_request(self, face: Face, release: Release) -> bool {
        self.way(face, release) == Ok(Way::Request)
    }

    /// What the operation's method of the Xen-API is a method of.
    ///
    /// # Errors
    /// [`Unsupported`] where the Xen-API of that release has no method for the operation.
    pub fn object(self, release: Release) -> Result<Object, Unsupported> {
        self.xenapi_forms(release).map(|forms| forms[0].object)
    }

    /// Whether the XML-RPC face sends the fields of the record alone, without the name that it has elsewhere.
    pub(crate) fn is_headless(self, release: Release) -> bool {
        self.xmlrpc_form(release).is_ok_and(|form| form.is_headless)
    }

    /// The power state of those of the Xen-API's records that the operation is about; `None` if it is about all.
    pub(crate) fn power_state(self, release: Release) -> Option<&'static str> {
        self.xenapi_forms(release).ok().and_then(|forms| forms[0].power_state)
    }

    /// The newest form that the release knows.
    pub(super) fn sxp_form(self, release: Release) -> Result<&'static SxpForm, Unsupported> {
        let form = self.0.sxp.iter().rfind(|form| form.since <= release);
        form.ok_or_else(|| self.unsupported(Face::Sxp, release))
    }

    pub(super) fn xmlrpc_form(self, release: Release) -> Result<&'static XmlRpcForm, Unsupported> {
        let form = self.0.xmlrpc.iter().rfind(|form| form.since <= release);
        form.ok_or_else(|| self.unsupported(Face::XmlRpc, release))
    }

    /// All that the release knows: which it is may depend on the value of an argument.
    pub(super) fn xenapi_forms(self, release: Release) -> Result<&'static [XenApiForm], Unsupported> {
        match self.0.xenapi.first() {
            Some(first) if first.releases.contains(release) => Ok(self.0.xenapi),
            _ => Err(self.unsupported(Face::XenApi, release)),
        }
    }

    pub(super) fn unsupported(self, face: Face, release: Release) -> Unsupported {
        Unsupported { face, release, operation: self.0.name }
    }

    /// Whether these are arguments of the operation, all that it must have among them, each in the form of its kind.
    ///
    /// # Errors
    /// [`ErrorKind::MissingArgument`], [`ErrorKind::UnknownArgument`], [`ErrorKind::InvalidArgument`], and for an
    /// S-expression whatever [`sexpr::parse`](crate::sexpr::parse) finds in it.
    pub fn check(self, arguments: &Arguments) -> Result<(), Error> {
        if let Some((name, _)) = arguments.iter().find(|(name, _)| self.argument(name).is_none()) {
            let names: Vec<_> = self.arguments().iter().map(|argument| format!("`{}`", argument.name)).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
            let found = format!("`{name}` of `{self}`");
            return Err(Error::new(ErrorKind::UnknownArgument, 0..0).found(found).expected(known));
        }
        for (at, (name, _)) in arguments.iter().enumerate() {
            if arguments.iter().take(at).any(|(other, _)| other == name) {
                let found = format!("`{name}` of `{self}`");
                return Err(Error::new(ErrorKind::InvalidArgument, 0..0).found(found).expected("it once"));
            }
        }
        for argument in self.arguments() {
            match arguments.get(argument.name) {
                Some(value) => argument.check(value)?,
                None if argument.is_required => {
                    let found = format!("`{}` of `{self}`", argument.name);
                    return Err(Error::new(ErrorKind::MissingArgument, 0..0).found(found));
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        // Each row is a static of its own.
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Operation {}

impl Hash for Operation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Operation").field(&self.0.name).finish()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name)
    }
}
