//! The tree of resources, and how an operation's outcome becomes a reply.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::operations::{self, Place};
use super::reply::{PLAIN, Reply, SXP};
use super::request::Request;
use crate::http::Listener;
use crate::python;
use crate::service::Service;
use crate::world::{Command, Detail, Failure, Order, States};

/// Answers one request.
pub(super) struct Handler<'r> {
    pub(super) service: &'r Service,
    pub(super) listener: &'r Listener,
    pub(super) request: &'r Request,
    pub(super) release: Release,
    pub(super) reply: Reply,
    /// The elements of the path that led to the resource (`prepath`).
    pub(super) prepath: Vec<&'r [u8]>,
    /// The domain that the path names.
    target: Option<Target>,
}

/// A domain as the daemon's resource holds it.
struct Target {
    /// Its id, `None` of one that is not active.
    domid: Datum,
    uuid: Datum,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    Root,
    Xend,
    Node,
    Messages,
    Log,
    Domains,
    Domain,
    Vnets,
}

impl Resource {
    /// What can be posted to it.
    fn place(self) -> Option<Place> {
        match self {
            Self::Root | Self::Xend | Self::Log => None,
            Self::Node => Some(Place::Node),
            Self::Messages => Some(Place::Messages),
            Self::Domains => Some(Place::Domains),
            Self::Domain => Some(Place::Domain),
            Self::Vnets => Some(Place::Vnets),
        }
    }
}

impl<'r> Handler<'r> {
    pub(super) fn new(service: &'r Service, listener: &'r Listener, request: &'r Request) -> Self {
        let release = service.release();
        Self { service, listener, request, release, reply: Reply::ok(), prepath: Vec::new(), target: None }
    }

    /// The reply, or `None` if the daemon would never send one.
    pub(super) fn handle(mut self) -> Option<Reply> {
        let resource = match self.look_up() {
            Ok(resource) => resource,
            Err(reply) => return Some(reply),
        };
        match self.request.method.as_slice() {
            b"GET" | b"HEAD" => self.get(resource),
            b"POST" => self.post(resource)?,
            method => {
                self.reply = self.reply.with_status(501, "Not implemented");
                self.reply.set_header("accept", "GET,HEAD,POST");
                self.reply.set_header("content-type", PLAIN);
                self.reply.body = [b"Request method not supported (".as_slice(), method, b")"].concat();
            }
        }
        Some(self.reply)
    }

    /// The reply to an operation that raises.
    pub(super) fn failed(mut self, failure: Failure) -> Reply {
        let place = self.look_up().ok().and_then(Resource::place);
        let operation = self.request.operation().unwrap_or(&self.request.method);
        let known = place.and_then(|place| operations::find(place, operation, self.release));
        if known.is_some_and(|known| known.way.accepts()) {
            self.accept();
        }
        self.raised(operation, &failure);
        self.reply
    }

    fn look_up(&mut self) -> Result<Resource, Reply> {
        let mut resource = Resource::Root;
        for element in &self.request.path {
            self.prepath.push(element);
            resource = match (resource, element.as_slice()) {
                (resource, b"") => resource,
                (Resource::Root, b"xend") => Resource::Xend,
                (Resource::Xend, b"node") => Resource::Node,
                (Resource::Xend, b"domain") => Resource::Domains,
                (Resource::Xend, b"vnet") => Resource::Vnets,
                (Resource::Node, b"dmesg") => Resource::Messages,
                (Resource::Node, b"log") => Resource::Log,
                (Resource::Domains, name) => {
                    self.target = Some(self.domain_of(name)?);
                    Resource::Domain
                }
                (Resource::Vnets, name) => return Err(Reply::not_found([b"No such vnet ", name].concat())),
                (_, name) => return Err(Reply::not_found([b"Not found: ", name].concat())),
            };
        }
        Ok(resource)
    }

    /// A domain, or the reply of the release to an unknown one.
    fn domain_of(&self, name: &[u8]) -> Result<Target, Reply> {
        let found = self.service.perform(&Command::Find { domain: name.to_vec().into() });
        match found.as_ref().map(Datum::items) {
            Ok([domid, uuid]) => Ok(Target { domid: domid.clone(), uuid: uuid.clone() }),
            _ => Err(Reply::unknown_domain(name, self.release)),
        }
    }

