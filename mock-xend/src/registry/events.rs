//! Events of the Xen-API, for the sessions that registered for them (`XendAPI.py event_dispatch`).
//!
//! There are events for objects that the Xen-API created, destroyed or changed, and for the power states of domains,
//! whatever face changed them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use xend_wire::datum::Datum;

use crate::python;
use crate::weight;
use crate::world::{Domain, PowerState, World};

/// The kind of change that an event reports.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Add,
    Modify,
    Delete,
}

#[derive(Debug, Default)]
pub(crate) struct Events {
    registrations: BTreeMap<Vec<u8>, Registration>,
    /// The bytes that the registrations and their queued events take.
    held: usize,
    /// The power states at the last call of `observe`, by the uuids of the domains.
    power_states: BTreeMap<String, PowerState>,
    /// The generation of the world at the last call of `observe`.
    generation: u64,
    /// Whether an event was queued since the last call of `take_new_events_flag`.
    has_new_events: bool,
}

#[derive(Debug)]
struct Registration {
    classes: Classes,
    queue: VecDeque<Datum>,
    next_id: i64,
}

/// The classes for which a session is registered.
#[derive(Debug)]
enum Classes {
    All,
    Named(BTreeSet<Vec<u8>>),
}

/// The bytes that a registration takes, with its place in the tree.
const REGISTRATION: usize = 512;

impl Registration {
    /// Returns the bytes that the event takes.
    fn weight(&self) -> usize {
        let classes: usize = match &self.classes {
            Classes::All => 0,
            Classes::Named(classes) => classes.iter().map(|class| weight::of_bytes(class)).sum(),
        };
        REGISTRATION + classes + self.queue.iter().map(weight::of).sum::<usize>()
    }
}

impl Classes {
    fn contains(&self, class: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Named(classes) => classes.contains(class),
        }
    }
}

/// The longest queue (`EVENT_QUEUE_LENGTH`). When it is full, the daemon blocks the caller that causes another event;
/// here the event is lost.
const LONGEST_QUEUE: usize = 50;

/// The error for a registration that would exceed the limit on memory.
#[derive(Debug)]
pub(crate) struct OverLimit;

impl Events {
    /// The limit on the bytes that registrations and their queued events take. Beyond it a registration is refused, and
    /// an event is lost, as it is when the queue is full.
    pub(crate) const BUDGET: usize = 16 << 20;

    /// Registers a session for classes. An empty list stands for all classes.
    pub(crate) fn register(&mut self, session: &[u8], classes: &[Datum], world: &World) -> Result<(), OverLimit> {
        let grows = REGISTRATION + session.len() + classes.iter().map(weight::of).sum::<usize>();
        if self.held + grows > Self::BUDGET {
            return Err(OverLimit);
        }
        if self.registrations.is_empty() {
            self.power_states =
                world.domains().iter().map(|domain| (domain.uuid.clone(), domain.power_state())).collect();
            self.generation = world.generation();
        }
        let mut registration = self.remove(session).unwrap_or_else(|| Registration {
            classes: Classes::Named(BTreeSet::new()),
            queue: VecDeque::new(),
            next_id: 1,
        });
        match &mut registration.classes {
            _ if classes.is_empty() => registration.classes = Classes::All,
            Classes::All => {}
            Classes::Named(known) => known.extend(classes.iter().map(python::str)),
        }
        self.insert(session, registration);
        Ok(())
    }

    fn insert(&mut self, session: &[u8], registration: Registration) {
        self.held += session.len() + registration.weight();
        self.registrations.insert(session.to_vec(), registration);
    }

    fn remove(&mut self, session: &[u8]) -> Option<Registration> {
        let registration = self.registrations.remove(session)?;
        self.held -= session.len() + registration.weight();
        Some(registration)
    }

    /// Removes the registrations of sessions that have ended.
    pub(crate) fn keep_only(&mut self, is_open: impl Fn(&[u8]) -> bool) {
        self.registrations.retain(|session, registration| {
            let is_kept = session.is_empty() || is_open(session);
            self.held -= if is_kept { 0 } else { session.len() + registration.weight() };
            is_kept
        });
    }

    /// Returns whether a session is registered.
    pub(crate) fn knows(&self, session: &[u8]) -> bool {
        self.registrations.contains_key(session)
    }

    /// Ends a registration. If classes are named, the daemon does the opposite of what is meant: it keeps those and
    /// drops all others (`event_unregister`, `intersection_update`).
    pub(crate) fn unregister(&mut self, session: &[u8], classes: &[Datum]) {
        let Some(mut registration) = self.remove(session) else { return };
        let named: BTreeSet<Vec<u8>> = classes.iter().map(python::str).collect();
        let kept: BTreeSet<Vec<u8>> = named.into_iter().filter(|class| registration.classes.contains(class)).collect();
        if !kept.is_empty() {
            registration.classes = Classes::Named(kept);
            self.insert(session, registration);
        }
    }

