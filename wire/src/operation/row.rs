//! Rows of the table of operations, and [`Operation`], the handle to a row.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::argument::Argument;
use super::arguments::Arguments;
use super::face::Face;
use super::form::{Object, PlanKind, SxpForm, XenApiForm, XmlRpcForm};
use crate::{Error, ErrorKind, Release};

/// One thing that a client can ask of Xend, such as `domain.pause`.
///
/// There is a constant for each operation, such as [`PAUSE`](super::PAUSE). [`find`](super::find) looks one up by its name.
#[derive(Clone, Copy)]
pub struct Operation(&'static Row);

/// A row of the table: everything that it says about an operation.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) arguments: &'static [Argument],
    pub(super) effect: Effect,
    pub(super) answer: Answer,
    /// The values that confirm the operation in a reply, if its answer is [`Answer::Nothing`].
    pub(super) acknowledgements: &'static [Acknowledgement],
    pub(super) sxp: &'static [SxpForm],
    pub(super) xmlrpc: &'static [XmlRpcForm],
    pub(super) xenapi: &'static [XenApiForm],
    /// The steps on `sxp` and `xmlrpc`, if these have no single request for the operation.
    pub(super) legacy: Option<LegacySteps>,
    /// The steps on the Xen-API, if that has no single method for the operation.
    pub(super) methods: Option<MethodSteps>,
}

/// The operations that together do another operation on `sxp` and `xmlrpc`, from a release on.
pub(super) struct LegacySteps {
    pub(super) since: Release,
    pub(super) sequence: Sequence,
    pub(super) steps: &'static [Operation],
}

/// The methods of the Xen-API that together do an operation, from a release on.
pub(super) struct MethodSteps {
    pub(super) since: Release,
    pub(super) plan: PlanKind,
    pub(super) steps: &'static [&'static str],
}

/// Defines a row of the table and a constant for each operation, and the list of all of them, `ROWS`.
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

        /// The name of each constant, with the name of its operation.
        #[cfg(test)]
        pub(super) const NAMES: &[(&str, &str)] = &[$((stringify!($constant), $name)),*];
    };
}
pub(super) use operations;

/// Whether an operation changes anything. One that only reads can safely be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The operation only reads.
    Reads,
    /// The operation changes the state of the host.
    Changes,
}

/// The shape of the answer to an operation. On every face it is converted to S-expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No value.
    Nothing,
    /// One list of names: `(Domain-0 vm1)`.
    Names,
    /// One list of references of the Xen-API: `(f3e5d1b9-4c71-4b4c-9b62-3f9a3a3a0a01)`.
    References,
    /// One record: a list that begins with this name.
    Record(&'static str),
    /// One list of records, each of which begins with this name.
    Records(&'static str),
    /// One list of devices, each with its number and what the XenStore says about it: `((2049 ((backend ...) ...)))`.
    Devices,
    /// The new device, `(vif (dom 2 id 1))`, or `True` if the domain is defined but does not run.
    Device,
    /// One atom, which may have any bytes in it.
    Text,
}

/// A value in a reply that confirms an operation without an answer. Any other value does not confirm it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledgement {
    /// `None`: nil on XML-RPC, no value or an empty string on the S-expression face, an empty string on the Xen-API.
    None,
    /// 0, which the hypervisor's Python library returns for success (`xc.c`).
    Zero,
    /// `True`.
    True,
    /// Any text.
    Text,
    /// A record with this head.
    Record(&'static str),
}

/// How an operation is carried out on a face of a release: by one request or by several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// One request, which [`Operation::request`] builds.
    Request,
    /// Several other operations of the table, one after the other.
    Operations {
        /// Which procedure the client follows.
        sequence: Sequence,
        /// The operations in the order in which they may be requested. Not all of them are needed each time.
        steps: &'static [Operation],
    },
    /// Several methods of the Xen-API, one after the other, by the plan that [`Operation::plan`] makes.
    Methods {
        /// The methods in the order in which they may be called. Not all of them are needed each time.
        steps: &'static [&'static str],
    },
}

/// A procedure of several operations that a client follows where there is no single request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Create a domain, wait for its devices, let it run and describe it. If one step fails, destroy the domain.
    CreateAndStart,
    /// Describe a domain, change its `on_xend_start`, and define it again.
    SetAutostart,
}

/// The error for an operation that a face of a release does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The face that was asked for.
    pub face: Face,
    /// The release that was asked for.
    pub release: Release,
    /// The name of the operation.
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
    /// A row without requests, which the macro fills in.
    pub(super) const fn new(
        name: &'static str,
        summary: &'static str,
        arguments: &'static [Argument],
        effect: Effect,
        answer: Answer,
    ) -> Self {
        let (sxp, xmlrpc, xenapi): (&[_], &[_], &[_]) = (&[], &[], &[]);
        let acknowledgements = &[Acknowledgement::None];
        Self {
            name,
            summary,
            arguments,
            effect,
            answer,
            acknowledgements,
            sxp,
            xmlrpc,
            xenapi,
            legacy: None,
            methods: None,
        }
    }
}

