//! The tree of resources, and what can be asked of each: which row of the table a request is for.

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
    /// Whether the resource has operations. To others, whatever is posted, the answer is `POST`.
    pub(super) fn has_operations(self) -> bool {
        match self {
            Self::Root | Self::Xend | Self::Log => false,
            Self::Node | Self::Messages | Self::Domains | Self::Domain | Self::Vnets => true,
        }
    }

    /// The path of the resource, for people.
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

/// Where a path leads.
pub(super) struct Place<'r> {
    /// The resource, or the text of the 404 where there is none.
    pub(super) resource: Result<Resource, Vec<u8>>,
    /// The domain that the path names. The daemon looks it up before it goes on along the path.
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

/// What happens around the function that does what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A page is made. An exception is one outside of any operation.
    Page,
    /// The reply is what the function returns, or raises.
    AtOnce,
    /// The same, after 202 and a place to look have been set (`acceptCommand`).
    Accepted,
    /// A worker thread does it: what it returns is dropped, and what it raises does not change the status, or is never
    /// answered (protocol reference §3.5).
    Worker,
    /// Both.
    AcceptedWorker,
}

impl Way {
    pub(super) fn accepts(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWorker)
    }

    pub(super) fn has_worker(self) -> bool {
        matches!(self, Self::Worker | Self::AcceptedWorker)
    }
}

/// The function that does what is asked, while the request has the world.
pub(crate) type Run = fn(&mut Invocation<'_, '_>) -> Result<Outcome, Failure>;

/// Something that can be asked of a resource.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) resource: Resource,
    pub(crate) verb: Verb,
    pub(crate) releases: Releases,
    pub(super) way: Way,
    pub(super) run: Run,
}

/// How something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    /// GET or HEAD.
    Get,
    /// GET or HEAD, with this value of the field `op`.
    GetWith(&'static str),
    /// POST, with this value of the field `op`.
    Post(&'static str),
}

/// What GET shows, in all releases.
pub(crate) const fn get(resource: Resource, run: Run) -> Action {
    Action { resource, verb: Verb::Get, releases: Releases::ALL, way: Way::Page, run }
}

/// What GET shows when it is asked for an operation, in all releases.
pub(crate) const fn get_with(resource: Resource, name: &'static str, run: Run) -> Action {
    Action { resource, verb: Verb::GetWith(name), releases: Releases::ALL, way: Way::AtOnce, run }
}

/// An operation that is posted.
pub(crate) const fn post(resource: Resource, name: &'static str, releases: Releases, way: Way, run: Run) -> Action {
    Action { resource, verb: Verb::Post(name), releases, way, run }
}

/// All actions, found by resource and name.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    gets: HashMap<Resource, Route>,
    gets_with: HashMap<(Resource, &'static [u8]), Route>,
    posts: HashMap<(Resource, &'static [u8]), Vec<Route>>,
}

/// An action, and which operations of the table of [`operation`](xend_wire::operation) a request for it may be.
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

    /// What a request asks of a resource; `None` of something that the release does not know.
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

/// The operations that the request of a client may be, if it is one for something that is known.
#[cfg(test)]
pub(crate) fn operations_of(
    routes: &Routes,
    release: Release,
    (method, target, body): (&str, &str, &[u8]),
) -> Option<&'static [Operation]> {
    let mut headers = crate::http::Headers::default();
    headers.push(b"Content-Type: application/x-www-form-urlencoded");
    let request = super::request::Unparsed::new(method, target, headers, body.to_vec());
    let request = request.parse().ok()?;
    let resource = Place::of(&request.path).resource.ok()?;
    routes.find(&request, resource, release).map(|route| route.operations)
}
