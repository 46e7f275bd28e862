//! The tree of resources, and how an operation's outcome becomes a reply.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::domain::{LIST, is_accepted};
use super::reply::{PLAIN, Reply, SXP};
use super::request::Request;
use crate::service::{Listener, Service};
use crate::world::{Command, Detail, Failure, States};

/// Answers one request.
pub(super) struct Handler<'r> {
    pub(super) service: &'r Service,
    pub(super) listener: &'r Listener,
    pub(super) request: &'r Request,
    pub(super) release: Release,
    pub(super) reply: Reply,
    /// The elements of the path that led to the resource (`prepath`).
    pub(super) prepath: Vec<&'r [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resource {
    Root,
    Xend,
    Node,
    Messages,
    Log,
    Domains,
    Domain(u32),
    Vnets,
}

/// What an operation gives back: `None` if the daemon has no such operation.
pub(super) type Performed = Option<Result<Datum, Failure>>;

impl<'r> Handler<'r> {
    pub(super) fn new(service: &'r Service, listener: &'r Listener, request: &'r Request) -> Self {
        let release = service.release();
        Self { service, listener, request, release, reply: Reply::ok(), prepath: Vec::new() }
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
        let resource = self.look_up();
        let operation = self.request.operation().unwrap_or(&self.request.method);
        if matches!(resource, Ok(Resource::Domain(_))) && is_accepted(operation) {
            self.accept();
        }
        self.settle(operation, Some(Err(failure)));
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
                (Resource::Domains, name) => Resource::Domain(self.domain_of(name)?),
                (Resource::Vnets, name) => return Err(Reply::not_found([b"No such vnet ", name].concat())),
                (_, name) => return Err(Reply::not_found([b"Not found: ", name].concat())),
            };
        }
        Ok(resource)
    }

    /// The id of a domain, or the reply of the release to an unknown one.
    fn domain_of(&self, name: &[u8]) -> Result<u32, Reply> {
        let found = self.service.perform(&Command::Find { domain: name.to_vec().into() });
        match found.as_ref().map(Datum::items) {
            Ok([Datum::Int(id), ..]) => Ok(*id as u32),
            _ => Err(Reply::unknown_domain(name, self.release)),
        }
    }

    fn get(&mut self, resource: Resource) {
        match resource {
            Resource::Root => self.directory(&[]),
            Resource::Xend => self.directory(&["node", "domain", "vnet"]),
            Resource::Node => self.node(),
            Resource::Messages => self.plain_text(&Command::Messages),
            Resource::Log => self.plain_text(&Command::Log),
            Resource::Domains => self.domains(),
            Resource::Domain(id) if self.request.operation() == Some(b"vcpuinfo") => {
                let performed = self.domain_operation(id, b"vcpuinfo");
                self.settle(b"vcpuinfo", performed);
            }
            Resource::Domain(id) => self.domain(id),
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
        let detailed = matches!(self.request.fields.get("detail"), Some([one]) if one == b"1");
        let command = if detailed {
            LIST
        } else {
            // Up to 3.0.3 the parameter is not known.
            let state = self.request.fields.get("state").and_then(<[_]>::first);
            match state.filter(|_| self.release >= Release::V3_1) {
                Some(word) => Command::Names(States::from_word(word)),
                None => Command::Names(States::Usual),
            }
        };
        if let Ok(list) = self.service.perform(&command) {
            self.reply.show(&list, self.release);
        }
    }

    fn domain(&mut self, id: u32) {
        let Ok(record) = self.service.perform(&Command::Record { domain: id.into(), detail: Detail::Whole }) else {
            return self.broken();
        };
        if self.request.wants_sxp() {
            self.reply.show(&record, self.release);
        } else {
            self.html_domain(id);
        }
        self.result(&"".into());
    }

    fn post(&mut self, resource: Resource) -> Option<()> {
        if matches!(resource, Resource::Root | Resource::Xend | Resource::Log) {
            self.reply.set_header("content-type", PLAIN);
            self.reply.body = b"POST".to_vec();
            return Some(());
        }
        let Some(operation) = self.request.operation() else {
            self.reply = self.reply.clone().with_status(406, "Invalid request");
            // The handler of the console ring passes on nothing of what comes back.
            if resource != Resource::Messages {
                self.result(&"".into());
            }
            return Some(());
        };
        let performed = match resource {
            Resource::Node => self.node_operation(operation),
            Resource::Messages => self.messages_operation(operation),
            Resource::Domains => self.domains_operation(operation),
            Resource::Domain(id) => self.domain_operation(id, operation),
            _ => self.vnets_operation(operation),
        };
        if matches!(performed, Some(Err(Failure::Unanswered))) {
            return None;
        }
        if resource == Resource::Messages {
            // This handler passes on nothing of what came back, be it a value or an error.
            match performed {
                None => self.reply = Reply::operation_not_implemented(operation),
                Some(Err(_)) => self.fail(operation),
                Some(Ok(_)) => {}
            }
        } else {
            self.settle(operation, performed);
        }
        Some(())
    }

    fn settle(&mut self, operation: &[u8], performed: Performed) {
        match performed {
            None => {
                self.reply = Reply::operation_not_implemented(operation);
                self.result(&"".into());
            }
            Some(Ok(value)) => self.result(&value),
            Some(Err(failure)) => {
                self.fail(operation);
                let message = failure.str(self.release);
                if self.request.wants_sxp() {
                    self.reply = self.reply.clone().with_error(&message, self.release);
                } else {
                    self.result(&[b"<p>".as_slice(), &message, b"</p>"].concat().into());
                }
            }
        }
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

    fn node_operation(&self, operation: &[u8]) -> Performed {
        match operation {
            // They say so and do nothing (protocol reference §3.3).
            b"shutdown" | b"reboot" => Some(Ok(0.into())),
            _ => None,
        }
    }

    fn messages_operation(&self, operation: &[u8]) -> Performed {
        match operation {
            b"clear" => Some(self.service.perform(&Command::ClearMessages)),
            _ => None,
        }
    }

    fn vnets_operation(&self, operation: &[u8]) -> Performed {
        match operation {
            // A host without the vnet module.
            b"create" => Some(Err(Failure::exception("[Errno 2] No such file or directory: '/proc/vnet/policy'"))),
            _ => None,
        }
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
