//! The list of domains, whose entries are shared with listings and copied when they change.

use std::collections::BTreeSet;
use std::ops::{Deref, Index, IndexMut};
use std::sync::Arc;

use super::Domain;

/// The domains of a host, in the order in which the hypervisor lists them.
///
/// Copying the list is cheap, because the copies share each domain until one of them changes it. So a face can print a
/// listing after it has released the world.
#[derive(Clone, Debug, Default)]
pub(super) struct Domains {
    list: Vec<Arc<Domain>>,
    generation: u64,
    /// The total weight in bytes, without the domains that may have changed since.
    weighed: usize,
    /// The weight of each domain, in the order of the list; 0 if the domain may have changed since.
    weights: Vec<usize>,
    /// The places of the domains that may have changed.
    changed: BTreeSet<usize>,
}

impl Domains {
    /// Returns a number that is different after every change.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the bytes that the domains take. Only domains that may have changed are weighed again.
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

    /// Removes a domain from the list. The domains behind it move up.
    pub(super) fn remove(&mut self, at: usize) -> Domain {
        self.generation += 1;
        self.weigh();
        self.weighed -= self.weights.remove(at);
        Arc::unwrap_or_clone(self.list.remove(at))
    }

    /// Weighs the domains that may have changed.
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

/// Mutable access counts as a change, whatever is done with the domain.
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
