//! One question of a plan.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::operation::Face;

use crate::case::Level;
use crate::suite::Suite;
use crate::verdict::{About, Status, Verdict};
use crate::version::Version;

/// One question of a plan, with everything by which it can be selected. `T` is what an examiner needs to ask it.
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// The suite that the question belongs to.
    pub suite: Suite,
    /// The case, law or exchange.
    pub about: Arc<About>,
    /// Which of several ways of asking it is: the rules, or the address. Empty if there is only one way.
    pub variant: String,
    /// How binding the expectation is, if there is one.
    pub level: Option<Level>,
    /// Words by which the question can be selected, such as the codec, the rule and the features that it needs.
    pub tags: Arc<[String]>,
    /// The release of Xend that the question is about, if it is about one.
    pub release: Option<Release>,
    /// The face of Xend that the question is about, if it is about one.
    pub face: Option<Face>,
    /// The version of the suite since which the question is there; `None` for the first one.
    pub since: Option<Version>,
    /// What the examiner is given, or why the question is not asked at all.
    pub task: Result<T, Unasked>,
}

/// Why a question is not asked.
#[derive(Clone, Debug)]
pub struct Unasked {
    /// `unsupported` or `skipped`.
    pub status: Status,
    /// The reason, which reports show.
    pub why: String,
}

impl<T> Item<T> {
    /// Returns the id with the variant, as in `xmlrpc/int-plus@spec`.
    pub fn name(&self) -> String {
        self.verdict(Status::Skipped).name()
    }

    /// Makes a verdict for this item, without a reason and without details.
    pub fn verdict(&self, status: Status) -> Verdict {
        let bare = Verdict::bare(self.suite, Arc::clone(&self.about), &*self.variant, status);
        Verdict { level: self.level, ..bare }
    }
}
