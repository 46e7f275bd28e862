//! What an operation is, and the few words in which the table writes its requests.

use std::fmt;

use super::Face;
use super::table::STEPS;
use crate::{Error, ErrorKind, Release};

/// One thing that a client can ask.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `domain.pause`.
    pub name: &'static str,
    /// What it does, as a fragment.
    pub summary: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    /// Whether the host is another afterwards.
    pub effect: Effect,
    /// What comes back.
    pub answer: Answer,
    pub(super) sxp: &'static [SxpForm],
    pub(super) xmlrpc: &'static [XmlRpcForm],
    pub(super) xenapi: &'static [XenApiForm],
}

/// An argument of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The name by which it is given.
    pub name: &'static str,
    /// What may be given.
    pub kind: ArgumentKind,
    /// Whether it must be given.
    pub is_required: bool,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The name or id of a domain; from 3.1 on also its uuid.
    Domain,
    /// A word from the daemon's list, or any text.
    Text,
    /// The absolute path of a file on the daemon's host.
    Path,
    /// An S-expression: a configuration `(vm (name ...) ...)` or `(vif (bridge ...))`.
    Sexpr,
    /// An integer, in that unit.
    Integer(Unit),
    /// `1` or `true`, `0` or `false`.
    Flag,
    /// One character, from U+0000 to U+00FF.
    Key,
    /// Numbers of processors of the host: `0,1`.
    Cpus,
}

/// What an integer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing but itself: a number, a count, a share.
    One,
    /// Mebibytes.
    MiB,
    /// Nanoseconds.
    Nanoseconds,
}

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

/// An operation on the S-expression face, from some release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct SxpForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    /// Path in which `{domain}` stands for the argument.
    pub(super) path: &'static str,
    /// Fields of the form of a POST, or of the query of a GET, in the order in which they are sent.
    pub(super) fields: &'static [(&'static str, Source)],
}

/// An operation on the XML-RPC face, from some release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct XmlRpcForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    pub(super) params: &'static [Source],
}

/// An operation on the Xen-API face, from some release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct XenApiForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    /// What the method is a method of, whose reference follows the session.
    pub(super) object: Object,
    pub(super) params: &'static [Source],
    /// The values of an argument for which this is the method; none if all.
    pub(super) only: Option<(&'static str, &'static [&'static str])>,
    /// Of several records only those in this power state.
    pub(super) power_state: Option<&'static str>,
}

/// An operation that takes several requests, on some faces from some release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    pub(super) operation: &'static str,
    pub(super) faces: &'static [Face],
    pub(super) since: Release,
    /// Operations, or methods of the Xen-API.
    pub(super) requests: &'static [&'static str],
}

/// What a method of the Xen-API is a method of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// Of the daemon; there is no session yet.
    Daemon,
    /// Of the session alone.
    Session,
    /// Of the VM that the argument `domain` names.
    Vm,
    /// Of the host.
    Host,
    /// Of the metrics of the host.
    HostMetrics,
}

/// Where a field or parameter comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// An argument, in the form of its kind.
    Arg(&'static str),
    /// An argument, or this if it is not given.
    Or(&'static str, Literal),
    /// An argument in another form.
    As(&'static str, Shape),
    /// Always this.
    Always(Literal),
    /// This, and other clients may leave it out or send another.
    Usually(Literal),
    /// Nothing: other clients may send something there.
    Unsent,
    /// A struct.
    Struct(&'static [(&'static str, Source)]),
}

/// A constant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal {
    Text(&'static str),
    Int(i32),
    Flag(bool),
    Nil,
}

/// Forms that differ from the usual one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A number as a string.
    Text,
    /// A flag as `0` or `1`; `0` if it is not given.
    Number,
    /// A character as its code.
    CharacterCode,
    /// Processors as an array of numbers.
    Array,
    /// Processors in brackets: `[0,1]`.
    Brackets,
    /// MiB as bytes.
    Bytes,
    /// The number of a virtual processor as the name of its parameter: `cpumap0`.
    CpuMap,
}

pub(super) const fn get(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "GET", path, fields }
}

pub(super) const fn post(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "POST", path, fields }
}

pub(super) const fn call(method: &'static str, params: &'static [Source]) -> XmlRpcForm {
    XmlRpcForm { since: Release::V3_0_2, method, params }
}