    /// Returns the queued events of a session and empties its queue. Returns `None` if the session is not registered.
    pub(crate) fn take(&mut self, session: &[u8]) -> Option<Vec<Datum>> {
        let events: Vec<_> = self.registrations.get_mut(session)?.queue.drain(..).collect();
        self.held -= events.iter().map(weight::of).sum::<usize>();
        Some(events)
    }

    /// Queues an event for the sessions that are registered for the class.
    pub(crate) fn queue_event(&mut self, change: Change, class: &str, reference: &str, field: &str, now: Duration) {
        let operation = match change {
            Change::Add => "add",
            Change::Modify => "mod",
            Change::Delete => "del",
        };
        for registration in self.registrations.values_mut() {
            if !registration.classes.contains(class.as_bytes()) || registration.queue.len() == LONGEST_QUEUE {
                continue;
            }
            let event = python::literal([
                ("timestamp", python::date_time(now)),
                ("class", class.into()),
                ("operation", operation.into()),
                ("ref", reference.into()),
                ("obj_uuid", reference.into()),
                ("field", field.into()),
                ("id", registration.next_id.into()),
            ]);
            let weight = weight::of(&event);
            if self.held + weight > Self::BUDGET {
                break;
            }
            self.held += weight;
            registration.queue.push_back(event);
            registration.next_id += 1;
            self.has_new_events = true;
        }
    }

    /// Returns whether an event was queued since the last call.
    pub(crate) fn take_new_events_flag(&mut self) -> bool {
        std::mem::take(&mut self.has_new_events)
    }

    /// Queues an event for each domain whose power state has changed since the last call.
    pub(crate) fn observe(&mut self, world: &World, now: Duration) {
        if self.registrations.is_empty() {
            return;
        }
        let changed: BTreeSet<String> = match world.changed_since(self.generation) {
            Some(uuids) => uuids.into_iter().map(str::to_owned).collect(),
            None => {
                let there = world.domains().iter().map(|domain| &domain.uuid);
                self.power_states.keys().chain(there).cloned().collect()
            }
        };
        self.generation = world.generation();
        for uuid in changed {
            let state = world.of_uuid(&uuid).last().map(Domain::power_state);
            let before = match state {
                Some(state) => self.power_states.insert(uuid.clone(), state),
                None => self.power_states.remove(&uuid),
            };
            // A missing domain counts as halted, so neither a definition nor its end is a change.
            if before.unwrap_or(PowerState::Halted) != state.unwrap_or(PowerState::Halted) {
                self.queue_event(Change::Modify, "VM", &uuid, "power_state", now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use xend_wire::Release;

    use super::*;

    /// Checks that the counted bytes are those of the content, and within the limit.
    fn check(events: &Events) {
        let weigh = |(session, registration): (&Vec<u8>, &Registration)| session.len() + registration.weight();
        assert_eq!(events.held, events.registrations.iter().map(weigh).sum::<usize>());
        assert!(events.held <= Events::BUDGET);
    }

    #[test]
    fn classes_that_are_registered_for_stay_in_the_budget() {
        let world = World::new(Release::V4_1, Duration::ZERO);
        let mut events = Events::default();
        let class = |number: usize| Datum::from(format!("{number}{}", "x".repeat(1 << 20)));
        let refused = (0..100).find(|&number| events.register(b"one", &[class(number)], &world).is_err());
        assert!(refused.is_some_and(|count| count > 10), "{refused:?}");
        check(&events);
        events.unregister(b"one", &[class(0)]);
        check(&events);
        events.unregister(b"one", &[]);
        assert_eq!(events.held, 0);
    }

    #[test]
    fn registrations_and_events_stay_in_the_budget() {
        let world = World::new(Release::V4_1, Duration::ZERO);
        let mut events = Events::default();
        let refused = (0..1_000_000_u32).find(|number| events.register(&number.to_be_bytes(), &[], &world).is_err());
        assert!(refused.is_some_and(|count| count > 10_000), "{refused:?}");
        events.queue_event(Change::Modify, "VM", &"x".repeat(1000), "power_state", Duration::ZERO);
        check(&events);
        events.keep_only(|session| *session < 100_u32.to_be_bytes()[..]);
        check(&events);
        for _ in 0..2 * LONGEST_QUEUE {
            events.queue_event(
                Change::Modify,
                "VM",
                "11111111-1111-1111-1111-111111111111",
                "power_state",
                Duration::ZERO,
            );
        }
        check(&events);
        assert_eq!(events.take(&0_u32.to_be_bytes()).expect("it is registered").len(), LONGEST_QUEUE);
        check(&events);
    }
}
