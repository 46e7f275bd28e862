//! The outcome of a request, before it is printed.

use std::sync::Arc;

use xend_wire::datum::Datum;

use crate::world::{Domain, Listing};

/// The outcome of a function of the daemon: the value that it returns, or the page that it writes.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value, which is printed unless it is Python's `None`.
    Value(Datum),
    /// A list of records.
    Listing(Listing),
    /// The names of the resources below a resource.
    Directory(&'static [&'static str]),
    /// The pairs that describe the host.
    Node(Datum),
    /// Plain text.
    Text(Vec<u8>),
    /// The messages of the hypervisor, as plain text or as a page for a browser.
    Messages(Vec<u8>),
    /// Domains, listed on a page for a browser.
    Domains(Vec<Arc<Domain>>),
    /// The record of one domain.
    Record(Listing),
    /// A domain, shown on a page for a browser.
    Domain(Box<Domain>),
    /// The list of virtual networks, which is empty.
    Vnets,
    /// A domain that was created from a configuration.
    Created {
        /// The record of the domain.
        record: Datum,
        /// The text of the configuration.
        config: Vec<u8>,
    },
    /// A domain that was restored from a file.
    Restored {
        /// The record of the domain.
        record: Datum,
    },
}

impl Outcome {
    /// The outcome of a function that returns nothing.
    pub(crate) const NOTHING: Self = Self::Value(Datum::None);

    /// Returns the number of records that still have to be made.
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
