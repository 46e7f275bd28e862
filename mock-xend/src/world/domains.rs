//! The domains of a host: found by name, number and uuid without a look at all of them, and each copied only when it is
//! changed while a listing still holds it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Deref, Index, IndexMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec;

use super::Domain;
use super::printed::Printed;

/// The domains of a host, in the order in which the hypervisor lists them.
///
/// Copying the list is cheap, because the copies share each domain until one of them changes it. So a face can print a
/// listing after it has released the world.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    list: Vec<Arc<Domain>>,
    /// A number for each domain of the list, in ascending order: its own for as long as it is there, wherever it moves.
    serials: Vec<u64>,
    next_serial: u64,
    lookup: Lookup,
    /// The domain that was last given out to be changed. `lookup` has nothing of it, for it may be called anything now.
    changing: Option<u64>,
    changes: Changes,
}

impl Domains {
    /// A number that is another one after every change, and in every list that was changed in another way.
    pub(super) fn generation(&self) -> u64 {
        self.changes.generation
    }

    /// The uuids of the domains that may have changed, come or gone since a generation. `None` if too much has happened
    /// since, or if it is the generation of another list.
    pub(super) fn changed_since(&self, generation: u64) -> Option<BTreeSet<&str>> {
        let mut uuids = self.changes.since(generation)?;
        if generation != self.generation()
            && let Some(at) = self.changing()
        {
            uuids.insert(&self.list[at].uuid);
        }
        Some(uuids)
    }

    /// What the domains weigh, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.lookup.weight + self.changing().map_or(0, |at| self.list[at].weight())
    }

    pub(super) fn push(&mut self, mut domain: Domain) {
        self.note_changed();
        domain.printed = Printed::default();
        self.changes.note(&domain.uuid);
        self.lookup.insert(self.next_serial, &domain);
        self.serials.push(self.next_serial);
        self.next_serial += 1;
        self.list.push(Arc::new(domain));
    }

    /// Removes a domain from the list. The domains behind it move up.
    pub(super) fn remove(&mut self, at: usize) -> Domain {
        self.note_changed();
        let (serial, domain) = (self.serials.remove(at), self.list.remove(at));
        self.lookup.remove(serial, &domain);
        self.changes.note(&domain.uuid);
        Arc::unwrap_or_clone(domain)
    }

    /// The domain at a place, for whoever needs it after the list has changed.
    pub(super) fn shared(&self, at: usize) -> Arc<Domain> {
        Arc::clone(&self.list[at])
    }

    /// Where the domains of a name are.
    pub(super) fn named(&self, name: &str) -> vec::IntoIter<usize> {
        self.found(self.lookup.names.get(name), |domain| domain.name == name)
    }

    /// Where the domains of a uuid are.
    pub(super) fn of_uuid(&self, uuid: &str) -> vec::IntoIter<usize> {
        self.found(self.lookup.uuids.get(uuid), |domain| domain.uuid == uuid)
    }

    /// Where the active domain of a number is.
    pub(super) fn of_id(&self, id: u32) -> Option<usize> {
        self.found(self.lookup.ids.get(&id), |domain| domain.id == Some(id)).next()
    }

    /// Where the domains are that were asked to shut down.
    pub(super) fn asked(&self) -> vec::IntoIter<usize> {
        self.found(Some(&self.lookup.asked), |domain| domain.shutdown_request.is_some())
    }

    /// What was looked up, with the domain that is not in `lookup` if it is one of them, in the order of the list.
    fn found(&self, known: Option<&Serials>, is_one: impl Fn(&Domain) -> bool) -> vec::IntoIter<usize> {
        let known = known.into_iter().flatten().map(|&serial| self.position(serial));
        let mut found: Vec<usize> = known.chain(self.changing().filter(|&at| is_one(&self.list[at]))).collect();
        found.sort_unstable();
        found.into_iter()
    }

    /// Where the domain is that was last given out to be changed.
    fn changing(&self) -> Option<usize> {
        self.changing.map(|serial| self.position(serial))
    }

    fn position(&self, serial: u64) -> usize {
        self.serials.binary_search(&serial).expect("a domain that is gone is looked up no more")
    }

    /// The domain that was given out is no longer changed: it can be looked up by what it is called now.
    fn note_changed(&mut self) {
        if let Some(serial) = self.changing.take() {
            let domain = &self.list[self.position(serial)];
            self.lookup.insert(serial, domain);
            self.changes.note(&domain.uuid);
        }
    }
}

