//! Operations of the Xen-API on sessions and references.

use super::super::argument::{ArgumentKind, required};
use super::super::form::{Source::*, of_daemon, of_session};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Answer, operations};

operations! {
    SESSION_LOGIN = "session.login": "open a session and return its reference" {
        arguments: &[required("user", ArgumentKind::Text), required("password", ArgumentKind::Text)],
        effect: Changes,
        answer: Answer::Text,
        xenapi: &[of_daemon("session.login_with_password", &[Arg("user"), Arg("password")])],
    },
    SESSION_LOGOUT = "session.logout": "end the session" {
        arguments: &[],
        effect: Changes,
        answer: Answer::Nothing,
        xenapi: &[of_session("session.logout", &[])],
    },
    HOST_REFERENCES = "host.references": "return the reference of the host" {
        arguments: &[],
        effect: Reads,
        answer: Answer::References,
        xenapi: &[of_session("host.get_all", &[])],
    },
    REFERENCES = "domain.references": "return the references of the domains of this name" {
        arguments: &[required("name", ArgumentKind::Text)],
        effect: Reads,
        answer: Answer::References,
        xenapi: &[of_session("VM.get_by_name_label", &[Arg("name")])],
    },
}
