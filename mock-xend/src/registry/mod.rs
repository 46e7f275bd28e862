//! The state that the Xen-API has besides the domains: sessions, tasks, events, and objects such as networks and
//! images.
//!
//! This module knows no methods, replies or faces. The service holds the registry under its lock, next to the world.

mod events;
mod objects;
mod reference;
mod sessions;
mod tasks;

use std::time::Duration;

use xend_wire::Release;

use crate::world::World;

pub(crate) use events::{Change, Events};
pub(crate) use objects::Objects;
pub(crate) use reference::reference;
pub(crate) use sessions::Sessions;
pub(crate) use tasks::{Task, Tasks};

/// The state that the Xen-API has besides the domains, shared by all listeners.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) sessions: Sessions,
    pub(crate) tasks: Tasks,
    pub(crate) events: Events,
    pub(crate) objects: Objects,
}

impl Registry {
    pub(crate) fn new(release: Release) -> Self {
        Self {
            sessions: Sessions::default(),
            tasks: Tasks::default(),
            events: Events::default(),
            objects: Objects::new(release),
        }
    }

    /// Queues an event for each domain whose power state has changed. Returns whether any event was queued since the
    /// last call, so that callers which wait for one look again.
    pub(crate) fn observe(&mut self, world: &World, now: Duration) -> bool {
        self.events.observe(world, now);
        self.events.take_new_events_flag()
    }
}
