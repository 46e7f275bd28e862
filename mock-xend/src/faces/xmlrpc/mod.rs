//! The XML-RPC face: Python 2's `BaseHTTPServer` and `SimpleXMLRPCServer` with Xend's own methods behind them (protocol
//! reference §1.7, §4).
//!
//! From 3.0.3 on the daemon handles requests itself (`util/xmlrpclib2.py`): with HTTP/1.1, on any path; an exception
//! that is not a method's closes the connection without a reply. 3.0.2 leaves requests to Python's library.

mod body;
mod invocation;
mod method;
mod outcome;
mod perform;
mod reply;
mod request;
mod scripted;

#[cfg(test)]
pub(crate) use body::WORDING;
pub(crate) use body::{Wording, failure};
pub(crate) use invocation::Invocation;
pub(crate) use method::{Method, Routes, function, known_only, list_methods, of_domain, of_manager};
pub(crate) use outcome::Outcome;
pub(crate) use perform::{answer, decode, recognise};
pub(crate) use reply::Reply;
pub(crate) use request::Incoming;
pub(crate) use scripted::answer as scripted_answer;
