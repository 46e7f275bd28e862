//! The types and helper functions with which the table of operations describes requests.

use super::face::XEN_API;
use crate::{Release, Releases};

/// The request for an operation on the S-expression face, from a release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct SxpForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    /// The path of the request, in which `{domain}` stands for the argument `domain`.
    pub(super) path: &'static str,
    /// The fields in the body of a POST, or in the query of a GET, in the order in which they are sent.
    pub(super) fields: &'static [(&'static str, Source)],
}

/// The call for an operation on the XML-RPC face, from a release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct XmlRpcForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    pub(super) params: &'static [Source],
    /// Whether the daemon sends the fields of the record without its name, which it sends on the other faces.
    pub(super) is_headless: bool,
}

/// The call for an operation on the Xen-API, in a range of releases.
#[derive(Clone, Copy, Debug)]
pub(super) struct XenApiForm {
    pub(super) releases: Releases,
    pub(super) method: &'static str,
    /// The object whose method it is. Its reference is the parameter after the session.
    pub(super) object: Object,
    pub(super) params: &'static [Source],
    /// An argument, and the values of it for which this method is called; `None` if the method is called for all.
    pub(super) only: Option<(&'static str, &'static [&'static str])>,
    /// The power state of the records that belong to the answer; `None` if all do.
    pub(super) power_state: Option<&'static str>,
}

/// The kinds of [`Plan`](super::Plan) that operations have which take several methods of the Xen-API.
#[derive(Clone, Copy, Debug)]
pub(super) enum PlanKind {
    RecordsInState,
    Vcpus,
    SetCredit,
    Define,
    Create { paused: bool },
    ListDevices,
    AttachDevice,
    ChangeDisc,
    DetachDevice,
}

/// The object whose method is called on the Xen-API. It decides which references come before the other parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// The daemon itself. The call has no session and no reference.
    Daemon,
    /// The session. The call has no other reference.
    Session,
    /// The VM that the argument `domain` names.
    Vm,
    /// The host.
    Host,
    /// The metrics of the host.
    HostMetrics,
}

/// Where the value of a field or parameter comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The argument of this name, in the usual representation of its kind.
    Arg(&'static str),
    /// The argument of this name, or the constant if the argument is not given.
    Or(&'static str, Literal),
    /// The argument of this name, in another representation.
    As(&'static str, Representation),
    /// The constant. A request with any other value is another operation.
    Always(Literal),
    /// The constant. Other clients may leave it out or send another value.
    Usually(Literal),
    /// Nothing is sent. Other clients may send a value here.
    Unsent,
    /// A struct of these members. A member whose argument is not given is left out.
    Struct(&'static [(&'static str, Source)]),
}

/// A constant in a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal {
    Text(&'static str),
    Int(i32),
    Flag(bool),
    Nil,
}

/// Representations of an argument other than the usual one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    /// A number as a string.
    Text,
    /// A flag as `0` or `1`, and `0` if it is not given.
    Number,
    /// A character as its code.
    CharacterCode,
    /// A list of processors as an array of numbers.
    Array,
    /// A list of processors in brackets: `[0,1]`.
    Brackets,
    /// A number of MiB as a number of bytes.
    Bytes,
    /// The number of a virtual processor as the name of its parameter: `cpumap0`.
    CpuMap,
    /// A number as an `int` on the Xen-API, where numbers are usually sent as strings.
    Whole,
    /// The name of a disk as its device number, `5632` for `hdc`; a name that has no known number stays.
    BlockNumber,
}

pub(super) const fn get(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "GET", path, fields }
}

pub(super) const fn post(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "POST", path, fields }
}

/// A POST with the field `op=NAME` and other fields. It goes to a domain, or to the path that is given before the name.
macro_rules! op {
    ($path:literal: $name:literal $(, $field:literal = $source:expr)*) => {
        $crate::operation::form::post(
            $path,
            &[
                ("op", $crate::operation::form::Source::Always($crate::operation::form::Literal::Text($name))),
                $(($field, $source)),*
            ],
        )
    };
    ($name:literal $(, $field:literal = $source:expr)*) => {
        $crate::operation::form::op!("/xend/domain/{domain}": $name $(, $field = $source)*)
    };
}
pub(super) use op;

pub(super) const fn call(method: &'static str, params: &'static [Source]) -> XmlRpcForm {
    XmlRpcForm { since: Release::V3_0_2, method, params, is_headless: false }
}

const fn method(object: Object, method: &'static str, params: &'static [Source]) -> XenApiForm {
    XenApiForm { releases: Releases::since(XEN_API), method, object, params, only: None, power_state: None }
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

    pub(super) const fn headless(self) -> Self {
        Self { is_headless: true, ..self }
    }
}

impl XenApiForm {
    pub(super) const fn since(self, since: Release) -> Self {
        Self { releases: Releases::since(since), ..self }
    }

    pub(super) const fn until(self, last: Release) -> Self {
        Self { releases: Releases::between(XEN_API, last), ..self }
    }

    pub(super) const fn only(self, argument: &'static str, values: &'static [&'static str]) -> Self {
        Self { only: Some((argument, values)), ..self }
    }

    pub(super) const fn in_state(self, power_state: &'static str) -> Self {
        Self { power_state: Some(power_state), ..self }
    }
}