    /// The id of the domain that the path names, as the daemon gives it to the manager of all domains: `None`, Python's,
    /// of one that is not active.
    pub(super) fn own_domid(&self) -> Datum {
        self.target.as_ref().map_or(Datum::None, |target| target.domid.clone())
    }

    /// The same, where a field `dom` overrides it (protocol reference §3.3).
    pub(super) fn domid(&self) -> Result<Datum, Failure> {
        match self.request.fields.get("dom") {
            Some(_) => self.int("dom"),
            None => Ok(self.own_domid()),
        }
    }

    /// The domain that the path names, as an object of its own.
    pub(super) fn object(&self) -> Datum {
        match &self.target {
            Some(Target { domid: Datum::None, uuid }) => uuid.clone(),
            Some(Target { domid, .. }) => domid.clone(),
            None => Datum::None,
        }
    }

    pub(super) fn perform(&self, command: Command) -> Result<Datum, Failure> {
        self.service.perform(&command)
    }

    fn get(&mut self, resource: Resource) {
        match resource {
            Resource::Root => self.directory(&[]),
            Resource::Xend => self.directory(&["node", "domain", "vnet"]),
            Resource::Node => self.node(),
            Resource::Messages => self.plain_text(&Command::Messages),
            Resource::Log => self.plain_text(&Command::Log),
            Resource::Domains => self.domains(),
            Resource::Domain if self.request.operation() == Some(b"vcpuinfo") => {
                match self.perform(Command::Vcpus { domain: self.object() }) {
                    Ok(vcpus) => self.result(&vcpus),
                    Err(failure) => self.raised(b"vcpuinfo", &failure),
                }
            }
            Resource::Domain => self.domain(),
            Resource::Vnets if self.request.wants_sxp() => self.reply.show(&Datum::List(vec![]), self.release),
            Resource::Vnets => self.html_vnets(),
        }
    }

    fn directory(&mut self, children: &[&str]) {
        if self.request.wants_sxp() {
            self.reply.set_header("content-type", SXP);
            self.reply.body.extend_from_slice(b"(ls ");
            for child in children {
                self.reply.body.extend_from_slice(format!(" {child}").as_bytes());
            }
            self.reply.body.push(b')');
        } else {
            self.html_directory(children);
        }
        // The handler has written all by itself and returns an empty string, which from 4.1 on prints as `''`.
        self.result(&"".into());
    }

    fn node(&mut self) {
        let Ok(pairs) = self.service.perform(&Command::NodeInfo) else { return };
        if self.request.wants_sxp() {
            let node = [&["node".into()], pairs.items()].concat();
            self.reply.show(&node.into(), self.release);
        } else {
            self.html_node(&pairs);
        }
    }

    fn plain_text(&mut self, command: &Command) {
        let Ok(text) = self.service.perform(command) else { return };
        self.reply.set_header("content-type", PLAIN);
        self.reply.body = text.as_bytes().unwrap_or_default().to_vec();
    }

    fn domains(&mut self) {
        if !self.request.wants_sxp() {
            return self.html_domains();
        }
        if matches!(self.request.fields.get("detail"), Some([one]) if one == b"1") {
            return self.detailed_list();
        }
        // Up to 3.0.3 the parameter is not known.
        let state = self.request.fields.get("state").and_then(<[_]>::first);
        let states = match state.filter(|_| self.release >= Release::V3_1) {
            Some(word) => States::from_word(word),
            None => States::Usual,
        };
        if let Ok(list) = self.perform(Command::Names(states)) {
            self.reply.show(&list, self.release);
        }
    }

    /// All that a list with details shows.
    pub(super) fn detailed_list(&mut self) {
        let Self { service, reply, release, .. } = self;
        reply.set_header("content-type", SXP);
        reply.body.push(b'(');
        let mut between: &[u8] = b"";
        for record in service.listing(States::Usual, Detail::Whole, Order::ById).records() {
            reply.body.extend_from_slice(between);
            reply.body.extend_from_slice(&record.show(*release));
            between = b" ";
        }
        reply.body.push(b')');
    }

    fn domain(&mut self) {
        let Ok(record) = self.perform(Command::Record { domain: self.object(), detail: Detail::Whole }) else {
            return self.broken();
        };
        if self.request.wants_sxp() {
            self.reply.show(&record, self.release);
        } else {
            self.html_domain();
        }
        self.result(&"".into());
    }

