//! How much memory the domains of a world take, and how much they may.

use super::{Domain, Failure, World};
use crate::weight;

/// What is counted for any domain besides what it was given, in bytes: its own fields, and the console, the addresses and
/// the screens that a start puts in.
const DOMAIN: usize = size_of::<Domain>() + 2048;

impl World {
    /// How many bytes the domains of a world and those that are saved in its files may take if nothing else is said:
    /// 256 MiB, which is enough for 30,000 domains.
    pub const BUDGET: usize = 256 << 20;

    /// How many bytes the domains take with those that are saved, about.
    pub fn held(&self) -> usize {
        self.domains.weight() + self.files.saved.weight()
    }

    /// Makes sure that so many bytes more are in the budget.
    ///
    /// # Errors
    /// They are not. The daemon has no limit of its own, so the text says whose it is.
    pub(crate) fn check_room(&self, bytes: usize) -> Result<(), Failure> {
        if self.held() + bytes <= self.budget {
            return Ok(());
        }
        let budget = weight::shown(self.budget);
        Err(Failure::refused(format!("mock-xend keeps at most {budget} of domains and saved domains")))
    }
}

impl Domain {
    /// In bytes, about.
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.name, &self.uuid, &self.on_end.poweroff, &self.on_end.reboot, &self.on_end.crash];
        let texts = texts.into_iter().chain([&self.on_xend.start, &self.on_xend.stop]);
        let settings = self.settings.iter().map(|(_, value)| weight::of(value));
        let image = self.image.iter().map(|image| weight::of(&image.config));
        let devices = self.devices.iter().map(|device| {
            let settings = device.settings.iter().map(|(name, value)| weight::of_named(name, value));
            weight::of_text(&device.class) + settings.sum::<usize>()
        });
        let processors =
            self.pinned.iter().chain(&self.last_pinned).map(|cpus| size_of_val(cpus) + size_of_val(&cpus[..]));
        DOMAIN
            + texts.map(|text| text.len()).sum::<usize>()
            + settings.chain(image).chain(devices).chain(processors).sum::<usize>()
    }
}