impl Implementation {
    /// The names of the operations or methods; empty if the operation takes one request.
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

    /// The name of the operation, such as `domain.pause`.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What the operation does, as a fragment such as `pause a domain`.
    pub const fn summary(self) -> &'static str {
        self.0.summary
    }

    /// The arguments that the operation takes.
    pub const fn arguments(self) -> &'static [Argument] {
        self.0.arguments
    }

    /// The argument of this name; `None` if the operation has no such argument.
    pub fn argument(self, name: &str) -> Option<&'static Argument> {
        self.0.arguments.iter().find(|argument| argument.name == name)
    }

    /// Whether the operation changes anything or only reads.
    pub const fn effect(self) -> Effect {
        self.0.effect
    }

    /// The shape of the answer.
    pub const fn answer(self) -> Answer {
        self.0.answer
    }

    /// The values that confirm the operation in a reply, if it has no answer.
    pub(crate) const fn acknowledgements(self) -> &'static [Acknowledgement] {
        self.0.acknowledgements
    }

    /// How the operation is carried out on a face of a release.
    ///
    /// # Errors
    /// [`Unsupported`] if the face of that release does not have the operation.
    pub fn implementation(self, face: Face, release: Release) -> Result<Implementation, Unsupported> {
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
                .map(|&LegacySteps { sequence, steps, .. }| Implementation::Operations { sequence, steps }),
            Face::XenApi => {
                let methods = self.0.methods.as_ref().filter(|methods| methods.since <= release);
                methods.map(|methods| Implementation::Methods { steps: methods.steps })
            }
        };
        form.map(|()| Implementation::Request).or_else(|unsupported| steps.ok_or(unsupported))
    }

    /// Whether a face of a release has the operation.
    pub fn is_supported(self, face: Face, release: Release) -> bool {
        self.implementation(face, release).is_ok()
    }

    /// Whether one request does the operation on a face of a release.
    pub fn takes_one_request(self, face: Face, release: Release) -> bool {
        self.implementation(face, release) == Ok(Implementation::Request)
    }

    /// The object whose method the operation calls on the Xen-API.
    ///
    /// # Errors
    /// [`Unsupported`] where the Xen-API of that release has no method for the operation.
    pub fn object(self, release: Release) -> Result<Object, Unsupported> {
        self.xenapi_forms(release).map(|forms| forms[0].object)
    }

    /// Whether the XML-RPC face sends the fields of the record without its name, which the other faces send.
    pub(crate) fn is_headless(self, release: Release) -> bool {
        self.xmlrpc_form(release).is_ok_and(|form| form.is_headless)
    }

    /// The power state of the Xen-API's records that belong to the answer; `None` if all do.
    pub(crate) fn power_state(self, release: Release) -> Option<&'static str> {
        self.xenapi_forms(release).ok().and_then(|forms| forms[0].power_state)
    }

    /// The newest form of the request that the release knows.
    pub(super) fn sxp_form(self, release: Release) -> Result<&'static SxpForm, Unsupported> {
        let form = self.0.sxp.iter().rfind(|form| form.since <= release);
        form.ok_or_else(|| self.unsupported(Face::Sxp, release))
    }

    pub(super) fn xmlrpc_form(self, release: Release) -> Result<&'static XmlRpcForm, Unsupported> {
        let form = self.0.xmlrpc.iter().rfind(|form| form.since <= release);
        form.ok_or_else(|| self.unsupported(Face::XmlRpc, release))
    }

    /// All forms of the call, if the release has one. Which of them is used may depend on the value of an argument.
    pub(super) fn xenapi_forms(self, release: Release) -> Result<&'static [XenApiForm], Unsupported> {
        match self.0.xenapi.first() {
            Some(first) if first.releases.contains(release) => Ok(self.0.xenapi),
            _ => Err(self.unsupported(Face::XenApi, release)),
        }
    }

    pub(super) fn unsupported(self, face: Face, release: Release) -> Unsupported {
        Unsupported { face, release, operation: self.0.name }
    }

    /// Checks the arguments for the operation: that all required ones are given, that the operation has each of them, and
    /// that each value is of its kind.
    ///
    /// # Errors
    /// [`ErrorKind::MissingArgument`], [`ErrorKind::UnknownArgument`] and [`ErrorKind::InvalidArgument`]; for an
    /// S-expression, the errors of [`sexpr::parse`](crate::sexpr::parse).
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
                return Err(Error::new(ErrorKind::InvalidArgument, 0..0).found(found).expected("each argument once"));
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
