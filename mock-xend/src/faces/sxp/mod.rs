//! The S-expression face: Xend's own web server and its resources (protocol reference §1.2 to §1.6, §3).
//!
//! A request is read (`request`) and routed to a resource and an action (`resource`). The action runs while the request
//! has access to the world (`invocation`, and the functions in `operations`). Its result (`outcome`) is printed after
//! the world has been released (`page`, `html`, `reply`). Where the daemon would answer in HTML (a request with
//! `User-Agent` and an `Accept` without `application/sxp`, which curl sends by default), the mock does so, too.

mod form;
mod html;
mod invocation;
mod outcome;
mod page;
mod perform;
mod reply;
mod request;
mod resource;
mod scripted;

pub(crate) use form::{body as form, urlencoded};
pub(crate) use invocation::Invocation;
pub(crate) use outcome::Outcome;
pub(crate) use perform::{answer, recognise};
pub(crate) use request::Incoming;
pub(crate) use resource::{Action, Execution, Resource, Routes, get, get_with, post};
#[cfg(test)]
pub(crate) use resource::{Verb, operations_of};
#[cfg(test)]
pub(crate) use scripted::answer_to_list;
