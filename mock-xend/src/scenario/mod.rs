//! Scenarios: what a mock answers before its world does, as a TOML file.
//!
//! ```toml
//! release = "3.0.3"
//! unexpected = "refuse"
//!
//! [[expect]]
//! face = "sxp"
//! operation = "domain.pause"
//! args = { domain = "vm1" }
//! reply = { not-implemented = "pause" }
//!
//! [[expect]]
//! face = "xmlrpc"
//! method = "xend.domain.destroy"
//! params = ["vm1"]
//! times = 2
//! reply = { fault = { code = 2, string = "Cannot destroy privileged domain vm1" } }
//!
//! [[expect]]
//! face = "sxp"
//! path = "/xend/node/"
//! reply = { raw = "HTTP/1.1 200 OK\r\nContent-length: 99\r\n\r\n(node (host a))" }
//! delay = "250ms"
//! ```
//!
//! An expectation names the requests that it is for, in one of three ways:
//!
//! | keys | requests |
//! | --- | --- |
//! | `operation`, `args` | an operation of the table, by its name, on every face or on that of `face`; `args` that are left out match anything; on `xenapi` a domain is named by its reference |
//! | `face = "sxp"`, `method`, `path`, `fields` | HTTP requests: method, decoded path, and fields of query or form, each of which may be left out |
//! | `face = "xmlrpc"` or `"xenapi"`, `method`, `params` | calls: the method's name and all its parameters; either may be left out |
//!
//! It is good for `times` requests: 1 unless given, `"any"` for any number. Of several that match, the first one that is
//! not used up answers. Expectations are in order: one that answers while an earlier one still waits is reported, and so
//! are those that were used too rarely, and requests beyond the last use of what they match.
//!
//! What no expectation matches, the world answers (`unexpected = "simulate"`, the default) or the mock refuses
//! (`"refuse"`): 501 on `sxp`, the answer to an unknown method on the others.
//!
//! `reply` is one of [`Reply`]'s words.

mod expectation;
mod file;
mod reply;
mod script;
mod value;

use std::path::Path;

use xend_wire::{Diagnostic, Release};

use crate::{Error, text_file};

pub(crate) use expectation::Question;
pub use reply::{Ending, Reply, Status};
pub use script::Report;
pub(crate) use script::{Decision, Script};

use expectation::Expectation;

/// What a mock answers before its world does.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    release: Option<Release>,
    refuses_unexpected: bool,
    expectations: Vec<Expectation>,
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

    /// The release that it is written for, where it says so.
    pub fn release(&self) -> Option<Release> {
        self.release
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