impl Deref for Domains {
    type Target = [Arc<Domain>];

    /// Gives all domains. The domain of a request is looked up instead, or the request would cost more the more
    /// domains there are.
    fn deref(&self) -> &Self::Target {
        #[cfg(test)]
        LOOKED_AT.set(LOOKED_AT.get() + self.list.len());
        &self.list
    }
}

#[cfg(test)]
thread_local! {
    /// The number of domains that were looked at together with all others, counted for tests.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Index<usize> for Domains {
    type Output = Domain;

    fn index(&self, at: usize) -> &Domain {
        &self.list[at]
    }
}

/// Mutable access counts as a change, whatever is done with the domain.
impl IndexMut<usize> for Domains {
    fn index_mut(&mut self, at: usize) -> &mut Domain {
        self.note_changed();
        let (serial, domain) = (self.serials[at], &mut self.list[at]);
        self.lookup.remove(serial, domain);
        self.changes.note(&domain.uuid);
        self.changing = Some(serial);
        let domain = Arc::make_mut(domain);
        domain.printed = Printed::default();
        domain
    }
}

impl From<Domain> for Domains {
    fn from(domain: Domain) -> Self {
        let mut domains = Self::default();
        domains.push(domain);
        domains
    }
}

type Serials = BTreeSet<u64>;

/// Which domains have a name, a uuid, a number, or were asked to shut down; and what all of them weigh.
#[derive(Clone, Debug, Default)]
struct Lookup {
    names: BTreeMap<String, Serials>,
    uuids: BTreeMap<String, Serials>,
    ids: BTreeMap<u32, Serials>,
    asked: Serials,
    weight: usize,
}

impl Lookup {
    fn insert(&mut self, serial: u64, domain: &Domain) {
        self.names.entry(domain.name.clone()).or_default().insert(serial);
        self.uuids.entry(domain.uuid.clone()).or_default().insert(serial);
        if let Some(id) = domain.id {
            self.ids.entry(id).or_default().insert(serial);
        }
        if domain.shutdown_request.is_some() {
            self.asked.insert(serial);
        }
        self.weight += domain.weight();
    }

    fn remove(&mut self, serial: u64, domain: &Domain) {
        fn remove<K, Q>(from: &mut BTreeMap<K, Serials>, key: &Q, serial: u64)
        where
            K: Ord + std::borrow::Borrow<Q>,
            Q: Ord + ?Sized,
        {
            if let Some(serials) = from.get_mut(key) {
                serials.remove(&serial);
                if serials.is_empty() {
                    from.remove(key);
                }
            }
        }
        remove(&mut self.names, domain.name.as_str(), serial);
        remove(&mut self.uuids, domain.uuid.as_str(), serial);
        if let Some(id) = &domain.id {
            remove(&mut self.ids, id, serial);
        }
        self.asked.remove(&serial);
        self.weight -= domain.weight();
    }
}

/// The last changes.
#[derive(Clone, Debug, Default)]
struct Changes {
    generation: u64,
    /// The generation that each change led to, and the uuid of the domain.
    last: VecDeque<(u64, String)>,
}

impl Changes {
    /// Few commands change more domains than one.
    const KEPT: usize = 64;

