//! The limit on the memory that a world's domains take in the mock.

use super::{Failure, World};
use crate::weight;

impl World {
    /// The default limit on the bytes that domains and saved domains take: 256 MiB, which is enough for 30,000 domains.
    pub const BUDGET: usize = 256 << 20;

    /// Returns the bytes that domains and saved domains take, approximately.
    pub fn held(&self) -> usize {
        self.domains.weight() + self.files.saved.weight()
    }

    /// Checks that a number of additional bytes is within the limit.
    ///
    /// # Errors
    /// Returns a failure if it is not. The daemon has no such limit, so the text names the mock.
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), Failure> {
        if self.held() + bytes <= self.budget {
            return Ok(());
        }
        let budget = weight::shown(self.budget);
        Err(Failure::refused(format!("mock-xend keeps at most {budget} of domains and saved domains")))
    }
}
