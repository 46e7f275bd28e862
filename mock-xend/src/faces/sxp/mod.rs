//! The S-expression face: Xend's own web server and its resources (protocol reference §1.2 to §1.6, §3).
//!
//! A request is read (`request`), led to what it asks for (`resource`), done while it has the world (`invocation`, the
//! functions of `operations`), and what comes of it (`outcome`) is printed when the world has been given back (`page`,
//! `html`, `reply`). Where the daemon would answer in HTML (`User-Agent` and an `Accept` without `application/sxp`, which
//! is what curl sends by itself), so does the mock.

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

pub(crate) use invocation::Invocation;
pub(crate) use outcome::Outcome;
pub(crate) use perform::answer;
pub(crate) use request::Incoming;
pub(crate) use resource::{Action, Resource, Routes, Way, get, get_with, post};
#[cfg(test)]
pub(crate) use resource::{Verb, operations_of};
#[cfg(test)]
pub(crate) use scripted::said;
