//! A device in the record of its domain.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::Device;
use super::running::Guest;

/// What the domain does whose device is described.
#[derive(Clone, Copy)]
pub(in crate::world) enum Stage<'d> {
    /// It is defined and not active.
    Defined {
        /// Whether it was active before: then its devices have been given their numbers.
        has_run: bool,
    },
    /// It is active.
    Running(Guest<'d>),
}

impl Device {
    /// The device as it stands in the record of its domain.
    pub(in crate::world) fn record(&self, stage: Stage<'_>, release: Release) -> Option<Datum> {
        match stage {
            _ if release < Release::V3_1 => self.record_until_3_0_3(release),
            Stage::Running(guest) => self.running_record(guest, release),
            Stage::Defined { has_run } => Some(self.definition(has_run, release)),
        }
    }
}
