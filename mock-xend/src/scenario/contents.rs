//! The contents of a scenario file.

use std::sync::Arc;

use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use super::expectation::{Expectation, RequestPattern, no_xenapi, why_impossible};
#[cfg(test)]
use super::reply::Decision;

/// Scripted replies, each with the requests that it answers. The mock tries them before the simulated host answers.
#[doc = include_str!("../../scenarios.md")]
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub(super) release: Option<Release>,
    pub(super) refuses_unexpected: bool,
    pub(super) expectations: Vec<Expectation>,
    /// The name of the file, as diagnostics show it.
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
}

impl Scenario {
    /// Checks that the requests that the scenario expects are possible in a release.
    ///
    /// # Errors
    /// Returns a diagnostic, with the place in the file, for the first request that is impossible.
    pub(crate) fn check(&self, release: Release) -> Result<(), Diagnostic> {
        for expectation in &self.expectations {
            let (span, why) = match &expectation.requests {
                RequestPattern::Operation { face, operation, span, .. } => {
                    (span, why_impossible(*operation, *face, &[release]))
                }
                RequestPattern::Call { face: Face::XenApi, span, .. } if release < Release::V3_1 => {
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

    /// Returns the release that the scenario is written for, if the file names one.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// Returns the decision of each expectation.
    #[cfg(test)]
    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.expectations.iter().map(|expectation| &expectation.decision)
    }

    /// Returns the number of expectations.
    pub fn len(&self) -> usize {
        self.expectations.len()
    }

    /// Returns whether the scenario has no expectations.
    pub fn is_empty(&self) -> bool {
        self.expectations.is_empty()
    }
}
