//! The few words in which the table writes its requests.

use crate::{Release, Releases};

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
    /// Whether the daemon sends the fields of the record alone, without the name that it has elsewhere.
    pub(super) is_headless: bool,
}

/// An operation on the Xen-API face, from some release on.
#[derive(Clone, Copy, Debug)]
pub(super) struct XenApiForm {
    pub(super) releases: Releases,
    pub(super) method: &'static str,
    /// What the method is a method of, whose reference follows the session.
    pub(super) object: Object,
    pub(super) params: &'static [Source],
    /// The values of an argument for which this is the method; none if all.
    pub(super) only: Option<(&'static str, &'static [&'static str])>,
    /// Of several records only those in this power state.
    pub(super) power_state: Option<&'static str>,
}

/// What a client makes of an operation's arguments where that takes several methods of the Xen-API.
#[derive(Clone, Copy, Debug)]
pub(super) enum Recipe {
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
    /// A struct. A member whose argument is not given is left out.
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
    /// A number as a number, on the face where numbers otherwise travel as strings.
    Whole,
    /// A disk as its number, if its name has one that is known: `5632` for `hdc`.
    BlockNumber,
}

pub(super) const fn get(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "GET", path, fields }
}

pub(super) const fn post(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "POST", path, fields }
}

/// A POST of `op=NAME` and other fields: to a domain, or to the resource whose path stands before the name.
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

/// The release with which the Xen-API begins here; that of 3.0.4 was another.
pub(super) const XEN_API: Release = Release::V3_1;

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
