//! What comes of a request, before it is printed.

use std::sync::Arc;

use xend_wire::datum::Datum;

use crate::world::{Domain, Listing};

/// What a function of the daemon has done: the value that it returns, or the page that it writes.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value, which is printed; `None`, Python's, is not.
    Value(Datum),
    /// Records, printed one by one.
    Listing(Listing),
    /// The resources below a resource.
    Directory(&'static [&'static str]),
    /// The pairs that describe the host.
    Node(Datum),
    /// Plain text.
    Text(Vec<u8>),
    /// The messages of the hypervisor: plain text, or a page for a browser.
    Messages(Vec<u8>),
    /// Domains as a browser is shown them.
    Domains(Vec<Arc<Domain>>),
    /// The record of one domain.
    Record(Listing),
    /// One domain as a browser is shown it.
    Domain(Box<Domain>),
    /// The virtual networks, of which there are none.
    Vnets,
    /// A domain that was made from a configuration.
    Created {
        /// The record of the domain.
        record: Datum,
        /// The configuration as it was sent.
        config: Vec<u8>,
    },
    /// A domain that was made from a file.
    Restored {
        /// The record of the domain.
        record: Datum,
    },
}

impl Outcome {
    /// A function that returns nothing.
    pub(crate) const NOTHING: Self = Self::Value(Datum::None);

    /// How many records are still to be made.
    pub(super) fn records(&self) -> usize {
        match self {
            Self::Listing(listing) => listing.records().len(),
            Self::Domains(domains) => domains.len(),
            Self::Value(value) => value.items().len(),
            Self::Directory(_)
            | Self::Node(_)
            | Self::Text(_)
            | Self::Messages(_)
            | Self::Record(_)
            | Self::Domain(_)
            | Self::Vnets
            | Self::Created { .. }
            | Self::Restored { .. } => 1,
        }
    }
}

impl From<Datum> for Outcome {
    fn from(value: Datum) -> Self {
        Self::Value(value)
    }
}

impl From<Listing> for Outcome {
    fn from(listing: Listing) -> Self {
        Self::Listing(listing)
    }
}
