//! Devices in the record of their domain.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::Device;
use super::running::Guest;

/// The stage of the domain whose device is described.
#[derive(Clone, Copy)]
pub(in crate::world) enum Stage<'d> {
    /// The domain is defined and not active.
    Defined {
        /// Whether the domain was active before, so that its devices have numbers.
        has_run: bool,
    },
    /// The domain is active.
    Running(Guest<'d>),
}

impl Device {
    /// Returns the form of the device in the record of its domain; `None` if the record does not show it.
    pub(in crate::world) fn record(&self, stage: Stage<'_>, release: Release) -> Option<Datum> {
        match stage {
            _ if release < Release::V3_1 => self.record_until_3_0_3(release),
            Stage::Running(guest) => self.running_record(guest, release),
            Stage::Defined { has_run } => Some(self.definition(has_run, release)),
        }
    }
}
