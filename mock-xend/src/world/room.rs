//! How much memory the domains of a world take, and how much they may.

use super::{Failure, World};
use crate::weight;

impl World {
    /// How many bytes the domains of a world and those that are saved in its files may take if nothing else is said:
    /// 256 MiB, which is enough for 30,000 domains.
    pub const BUDGET: usize = 256 << 20;

    /// How many bytes the domains take with those that are saved, about.
    pub fn held(&self) -> usize {
        self.domains.weight() + self.files.saved.weight()
    }

    /// Makes sure that so many bytes more are in the budget.
    ///
    /// # Errors
    /// They are not. The daemon has no limit of its own, so the text says whose it is.
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), Failure> {
        if self.held() + bytes <= self.budget {
            return Ok(());
        }
        let budget = weight::shown(self.budget);
        Err(Failure::refused(format!("mock-xend keeps at most {budget} of domains and saved domains")))
    }
}
