//! The tree of resources and the actions of each, and the routing of requests to them.

use std::collections::HashMap;

use xend_wire::operation::Operation;
use xend_wire::{Release, Releases};

use super::invocation::Invocation;
use super::outcome::Outcome;
use super::request::Request;
use crate::path::UrlPath;
use crate::world::Failure;

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resource {
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
    /// Returns whether the resource has operations. The others treat any POST as one of a method `POST` that they lack.
    pub(super) fn has_operations(self) -> bool {
        match self {
            Self::Root | Self::Xend | Self::Log => false,
            Self::Node | Self::Messages | Self::Domains | Self::Domain | Self::Vnets => true,
        }
    }

    /// Returns the path of the resource, for people.
    #[cfg(test)]
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::Xend => "/xend",
            Self::Node => "/xend/node",
            Self::Messages => "/xend/node/dmesg",
            Self::Log => "/xend/node/log",
            Self::Domains => "/xend/domain",
            Self::Domain => "/xend/domain/ID",
            Self::Vnets => "/xend/vnet",
        }
    }
}

/// The place that a path leads to.
pub(super) struct Place<'r> {
    /// The resource, or the text of the 404 if the path leads nowhere.
    pub(super) resource: Result<Resource, Vec<u8>>,
    /// The domain that the path names. The daemon looks it up before it follows the rest of the path.
    pub(super) domain: Option<&'r [u8]>,
}

impl<'r> Place<'r> {
    /// Follows a path along the tree of resources.
    pub(super) fn of(path: &'r UrlPath) -> Self {
        let (mut resource, mut domain) = (Resource::Root, None);
        for name in path.names() {
            resource = match (resource, name) {
                (Resource::Root, b"xend") => Resource::Xend,
                (Resource::Xend, b"node") => Resource::Node,
                (Resource::Xend, b"domain") => Resource::Domains,
                (Resource::Xend, b"vnet") => Resource::Vnets,
                (Resource::Node, b"dmesg") => Resource::Messages,
                (Resource::Node, b"log") => Resource::Log,
                (Resource::Domains, name) => {
                    domain = Some(name);
                    Resource::Domain
                }
                (lost, name) => {
                    let prefix = if lost == Resource::Vnets { "No such vnet " } else { "Not found: " };
                    return Self { resource: Err([prefix.as_bytes(), name].concat()), domain };
                }
            };
        }
        Self { resource: Ok(resource), domain }
    }
}

/// How the daemon runs the function of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Execution {
    /// The function writes a page. An exception counts as one outside any operation.
    Page,
    /// The reply is the function's result or exception.
    AtOnce,
    /// As `AtOnce`, but 202 and a URL for the result are set before (`acceptCommand`).
    Accepted,
    /// A worker thread runs the function. Its result is dropped; an exception does not change the status, or leaves the
    /// request without a reply (protocol reference §3.5).
    Worker,
    /// As `Worker`, with the status of `Accepted`.
    AcceptedWorker,
}

impl Execution {
    pub(super) fn accepts(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWorker)
    }

    pub(super) fn has_worker(self) -> bool {
        matches!(self, Self::Worker | Self::AcceptedWorker)
    }
}

/// The function of an action, which runs while the request has access to the world.
pub(crate) type Run = fn(&mut Invocation<'_, '_>) -> Result<Outcome, Failure>;

/// An action of a resource.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) resource: Resource,
    pub(crate) verb: Verb,
    pub(crate) releases: Releases,
    pub(super) execution: Execution,
    pub(super) run: Run,
}

/// The kind of request for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    /// GET or HEAD.
    Get,
    /// GET or HEAD, with this value of the field `op`.
    GetWith(&'static str),
    /// POST, with this value of the field `op`.
    Post(&'static str),
}

/// Creates the action for GET, in all releases.
pub(crate) const fn get(resource: Resource, run: Run) -> Action {
    Action { resource, verb: Verb::Get, releases: Releases::ALL, execution: Execution::Page, run }
}

/// Creates the action for GET with an operation, in all releases.
pub(crate) const fn get_with(resource: Resource, name: &'static str, run: Run) -> Action {
    Action { resource, verb: Verb::GetWith(name), releases: Releases::ALL, execution: Execution::AtOnce, run }
}

/// Creates the action for an operation that is posted.
pub(crate) const fn post(
    resource: Resource,
    name: &'static str,
    releases: Releases,
    execution: Execution,
    run: Run,
) -> Action {
    Action { resource, verb: Verb::Post(name), releases, execution, run }
}

/// The actions of all resources, indexed by resource and name.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    gets: HashMap<Resource, Route>,
    gets_with: HashMap<(Resource, &'static [u8]), Route>,
    posts: HashMap<(Resource, &'static [u8]), Vec<Route>>,
}

/// An action, with the operations of [`operation`](xend_wire::operation) that a request for it may stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) action: &'static Action,
    pub(crate) operations: &'static [Operation],
}

impl Routes {
    /// Adds the actions of a row.
    pub(crate) fn add(&mut self, operations: &'static [Operation], actions: &'static [Action]) {
        for action in actions {
            let (resource, route) = (action.resource, Route { action, operations });
            match action.verb {
                Verb::Get => {
                    self.gets.insert(resource, route);
                }
                Verb::GetWith(name) => {
                    self.gets_with.insert((resource, name.as_bytes()), route);
                }
                Verb::Post(name) => self.posts.entry((resource, name.as_bytes())).or_default().push(route),
            }
        }
    }

    /// Returns the action that a request asks of a resource; `None` if the release has no such action.
    pub(super) fn find(&self, request: &Request, resource: Resource, release: Release) -> Option<Route> {
        match request.method.as_slice() {
            b"GET" | b"HEAD" => {
                let with = request.operation().and_then(|name| self.gets_with.get(&(resource, name)));
                with.or_else(|| self.gets.get(&resource)).copied()
            }
            b"POST" => {
                let routes = self.posts.get(&(resource, request.operation()?))?;
                routes.iter().find(|route| route.action.releases.contains(release)).copied()
            }
            _ => None,
        }
    }
}

/// Returns the operations that a request may stand for; none if no action is found for it.
#[cfg(test)]
pub(crate) fn operations_of(
    routes: &Routes,
    release: Release,
    (method, target, body): (&str, &str, &[u8]),
) -> Option<&'static [Operation]> {
    let mut headers = crate::headers::Headers::default();
    headers.push(b"Content-Type: application/x-www-form-urlencoded");
    let request = super::request::Unparsed::new(method, target, headers, body.to_vec());
    let request = request.parse().ok()?;
    let resource = Place::of(&request.path).resource.ok()?;
    routes.find(&request, resource, release).map(|route| route.operations)
}
