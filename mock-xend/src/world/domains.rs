//! The domains of a host, each copied only when it is changed while a listing still holds it.

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
}

impl Domains {
    /// A number that is another one after every change.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn push(&mut self, domain: Domain) {
        self.generation += 1;
        self.list.push(Arc::new(domain));
    }

    /// Takes a domain out of the list. The domains behind it move up.
    pub(super) fn remove(&mut self, at: usize) -> Domain {
        self.generation += 1;
        Arc::unwrap_or_clone(self.list.remove(at))
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
        Arc::make_mut(&mut self.list[at])
    }
}

impl From<Domain> for Domains {
    fn from(domain: Domain) -> Self {
        Self { list: vec![Arc::new(domain)], generation: 0 }
    }
}