    fn note(&mut self, uuid: &str) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        self.generation = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        if self.last.len() == Self::KEPT {
            self.last.pop_front();
        }
        self.last.push_back((self.generation, uuid.to_owned()));
    }

    fn since(&self, generation: u64) -> Option<BTreeSet<&str>> {
        if generation == self.generation {
            return Some(BTreeSet::new());
        }
        let at = self.last.iter().position(|(led_to, _)| *led_to == generation)?;
        Some(self.last.range(at + 1..).map(|(_, uuid)| uuid.as_str()).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domain(name: u8) -> Domain {
        Domain { name: name.to_string(), uuid: name.to_string(), ..Domain::blank() }
    }

    /// What can be done with a list, with arguments that need not fit.
    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Remove(usize),
        Rename(usize, u8),
        Number(usize, Option<u32>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..4_u8).prop_map(Step::Push),
            (0..6_usize).prop_map(Step::Remove),
            (0..6_usize, 0..4_u8).prop_map(|(at, name)| Step::Rename(at, name)),
            (0..6_usize, prop::option::of(0..4_u32)).prop_map(|(at, id)| Step::Number(at, id)),
        ];
        prop::collection::vec(step, 0..20)
    }

    fn perform(domains: &mut Domains, step: &Step) {
        match *step {
            Step::Push(name) => domains.push(domain(name)),
            Step::Remove(at) if at < domains.len() => drop(domains.remove(at)),
            Step::Rename(at, name) if at < domains.len() => {
                let domain = &mut domains[at];
                (domain.name, domain.uuid) = (name.to_string(), name.to_string());
            }
            Step::Number(at, id) if at < domains.len() => domains[at].id = id,
            _ => {}
        }
    }

    #[test]
    fn what_domains_weigh_is_known_whatever_is_done_to_them() {
        let mut domains = Domains::from(Domain::blank());
        let check =
            |domains: &Domains| assert_eq!(domains.weight(), domains.iter().map(|it| it.weight()).sum::<usize>());
        for (step, name) in ["a", "bb", "", "ccc", "dddddd"].into_iter().cycle().take(40).enumerate() {
            match step % 4 {
                0 | 1 => domains.push(Domain { name: name.into(), ..Domain::blank() }),
                2 => domains[step % 3].name = name.repeat(step),
                _ => drop(domains.remove(step % 2)),
            }
            check(&domains);
        }
    }

    proptest! {
        #[test]
        fn properties_what_is_looked_up_is_what_a_look_at_all_finds(steps in steps()) {
            let mut domains = Domains::default();
            for step in &steps {
                perform(&mut domains, step);
                let all = |is_one: &dyn Fn(&Domain) -> bool| -> Vec<usize> {
                    (0..domains.len()).filter(|&at| is_one(&domains[at])).collect()
                };
                for name in 0..4_u8 {
                    let name = name.to_string();
                    prop_assert_eq!(domains.named(&name).collect::<Vec<_>>(), all(&|domain| domain.name == name));
                    prop_assert_eq!(domains.of_uuid(&name).collect::<Vec<_>>(), all(&|domain| domain.uuid == name));
                }
                for id in 0..4 {
                    prop_assert_eq!(domains.of_id(id), all(&|domain| domain.id == Some(id)).first().copied());
                }
            }
        }

        #[test]
        fn properties_every_change_is_told(before in steps(), after in steps()) {
            let mut domains = Domains::default();
            before.iter().for_each(|step| perform(&mut domains, step));
            let (generation, old) = (domains.generation(), domains.clone());
            after.iter().for_each(|step| perform(&mut domains, step));
            if let Some(told) = domains.changed_since(generation) {
                for name in (0..4_u8).map(|name| name.to_string()).filter(|name| !told.contains(name.as_str())) {
                    let of_uuid = |domains: &Domains| -> Vec<Arc<Domain>> {
                        domains.of_uuid(&name).map(|at| domains.list[at].clone()).collect()
                    };
                    prop_assert!(of_uuid(&old).iter().eq(of_uuid(&domains).iter()), "{}", name);
                }
            }
        }
    }
}
