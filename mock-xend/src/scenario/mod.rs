//! Scenarios: what a mock answers before its world does. `docs/scenarios.md` says how one is written.

mod expectation;
mod file;
mod reply;
mod script;
mod value;

use std::path::Path;
use std::sync::Arc;

use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use crate::error::Error;
use crate::text_file;

pub(crate) use expectation::Question;
pub(crate) use reply::{Decision, Ending, Reply, Scripted, Status, WrongFace};
pub use script::Report;
pub(crate) use script::Script;

use expectation::{Expectation, Requests, impossible, no_xenapi};

/// What a mock answers before its world does.
///
#[doc = include_str!("../../../docs/scenarios.md")]
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    release: Option<Release>,
    refuses_unexpected: bool,
    expectations: Vec<Expectation>,
    /// What errors call the file, and what is in it.
    name: Arc<str>,
    text: Arc<str>,
}

impl Scenario {
    /// Reads a scenario. Bodies in files are looked for beside it, in `folder`; `name` is what errors call it.
    ///
    /// # Errors
    /// Whatever the format does not allow, with line and caret, and a file that can't be read.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        file::parse(name, text, folder)
    }

    /// Reads a scenario from its file.
    ///
    /// # Errors
    /// As [`Scenario::parse`], and a file that can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (name, text) = text_file::read(path, "a scenario")?;
        Ok(Self::parse(&name, &text, path.parent().unwrap_or(Path::new(".")))?)
    }

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
