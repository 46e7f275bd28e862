//! What is told while a run goes on.

use crate::verdict::Verdict;

/// Is told of each verdict as it comes, in any order.
pub trait Watch: Send {
    /// The run begins, and asks so many questions.
    fn begins(&mut self, questions: usize) {
        let _ = questions;
    }

    /// A verdict has come. It may be replaced later, if the subject writes more after its answer.
    fn has_come(&mut self, verdict: &Verdict) {
        let _ = verdict;
    }
}

/// Tells nobody.
impl Watch for () {}
