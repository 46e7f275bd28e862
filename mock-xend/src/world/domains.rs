//! The domains of a host, each copied only when it is changed while a listing still holds it.

use std::collections::BTreeSet;
use std::ops::{Deref, Index, IndexMut};
use std::sync::Arc;

use super::Domain;

/// The domains of a host, in the order in which the hypervisor lists them.
///
/// To copy the list is cheap: the domains themselves are shared until one of the copies changes them. That is what lets
/// a face print a listing after it has given the world back.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    list: Vec<Arc<Domain>>,
    generation: u64,
    /// What the domains weigh but for those that may have changed since.
    weighed: usize,
    /// What each domain weighs, in the order of the list: nothing if it may have changed since.
    weights: Vec<usize>,
    /// The places of those that may have changed.
    changed: BTreeSet<usize>,
}

impl Domains {
    /// A number that is another one after every change.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// What the domains weigh, in bytes. Only those that have changed are weighed again.
    pub(super) fn weight(&self) -> usize {
        self.weighed + self.changed.iter().map(|&at| self.list[at].weight()).sum::<usize>()
    }

    pub(super) fn push(&mut self, domain: Domain) {
        self.generation += 1;
        self.changed.insert(self.list.len());
        self.weights.push(0);
        self.list.push(Arc::new(domain));
        self.weigh();
    }

    /// Takes a domain out of the list. The domains behind it move up.
    pub(super) fn remove(&mut self, at: usize) -> Domain {
        self.generation += 1;
        self.weigh();
        self.weighed -= self.weights.remove(at);
        Arc::unwrap_or_clone(self.list.remove(at))
    }

    /// Weighs what has changed.
    fn weigh(&mut self) {
        for at in std::mem::take(&mut self.changed) {
            self.weights[at] = self.list[at].weight();
            self.weighed += self.weights[at];
        }
    }
}

impl Deref for Domains {
    type Target = [Arc<Domain>];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

impl Index<usize> for Domains {
    type Output = Domain;

    fn index(&self, at: usize) -> &Domain {
        &self.list[at]
    }
}

/// Counts as a change, whatever is done with the domain.
impl IndexMut<usize> for Domains {
    fn index_mut(&mut self, at: usize) -> &mut Domain {
        self.generation += 1;
        if self.changed.insert(at) {
            self.weighed -= std::mem::take(&mut self.weights[at]);
        }
        Arc::make_mut(&mut self.list[at])
    }
}

impl From<Domain> for Domains {
    fn from(domain: Domain) -> Self {
        let mut domains = Self::default();
        domains.push(domain);
        domains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