/// The Xen-API begins with 3.1 here; that of 3.0.4 was another.
const fn method(object: Object, method: &'static str, params: &'static [Source]) -> XenApiForm {
    XenApiForm { since: Release::V3_1, method, object, params, only: None, power_state: None }
}

pub(super) const fn of_daemon(name: &'static str, params: &'static [Source]) -> XenApiForm {
    method(Object::Daemon, name, params)
}

pub(super) const fn of_session(name: &'static str, params: &'static [Source]) -> XenApiForm {
    method(Object::Session, name, params)
}

pub(super) const fn of_vm(name: &'static str, params: &'static [Source]) -> XenApiForm {
    method(Object::Vm, name, params)
}

pub(super) const fn of_host(name: &'static str, params: &'static [Source]) -> XenApiForm {
    method(Object::Host, name, params)
}

pub(super) const fn of_host_metrics(name: &'static str) -> XenApiForm {
    method(Object::HostMetrics, name, &[])
}

impl SxpForm {
    pub(super) const fn since(self, since: Release) -> Self {
        Self { since, ..self }
    }
}

impl XmlRpcForm {
    pub(super) const fn since(self, since: Release) -> Self {
        Self { since, ..self }
    }
}

impl XenApiForm {
    pub(super) const fn since(self, since: Release) -> Self {
        Self { since, ..self }
    }

    pub(super) const fn only(self, argument: &'static str, values: &'static [&'static str]) -> Self {
        Self { only: Some((argument, values)), ..self }
    }

    pub(super) const fn in_state(self, power_state: &'static str) -> Self {
        Self { power_state: Some(power_state), ..self }
    }
}

impl Operation {
    /// Whether a face of a release has the operation: by one request, or in [`steps`](Self::steps).
    ///
    /// # Errors
    /// [`Unsupported`] if not.
    pub fn support(&self, face: Face, release: Release) -> Result<(), Unsupported> {
        let form = match face {
            Face::Sxp => self.sxp_form(release).map(drop),
            Face::XmlRpc => self.xmlrpc_form(release).map(drop),
            Face::XenApi => self.xenapi_forms(release).map(drop),
        };
        form.or_else(|unsupported| self.steps(face, release).map(drop).ok_or(unsupported))
    }

    /// Whether one request does the operation on a face of a release.
    pub fn takes_one_request(&self, face: Face, release: Release) -> bool {
        self.is_supported(face, release) && self.steps(face, release).is_none()
    }

    /// The requests that a client makes one after the other where no single one does it, in the order in which it may make
    /// them; which of them it makes depends on the arguments, and on how it goes. They are operations of the table, or
    /// methods of the Xen-API. `None` where one request does it, and where nothing does.
    pub fn steps(&self, face: Face, release: Release) -> Option<&'static [&'static str]> {
        let is_it =
            |steps: &&Steps| steps.operation == self.name && steps.faces.contains(&face) && steps.since <= release;
        STEPS.iter().find(is_it).map(|steps| steps.requests)
    }

    /// Whether a face of a release has the operation.
    pub fn is_supported(&self, face: Face, release: Release) -> bool {
        self.support(face, release).is_ok()
    }

    /// What the operation's method of the Xen-API is a method of.
    ///
    /// # Errors
    /// [`Unsupported`] where the Xen-API of that release lacks the operation.
    pub fn object(&self, release: Release) -> Result<Object, Unsupported> {
        self.xenapi_forms(release).map(|forms| forms[0].object)
    }

    /// The newest form that the release knows.
    pub(super) fn sxp_form(&self, release: Release) -> Result<&'static SxpForm, Unsupported> {
        let form = self.sxp.iter().rfind(|form| form.since <= release);
        form.ok_or(Unsupported { face: Face::Sxp, release, operation: self.name })
    }

    pub(super) fn xmlrpc_form(&self, release: Release) -> Result<&'static XmlRpcForm, Unsupported> {
        let form = self.xmlrpc.iter().rfind(|form| form.since <= release);
        form.ok_or(Unsupported { face: Face::XmlRpc, release, operation: self.name })
    }

    /// All that the release knows: which it is may depend on the value of an argument.
    pub(super) fn xenapi_forms(&self, release: Release) -> Result<&'static [XenApiForm], Unsupported> {
        let unsupported = Unsupported { face: Face::XenApi, release, operation: self.name };
        match self.xenapi.first() {
            Some(first) if first.since <= release => Ok(self.xenapi),
            _ => Err(unsupported),
        }
    }
}
