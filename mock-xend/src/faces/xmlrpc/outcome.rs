//! The outcome of a call, before it is printed.

use xend_wire::datum::Datum;

use crate::world::Listing;

/// The result of a method.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value.
    Value(Datum),
    /// A list of records, which still have to be made.
    Records(Listing),
    /// A record, which still has to be made.
    Record(Listing),
}

impl Outcome {
    /// The result of a method that returns nothing.
    pub(crate) const NOTHING: Self = Self::Value(Datum::None);

    /// Returns the number of records that still have to be made.
    pub(crate) fn records(&self) -> usize {
        match self {
            Self::Value(value) => value.items().len(),
            Self::Records(listing) | Self::Record(listing) => listing.records().len(),
        }
    }

    /// Makes all records and returns the value.
    pub(crate) fn into_datum(self) -> Datum {
        match self {
            Self::Value(value) => value,
            Self::Records(listing) => listing.records().collect::<Vec<_>>().into(),
            Self::Record(listing) => listing.records().next().unwrap_or(Datum::None),
        }
    }
}

impl From<Datum> for Outcome {
    fn from(value: Datum) -> Self {
        Self::Value(value)
    }
}
