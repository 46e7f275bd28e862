//! What comes of a call, before it is printed.

use xend_wire::datum::Datum;

use crate::world::Listing;

/// What a method returns.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value.
    Value(Datum),
    /// A list of records, which are still to be made.
    Records(Listing),
    /// One record, which is still to be made.
    Record(Listing),
}

impl Outcome {
    /// A method that returns nothing.
    pub(crate) const NOTHING: Self = Self::Value(Datum::None);

    /// How many records are still to be made.
    pub(crate) fn records(&self) -> usize {
        match self {
            Self::Value(value) => value.items().len(),
            Self::Records(listing) | Self::Record(listing) => listing.records().len(),
        }
    }

    /// The value, with all its records.
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