    fn post(&mut self, resource: Resource) -> Option<()> {
        let Some(place) = resource.place() else {
            self.reply.set_header("content-type", PLAIN);
            self.reply.body = b"POST".to_vec();
            return Some(());
        };
        // The handler of the console ring passes on nothing of what comes back, be it a value or an error.
        let passes_on = place != Place::Messages;
        let Some(name) = self.request.operation() else {
            self.reply = self.reply.clone().with_status(406, "Invalid request");
            if passes_on {
                self.result(&"".into());
            }
            return Some(());
        };
        let Some(operation) = operations::find(place, name, self.release) else {
            self.reply = Reply::operation_not_implemented(name);
            if passes_on {
                self.result(&"".into());
            }
            return Some(());
        };
        if operation.way.accepts() {
            self.accept();
        }
        match (operation.run)(self) {
            Err(Failure::Unanswered) => return None,
            Err(failure) if operation.way.has_worker() => return self.worker_raised(&failure),
            Err(_) if !passes_on => self.fail(name),
            Err(failure) => self.raised(name, &failure),
            Ok(_) if operation.way.has_worker() || !passes_on => {}
            Ok(value) => self.result(&value),
        }
        Some(())
    }

    /// An operation has raised (`SrvBase.perform`).
    fn raised(&mut self, operation: &[u8], failure: &Failure) {
        self.fail(operation);
        let message = failure.str(self.release);
        if self.request.wants_sxp() {
            self.reply = self.reply.clone().with_error(&message, self.release);
        } else {
            self.result(&[b"<p>".as_slice(), &message, b"</p>"].concat().into());
        }
    }

    /// A worker thread has raised (`httpserver.py`, `resultErr`, protocol reference §3.5): the status stays as it is. Of
    /// what is no error of the daemon's own the thread dies, and nobody answers.
    fn worker_raised(&mut self, failure: &Failure) -> Option<()> {
        if matches!(failure, Failure::UnknownDomain { .. } | Failure::Exception(_)) {
            return None;
        }
        let message = failure.str(self.release);
        if self.request.wants_sxp() {
            self.reply = self.reply.clone().with_error(&message, self.release);
        } else {
            self.reply.set_header("content-type", PLAIN);
            self.reply.body.extend_from_slice(&[b"Error : ".as_slice(), &message].concat());
        }
        Some(())
    }

    /// `acceptCommand`: 202 and a place to look, before anything is done.
    fn accept(&mut self) {
        let url = [self.url().as_slice(), b"/.."].concat();
        self.reply = self.reply.clone().with_status(202, "Accepted");
        self.reply.set_header("location", url);
    }

    /// 201 with the address of a new domain. Gives its name and that.
    pub(super) fn created(&mut self, record: &Datum, reason: &str) -> (Vec<u8>, Vec<u8>) {
        let name = record.items().iter().find(|field| field.items().first() == Some(&"name".into()));
        let name = name.and_then(|field| field.items().get(1)).map(python::str).unwrap_or_default();
        let url = [self.url().as_slice(), b"/", &name].concat();
        self.reply = self.reply.clone().with_status(201, reason);
        self.reply.set_header("location", url.clone());
        (name, url)
    }

    /// 3.0.2 leaves the status as it is (protocol reference §3.4).
    fn fail(&mut self, operation: &[u8]) {
        if self.release >= Release::V3_0_3 {
            let reason = [b"Request failed: ".as_slice(), operation].concat();
            self.reply = self.reply.clone().with_status(500, reason);
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
        self.reply = self.reply.clone().internal_error();
    }

    /// The address of the resource, as the daemon makes it: the host that the client named, and its own port.
    pub(super) fn url(&self) -> Vec<u8> {
        let host = self.request.headers.get("host").map(|host| host.split(|&byte| byte == b':').next().unwrap_or(host));
        let host =
            host.map_or_else(|| self.service.with_world(|world| world.node.host.clone().into_bytes()), <[u8]>::to_vec);
        [b"http://".as_slice(), &host, format!(":{}/", self.listener.port).as_bytes(), &self.prepath.join(&b'/')]
            .concat()
    }
}
