//! What the Xen-API needs before anything else.

use super::super::form::Effect::{Changes, Reads};
use super::super::form::{Operation, Source::*, of_daemon, of_session};
use super::super::{Answer, ArgumentKind};
use super::required;

pub(super) const SESSION: &[Operation] = &[
    Operation {
        name: "session.login",
        summary: "open a session, and give its reference",
        arguments: &[required("user", ArgumentKind::Text), required("password", ArgumentKind::Text)],
        effect: Changes,
        answer: Answer::Text,
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_daemon("session.login_with_password", &[Arg("user"), Arg("password")])],
    },
    Operation {
        name: "session.logout",
        summary: "end the session",
        arguments: &[],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_session("session.logout", &[])],
    },
    Operation {
        name: "host.references",
        summary: "give the reference of the host, which is always one",
        arguments: &[],
        effect: Reads,
        answer: Answer::Names,
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_session("host.get_all", &[])],
    },
    Operation {
        name: "domain.references",
        summary: "give the references of the domains of a name",
        arguments: &[required("name", ArgumentKind::Text)],
        effect: Reads,
        answer: Answer::Names,
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_session("VM.get_by_name_label", &[Arg("name")])],
    },
];
