//! A scenario that has been read.

use std::sync::Arc;

use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use super::expectation::{Expectation, Requests, impossible, no_xenapi};
#[cfg(test)]
use super::reply::Decision;

/// What a mock answers before its world does.
///
#[doc = include_str!("../../scenarios.md")]
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub(super) release: Option<Release>,
    pub(super) refuses_unexpected: bool,
    pub(super) expectations: Vec<Expectation>,
    /// What errors call the file, and what is in it.
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
}

impl Scenario {
    /// Whether what it expects can be asked of a release.
    ///
    /// # Errors
    /// The first that can't, with line and caret.
    pub(crate) fn check(&self, release: Release) -> Result<(), Diagnostic> {
        for expectation in &self.expectations {
            let (span, why) = match &expectation.requests {
                Requests::Operation { face, operation, span, .. } => (span, impossible(*operation, *face, &[release])),
                Requests::Call { face: Face::XenApi, span, .. } if release < Release::V3_1 => {
                    (span, Some(no_xenapi(release)))
                }
                _ => continue,
            };
            if let Some(why) = why {
                return Err(Diagnostic::new(&*self.name, self.text.as_bytes(), span.clone(), why));
            }
        }
        Ok(())
    }

    /// The release that it is written for, where it says so.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// What becomes of the requests that it expects.
    #[cfg(test)]
    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.expectations.iter().map(|expectation| &expectation.decision)
    }

    /// How many expectations it has.
    pub fn len(&self) -> usize {
        self.expectations.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.expectations.is_empty()
    }
}
