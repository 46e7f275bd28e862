//! Turning an outcome into a reply (`web/SrvBase.py`, `web/httpserver.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::outcome::Outcome;
use super::reply::{PLAIN, Reply, SXP};
use super::request::Request;
use super::resource::{Action, Execution, Resource};
use crate::python;
use crate::world::Failure;

/// A reply under construction, with its request.
pub(super) struct Page<'r> {
    pub(super) request: &'r Request,
    pub(super) release: Release,
    /// The host and the port that the daemon writes into its links.
    pub(super) origin: &'r Origin,
    pub(super) reply: Reply,
}

/// The host and the port that the daemon believes to have.
pub(super) struct Origin {
    /// The daemon's own port.
    pub(super) port: u16,
    /// The daemon's own name, if the client names no host.
    pub(super) host: Option<String>,
}

impl<'r> Page<'r> {
    pub(super) fn new(request: &'r Request, release: Release, origin: &'r Origin) -> Self {
        Self { request, release, origin, reply: Reply::ok() }
    }

    /// Returns the reply to an action with its outcome; `None` if the daemon would never send one.
    pub(super) fn of(mut self, action: &Action, outcome: Result<Outcome, Failure>) -> Option<Reply> {
        // The handler of the console ring drops the result of an operation, be it a value or an exception.
        let passes_on = action.resource != Resource::Messages || action.execution == Execution::Page;
        if action.execution.accepts() {
            self.accept();
        }
        match outcome {
            Err(Failure::Unanswered) => return None,
            Err(_) if action.execution == Execution::Page => self.broken(),
            Err(failure) if action.execution.has_worker() => return self.worker_raised(&failure),
            Err(_) if !passes_on => self.fail(self.operation()),
            Err(failure) => self.raised(&failure),
            Ok(outcome) => {
                let value = self.show(outcome);
                if passes_on && !action.execution.has_worker() {
                    self.result(&value);
                }
            }
        }
        Some(self.reply)
    }

    /// Returns the reply to a request for something that the resource does not have in this release.
    pub(super) fn of_unknown(mut self, resource: Resource) -> Reply {
        if self.request.method != b"POST" {
            self.reply = self.reply.with_status(501, "Not implemented");
            self.reply.set_header("accept", "GET,HEAD,POST");
            self.reply.set_header("content-type", PLAIN);
            self.reply.body = [b"Request method not supported (".as_slice(), &self.request.method, b")"].concat();
            return self.reply;
        }
        if !resource.has_operations() {
            self.reply.set_header("content-type", PLAIN);
            self.reply.body = b"POST".to_vec();
            return self.reply;
        }
        self.reply = match self.request.operation() {
            Some(name) => Reply::operation_not_implemented(name),
            None => self.reply.with_status(406, "Invalid request"),
        };
        if resource != Resource::Messages {
            self.result(&"".into());
        }
        self.reply
    }

    /// Returns the reply to an operation that raises an exception, whether or not the resource has the operation.
    pub(super) fn of_failure(mut self, action: Option<&Action>, failure: &Failure) -> Reply {
        if action.is_some_and(|action| action.execution.accepts()) {
            self.accept();
        }
        self.raised(failure);
        self.reply
    }

    /// Writes what an outcome shows, and returns the value that the daemon's function returns.
    fn show(&mut self, outcome: Outcome) -> Datum {
        let release = self.release;
        // A handler that has written the whole page returns an empty string, which prints as `''` from 4.1 on.
        let written = Datum::from("");
        match outcome {
            Outcome::Value(value) => return value,
            Outcome::Listing(listing) => {
                self.reply.set_header("content-type", SXP);
                self.reply.body.push(b'(');
                listing.show_into(&mut self.reply.body);
                self.reply.body.push(b')');
            }
            Outcome::Record(listing) => {
                self.reply.set_header("content-type", SXP);
                listing.show_into(&mut self.reply.body);
                return written;
            }
            Outcome::Domain(domain) => {
                self.html_domain(&domain);
                return written;
            }
            Outcome::Directory(children) if self.request.wants_sxp() => {
                self.reply.set_header("content-type", SXP);
                self.reply.body.extend_from_slice(b"(ls ");
                for child in children {
                    self.reply.body.extend_from_slice(format!(" {child}").as_bytes());
                }
                self.reply.body.push(b')');
                return written;
            }
            Outcome::Directory(children) => {
                self.html_directory(children);
                return written;
            }
            Outcome::Node(pairs) if self.request.wants_sxp() => {
                let node = [&["node".into()], pairs.items()].concat();
                self.reply.show(&node.into(), release);
            }
            Outcome::Node(pairs) => self.html_node(&pairs),
            Outcome::Messages(text) if !self.request.wants_sxp() => self.html_messages(&text),
            Outcome::Text(text) | Outcome::Messages(text) => {
                self.reply.set_header("content-type", PLAIN);
                self.reply.body = text;
            }
            Outcome::Domains(domains) => self.html_domains(&domains),
            Outcome::Vnets if self.request.wants_sxp() => self.reply.show(&Datum::List(vec![]), release),
            Outcome::Vnets => self.html_vnets(),
            Outcome::Created { record, config } => {
                let (name, url) = self.created(&record, "created");
                if self.request.wants_sxp() {
                    return record;
                }
                let link = [b"<p> Created <a href=\"".as_slice(), &url, b"\">Domain ", &name, b"</a></p>\n"].concat();
                return [link.as_slice(), b"<p><pre>\n", &config, b"\n</pre></p>\n"].concat().into();
            }
            Outcome::Restored { record } => {
                self.created(&record, "Created");
            }
        }
        Datum::None
    }

