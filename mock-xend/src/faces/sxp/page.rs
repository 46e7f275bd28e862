//! How an outcome becomes a reply (`web/SrvBase.py`, `web/httpserver.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::outcome::Outcome;
use super::reply::{PLAIN, Reply, SXP};
use super::request::Request;
use super::resource::{Action, Resource, Way};
use crate::python;
use crate::world::Failure;

/// A reply that is being made for a request.
pub(super) struct Page<'r> {
    pub(super) request: &'r Request,
    pub(super) release: Release,
    /// The host and port that the daemon writes into its links.
    pub(super) origin: &'r Origin,
    pub(super) reply: Reply,
}

/// Where the daemon thinks that it is.
pub(super) struct Origin {
    /// Its own port.
    pub(super) port: u16,
    /// Its own name, for a client that names no host.
    pub(super) host: Option<String>,
}

impl<'r> Page<'r> {
    pub(super) fn new(request: &'r Request, release: Release, origin: &'r Origin) -> Self {
        Self { request, release, origin, reply: Reply::ok() }
    }

    /// The reply to what a resource was asked for, or `None` if the daemon would never send one.
    pub(super) fn of(mut self, action: &Action, outcome: Result<Outcome, Failure>) -> Option<Reply> {
        // The handler of the console ring passes on nothing of what comes back, be it a value or an error.
        let passes_on = action.resource != Resource::Messages || action.way == Way::Page;
        if action.way.accepts() {
            self.accept();
        }
        match outcome {
            Err(Failure::Unanswered) => return None,
            Err(_) if action.way == Way::Page => self.broken(),
            Err(failure) if action.way.has_worker() => return self.worker_raised(&failure),
            Err(_) if !passes_on => self.fail(self.operation()),
            Err(failure) => self.raised(&failure),
            Ok(outcome) => {
                let value = self.show(outcome);
                if passes_on && !action.way.has_worker() {
                    self.result(&value);
                }
            }
        }
        Some(self.reply)
    }

    /// The reply to what no resource of the release knows.
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

    /// The reply to an operation that raises, whether the resource has it or not.
    pub(super) fn of_failure(mut self, action: Option<&Action>, failure: &Failure) -> Reply {
        if action.is_some_and(|action| action.way.accepts()) {
            self.accept();
        }
        self.raised(failure);
        self.reply
    }

    /// Writes what an outcome shows, and gives the value that the daemon's function returns.
    fn show(&mut self, outcome: Outcome) -> Datum {
        let release = self.release;
        // A handler that has written all by itself returns an empty string, which from 4.1 on prints as `''`.
        let written = Datum::from("");
        match outcome {
            Outcome::Value(value) => return value,
            Outcome::Listing(listing) => {
                self.reply.set_header("content-type", SXP);
                self.reply.body.push(b'(');
                let mut between: &[u8] = b"";
                for record in listing.records() {
                    self.reply.body.extend_from_slice(between);
                    self.reply.body.extend_from_slice(&record.show(release));
                    between = b" ";
                }
                self.reply.body.push(b')');
            }
            Outcome::Record(listing) => {
                listing.records().for_each(|record| self.reply.show(&record, release));
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

    /// The operation that is asked for, as error messages have it.
    fn operation(&self) -> &'r [u8] {
        self.request.operation().unwrap_or(&self.request.method)
    }

    /// An operation has raised (`SrvBase.perform`).
    fn raised(&mut self, failure: &Failure) {
        self.fail(self.operation());
        let message = failure.str(self.release);
        if self.request.wants_sxp() {
            self.reply.show_error(&message, self.release);
        } else {
            self.result(&[b"<p>".as_slice(), &message, b"</p>"].concat().into());
        }
    }

    /// A worker thread has raised (`httpserver.py`, `resultErr`, protocol reference §3.5): the status stays as it is. Of
    /// what is no error of the daemon's own the thread dies, and nobody answers.
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

    /// `acceptCommand`: 202 and a place to look, before anything is done.
    fn accept(&mut self) {
        let url = [self.url().as_slice(), b"/.."].concat();
        self.reply.set_status(202, "Accepted");
        self.reply.set_header("location", url);
    }

    /// 201 with the address of a new domain. Gives its name and that.
    fn created(&mut self, record: &Datum, reason: &'static str) -> (Vec<u8>, Vec<u8>) {
        let name = record.items().iter().find(|field| field.items().first() == Some(&"name".into()));
        let name = name.and_then(|field| field.items().get(1)).map(python::str).unwrap_or_default();
        let url = [self.url().as_slice(), b"/", &name].concat();
        self.reply.set_status(201, reason);
        self.reply.set_header("location", url.clone());
        (name, url)
    }

    /// 3.0.2 leaves the status as it is (protocol reference §3.4).
    fn fail(&mut self, operation: &[u8]) {
        if self.release >= Release::V3_0_3 {
            self.reply.set_status(500, [b"Request failed: ".as_slice(), operation].concat());
        }
    }

    /// Prints what a handler returns (`httpserver.py`, `result`).
    fn result(&mut self, value: &Datum) {
        match value {
            Datum::None => {}
            value if self.request.wants_sxp() => self.reply.show(value, self.release),
            value => self.html_result(value),
        }
    }

    /// An exception outside of any operation.
    pub(super) fn broken(&mut self) {
        self.reply.set_internal_error();
    }

    /// The address of the resource, as the daemon makes it: the host that the client named, and its own port.
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
