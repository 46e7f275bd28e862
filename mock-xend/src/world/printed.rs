//! The printed record of a domain, kept with the domain for the next listing.

use std::fmt;
use std::sync::OnceLock;

use xend_wire::Release;

/// A place in a domain for its printed record, which is filled by the first listing.
///
/// The list of domains empties the place when it gives a domain out to be changed, and a copy of a domain has an empty
/// place. What is in it is no property of the domain: with and without, domains are equal.
#[derive(Default)]
pub(super) struct Printed(OnceLock<Box<Text>>);

/// The printed record of a domain by the rules of a release, without what grows with the clock.
pub(super) struct Text {
    pub(super) release: Release,
    pub(super) text: Vec<u8>,
    /// Where the value of `up_time` belongs.
    pub(super) up_time_at: Option<usize>,
}

impl Printed {
    /// The bytes that are counted for any domain. A longer record is not kept, and is printed for each listing.
    pub(super) const MOST: usize = 2048;

    pub(super) fn get(&self, release: Release) -> Option<&Text> {
        self.0.get().map(Box::as_ref).filter(|text| text.release == release)
    }

    pub(super) fn keep(&self, mut text: Text) {
        text.text.shrink_to_fit();
        if size_of::<Text>() + text.text.len() <= Self::MOST {
            // Another listing may have printed the same record meanwhile.
            let _ = self.0.set(Box::new(text));
        }
    }
}

impl Clone for Printed {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Printed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Printed")
    }
}