    /// Returns the name of the requested operation, as error messages show it.
    fn operation(&self) -> &'r [u8] {
        self.request.operation().unwrap_or(&self.request.method)
    }

    /// Writes the error for an operation that raises an exception (`SrvBase.perform`).
    fn raised(&mut self, failure: &Failure) {
        self.fail(self.operation());
        let message = failure.str(self.release);
        if self.request.wants_sxp() {
            self.reply.show_error(&message, self.release);
        } else {
            self.result(&[b"<p>".as_slice(), &message, b"</p>"].concat().into());
        }
    }

    /// Returns the reply when a worker thread raises an exception (`httpserver.py`, `resultErr`, protocol reference
    /// §3.5). The status stays as it was. If the exception is not one of the daemon's own, the thread dies and no reply
    /// is sent.
    fn worker_raised(mut self, failure: &Failure) -> Option<Reply> {
        if matches!(failure, Failure::UnknownDomain { .. } | Failure::Exception(_)) {
            return None;
        }
        let message = failure.str(self.release);
        if self.request.wants_sxp() {
            self.reply.show_error(&message, self.release);
        } else {
            self.reply.set_header("content-type", PLAIN);
            self.reply.body.extend_from_slice(&[b"Error : ".as_slice(), &message].concat());
        }
        Some(self.reply)
    }

    /// Sets 202 and a URL for the result before anything is done, as `acceptCommand` does.
    fn accept(&mut self) {
        let url = [self.url().as_slice(), b"/.."].concat();
        self.reply.set_status(202, "Accepted");
        self.reply.set_header("location", url);
    }

    /// Sets 201 with the URL of a new domain. Returns the domain's name and that URL.
    fn created(&mut self, record: &Datum, reason: &'static str) -> (Vec<u8>, Vec<u8>) {
        let name = record.items().iter().find(|field| field.items().first() == Some(&"name".into()));
        let name = name.and_then(|field| field.items().get(1)).map(python::str).unwrap_or_default();
        let url = [self.url().as_slice(), b"/", &name].concat();
        self.reply.set_status(201, reason);
        self.reply.set_header("location", url.clone());
        (name, url)
    }

    /// Sets the status of a failed operation. 3.0.2 leaves the status unchanged (protocol reference §3.4).
    fn fail(&mut self, operation: &[u8]) {
        if self.release >= Release::V3_0_3 {
            self.reply.set_status(500, [b"Request failed: ".as_slice(), operation].concat());
        }
    }

    /// Prints the value that a handler returns (`httpserver.py`, `result`).
    fn result(&mut self, value: &Datum) {
        match value {
            Datum::None => {}
            value if self.request.wants_sxp() => self.reply.show(value, self.release),
            value => self.html_result(value),
        }
    }

    /// Sets the reply for an exception outside any operation.
    pub(super) fn broken(&mut self) {
        self.reply.set_internal_error();
    }

    /// Returns the URL of the resource as the daemon makes it: with the host that the client named, and the daemon's
    /// own port.
    pub(super) fn url(&self) -> Vec<u8> {
        let named = self.request.headers.get("host");
        let own = || self.origin.host.as_deref().unwrap_or_default().as_bytes();
        let host = named.map_or_else(own, |host| host.split(|&byte| byte == b':').next().unwrap_or(host));
        [
            b"http://".as_slice(),
            host,
            format!(":{}/", self.origin.port).as_bytes(),
            self.request.path.quoted().as_bytes(),
        ]
        .concat()
    }
}
