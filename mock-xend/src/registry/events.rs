//! Events: what sessions that registered are told (`XendAPI.py event_dispatch`).
//!
//! The daemon tells of objects that its Xen-API made, destroyed or set an attribute of, and of the power states of
//! domains, whoever changed them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use xend_wire::datum::Datum;

use crate::python;
use crate::weight;
use crate::world::{PowerState, World};

/// What becomes of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Add,
    Modify,
    Delete,
}

#[derive(Debug, Default)]
pub(crate) struct Events {
    registrations: BTreeMap<Vec<u8>, Registration>,
    /// What the registrations weigh with the events that wait for them, in bytes.
    held: usize,
    /// As they were when somebody last looked.
    power_states: BTreeMap<String, PowerState>,
    /// Whether a queue has grown since somebody last asked.
    has_news: bool,
}

#[derive(Debug)]
struct Registration {
    classes: Classes,
    queue: VecDeque<Datum>,
    next_id: i64,
}

/// The classes whose objects a session wants to be told of.
#[derive(Debug)]
enum Classes {
    All,
    Named(BTreeSet<Vec<u8>>),
}

/// A registration with its place in the tree, in bytes.
const REGISTRATION: usize = 512;

impl Registration {
    /// In bytes.
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

/// `EVENT_QUEUE_LENGTH`. There the daemon lets whoever causes another event wait; here it is lost.
const LONGEST_QUEUE: usize = 50;

/// What the budget of registrations does not hold.
#[derive(Debug)]
pub(crate) struct NoRoom;

impl Events {
    /// What registrations may weigh with the events that wait for them, in bytes. Beyond it a registration is refused, and
    /// an event is lost as it is beyond the longest queue.
    pub(crate) const BUDGET: usize = 16 << 20;

    /// Registers a session for classes; none are all.
    pub(crate) fn register(&mut self, session: &[u8], classes: &[Datum], world: &World) -> Result<(), NoRoom> {
        let grows = REGISTRATION + session.len() + classes.iter().map(weight::of).sum::<usize>();
        if self.held + grows > Self::BUDGET {
            return Err(NoRoom);
        }
        if self.registrations.is_empty() {
            self.power_states = power_states(world);
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

    /// Ends the registrations of sessions that are over.
    pub(crate) fn keep_only(&mut self, is_open: impl Fn(&[u8]) -> bool) {
        self.registrations.retain(|session, registration| {
            let is_kept = session.is_empty() || is_open(session);
            self.held -= if is_kept { 0 } else { session.len() + registration.weight() };
            is_kept
        });
    }

    /// Whether a session is registered.
    pub(crate) fn knows(&self, session: &[u8]) -> bool {
        self.registrations.contains_key(session)
    }

    /// Ends a registration. If classes are named, the daemon does the opposite of what is meant: these are kept, and all
    /// others dropped (`event_unregister`, `intersection_update`).
    pub(crate) fn unregister(&mut self, session: &[u8], classes: &[Datum]) {
        let Some(mut registration) = self.remove(session) else { return };
        let named: BTreeSet<Vec<u8>> = classes.iter().map(python::str).collect();
        let kept: BTreeSet<Vec<u8>> = named.into_iter().filter(|class| registration.classes.contains(class)).collect();
        if !kept.is_empty() {
            registration.classes = Classes::Named(kept);
            self.insert(session, registration);
        }
    }

    /// What a session has not been told yet. `None` if it is not registered.
    pub(crate) fn take(&mut self, session: &[u8]) -> Option<Vec<Datum>> {
        let events: Vec<_> = self.registrations.get_mut(session)?.queue.drain(..).collect();
        self.held -= events.iter().map(weight::of).sum::<usize>();
        Some(events)
    }

    /// Tells whoever wants to know.
    pub(crate) fn tell(&mut self, change: Change, class: &str, reference: &str, field: &str, now: Duration) {
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
            self.has_news = true;
        }
    }

    /// Whether there is something that whoever waits should look at. Asking answers it.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// Looks for domains whose power state is another than it was.
    pub(crate) fn observe(&mut self, world: &World, now: Duration) {
        if self.registrations.is_empty() {
            return;
        }
        let states = power_states(world);
        let before = std::mem::replace(&mut self.power_states, states.clone());
        // A domain that is not there is halted: neither a definition nor the end of one is a change.
        let state =
            |of: &BTreeMap<String, PowerState>, reference| of.get(reference).copied().unwrap_or(PowerState::Halted);
        let known: BTreeSet<&String> = before.keys().chain(states.keys()).collect();
        for reference in known {
            if state(&before, reference) != state(&states, reference) {
                self.tell(Change::Modify, "VM", reference, "power_state", now);
            }
        }
    }
}

fn power_states(world: &World) -> BTreeMap<String, PowerState> {
    world.domains().iter().map(|domain| (domain.uuid.clone(), domain.power_state())).collect()
}

#[cfg(test)]
mod tests {
    use xend_wire::Release;

    use super::*;

    /// What is held is what there is, and in the budget.
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
        events.tell(Change::Modify, "VM", &"x".repeat(1000), "power_state", Duration::ZERO);
        check(&events);
        events.keep_only(|session| *session < 100_u32.to_be_bytes()[..]);
        check(&events);
        for _ in 0..2 * LONGEST_QUEUE {
            events.tell(Change::Modify, "VM", "11111111-1111-1111-1111-111111111111", "power_state", Duration::ZERO);
        }
        check(&events);
        assert_eq!(events.take(&0_u32.to_be_bytes()).expect("it is registered").len(), LONGEST_QUEUE);
        check(&events);
    }
}
