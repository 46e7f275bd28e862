//! A domain as the daemon describes it, field by field in the order of the release.
//!
//! Sources: `XendDomainInfo.sxpr` up to 3.0.3, `XendConfig.to_sxp` later; captures `get-domain-vm1`, `get-domain-0` and
//! `domain-full` (protocol reference §3.8).

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::command::Detail;
use super::device::{self, Device, Guest, Stage};
use super::domain::Domain;
use super::image::Image;

/// The names of a record's fields in the order of the release. A field that a domain does not have is left out; `device`
/// stands for all devices.
fn order(release: Release) -> &'static [&'static str] {
    release.pick(&[
        (Release::V3_0_2, ORDER_3_0_2),
        (Release::V3_0_3, ORDER_3_0_3),
        (Release::V3_1, ORDER_3_1),
        (Release::V3_2, ORDER_3_2),
        (Release::V3_4, ORDER_3_4),
        (Release::V4_1, ORDER_4_1),
    ])
}

const ORDER_3_0_2: &[&str] = &[
    "domid",
    "uuid",
    "ssidref",
    "vcpus",
    "vcpu_avail",
    "cpu_weight",
    "memory",
    "maxmem",
    "bootloader",
    "name",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "image",
    "device",
    "state",
    "shutdown_reason",
    "cpu_time",
    "online_vcpus",
    "up_time",
    "start_time",
    "store_mfn",
    "console_mfn",
];

const ORDER_3_0_3: &[&str] = &[
    "domid",
    "uuid",
    "vcpus",
    "vcpu_avail",
    "cpu_weight",
    "memory",
    "shadow_memory",
    "maxmem",
    "bootloader",
    "bootloader_args",
    "features",
    "localtime",
    "name",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "image",
    "security",
    "device",
    "state",
    "shutdown_reason",
    "cpu_time",
    "online_vcpus",
    "up_time",
    "start_time",
    "store_mfn",
    "console_mfn",
];

const ORDER_3_1: &[&str] = &[
    "domid",
    "bootloader",
    "on_crash",
    "uuid",
    "bootloader_args",
    "vcpus",
    "name",
    "on_reboot",
    "on_poweroff",
    "maxmem",
    "memory",
    "shadow_memory",
    "security",
    "vcpu_avail",
    "cpu_weight",
    "cpu_cap",
    "features",
    "on_xend_start",
    "on_xend_stop",
    "start_time",
    "cpu_time",
    "online_vcpus",
    "image",
    "status",
    "state",
    "store_mfn",
    "console_mfn",
    "device",
];

const ORDER_3_2: &[&str] = &[
    "domid",
    "bootloader",
    "on_crash",
    "uuid",
    "bootloader_args",
    "vcpus",
    "name",
    "on_reboot",
    "on_poweroff",
    "maxmem",
    "memory",
    "shadow_memory",
    "vcpu_avail",
    "features",
    "on_xend_start",
    "on_xend_stop",
    "start_time",
    "cpu_time",
    "online_vcpus",
    "security_label",
    "image",
    "status",
    "state",
    "store_mfn",
    "console_mfn",
    "device",
    "cpuid",
    "cpuid_check",
];

const ORDER_3_4: &[&str] = &[
    "domid",
    "bootloader",
    "on_crash",
    "uuid",
    "bootloader_args",
    "vcpus",
    "name",
    "cpus",
    "on_reboot",
    "on_poweroff",
    "maxmem",
    "memory",
    "shadow_memory",
    "vcpu_avail",
    "features",
    "on_xend_start",
    "on_xend_stop",
    "start_time",
    "cpu_time",
    "online_vcpus",
    "security_label",
    "image",
    "status",
    "state",
    "store_mfn",
    "console_mfn",
    "device",
    "cpuid",
    "cpuid_check",
];

const ORDER_4_1: &[&str] = &[
    "domid",
    "cpu_weight",
    "cpu_cap",
    "pool_name",
    "bootloader",
    "vcpus",
    "cpus",
    "on_poweroff",
    "description",
    "on_crash",
    "uuid",
    "bootloader_args",
    "name",
    "on_reboot",
    "maxmem",
    "memory",
    "shadow_memory",
    "vcpu_avail",
    "features",
    "on_xend_start",
    "on_xend_stop",
    "start_time",
    "cpu_time",
    "online_vcpus",
    "security_label",
    "image",
    "status",
    "state",
    "store_mfn",
    "console_mfn",
    "device",
    "cpuid",
    "cpuid_check",
];

/// The record of a domain: `(domain (domid 1) ...)`.
pub(super) fn record(domain: &Domain, release: Release, detail: Detail, now: Duration) -> Datum {
    Record { domain, release, now, is_early: false }.all(detail)
}

/// The record of a domain of which the daemon has not asked the hypervisor yet.
pub(super) fn early(domain: &Domain, release: Release, detail: Detail, now: Duration) -> Datum {
    Record { domain, release, now, is_early: true }.all(detail)
}

struct Record<'d> {
    domain: &'d Domain,
    release: Release,
    now: Duration,
    is_early: bool,
}

impl Record<'_> {
    fn all(&self, detail: Detail) -> Datum {
        let Self { release, .. } = *self;
        let mut fields: Vec<Datum> = vec!["domain".into()];
        let record = self;
        for &name in order(release) {
            match name {
                "device" if detail == Detail::WithoutDevices && release >= Release::V3_1 => {}
                "device" => fields.extend(record.devices().into_iter().map(|device| Datum::pair("device", device))),
                // It may be a long, so XML-RPC never shows it.
                "vcpu_avail" if detail != Detail::Whole => {}
                _ => fields.extend(record.value(name).map(|value| Datum::pair(name, value))),
            }
        }
        fields.into()
    }

    /// The value of a field, if the domain has one.
    fn value(&self, name: &str) -> Option<Datum> {
        let &Self { domain, release, .. } = self;
        let is_active = domain.id.is_some();
        let text = |text: &str| Some(Datum::from(text));
        match name {
            "domid" => domain.id.map(Datum::from).or_else(|| (release < Release::V3_1).then_some(Datum::None)),
            "name" => text(&domain.name),
            "uuid" => text(&domain.uuid),
            "ssidref" => Some(0.into()),
            // The hypervisor gives every domain one.
            "vcpus" if is_active && !self.is_early && release >= Release::V3_1 => Some(domain.vcpus.max(1).into()),
            "vcpus" => Some(domain.vcpus.into()),
            "vcpu_avail" => Some(self.availability()),
            "cpus" => Some(self.cpus()).filter(|cpus| !cpus.items().is_empty()),
            "cpu_weight" if release < Release::V3_1 => Some(domain.credit.share.into()),
            "cpu_weight" => Some(domain.told_credit.unwrap_or(domain.credit).weight.into()),
            "cpu_cap" => Some(domain.told_credit.unwrap_or(domain.credit).cap.into()),
            "memory" => Some(domain.memory.into()),
            "maxmem" => Some(domain.max_memory.into()),
            "shadow_memory" => Some(domain.shadow_memory.into()),
            "on_poweroff" => text(&domain.on_end.poweroff),
            "on_reboot" => text(&domain.on_end.reboot),
            "on_crash" => text(&domain.on_end.crash),
            "on_xend_start" => text(&domain.on_xend.start),
            "on_xend_stop" => text(&domain.on_xend.stop),
            "image" => self.image(),
            "status" => Some(domain.power_state().number().into()),
            "state" if self.is_early => text("------"),
            "state" => is_active.then(|| domain.state().into()),
            // Always there, even on a domain that runs: code 0 is `poweroff`.
            "shutdown_reason" => text("poweroff"),
            "cpu_time" | "online_vcpus" if self.is_early => None,
            "cpu_time" if is_active => Some(domain.cpu_time().into()),
            "cpu_time" => domain.ran.map(|ran| (f64::from(ran.id) + 1.234_567_89).into()).or_else(|| self.kept(name)),
            // The stub hypervisor of the captures brings no vcpu down (capture `post-list@3.0.2`).
            "online_vcpus" => (is_active || domain.ran.is_some()).then(|| domain.vcpus.into()),
            // Up to 3.0.3 both times are texts, made by `str` of a float.
            "up_time" => domain.started.map(|started| self.time(self.now.saturating_sub(started))),
            "start_time" => {
                let started = domain.started.or(domain.ran.map(|ran| ran.started));
                started.map(|started| self.time(started)).or_else(|| self.kept(name))
            }
            // The machine frames of store and console are effects of the stub hypervisor.
            "store_mfn" => self.run().map(|id| (1000 + i64::from(id)).into()),
            "console_mfn" => self.run().map(|id| (2000 + i64::from(id)).into()),
            "description" if domain.is_privileged() => None,
            // Up to 3.0.3 what was not given is not told, but for features.
            "bootloader" | "bootloader_args" if release < Release::V3_1 => domain.settings.get(name).cloned(),
            _ => self.kept(name),
        }
    }

    fn kept(&self, name: &str) -> Option<Datum> {
        self.domain.settings.told(name, self.release)
    }

    fn time(&self, time: Duration) -> Datum {
        let time = Datum::Float(time.as_secs_f64());
        if self.release < Release::V3_1 { time.show(self.release).into() } else { time }
    }

    /// The id of the run that the domain is in, or that it was in last. Domain-0 was there before Xend.
    fn run(&self) -> Option<u32> {
        let Domain { id, started, ran, .. } = self.domain;
        started.and(*id).or(ran.map(|ran| ran.id))
    }

    /// One list of CPUs for each vcpu; one that is not pinned has an empty list. 3.4 writes the last list that was pinned
    /// over all of them (protocol reference §3.8).
    fn cpus(&self) -> Datum {
        let domain = self.domain;
        let list = |cpus: &Vec<i64>| Datum::List(cpus.iter().map(|&cpu| cpu.into()).collect());
        if let Some(cpus) =
            domain.last_pinned.as_ref().filter(|_| self.release < Release::V4_1 && !domain.is_privileged())
        {
            return list(cpus);
        }
        let vcpus = usize::try_from(domain.vcpus).unwrap_or_default();
        (0..vcpus).map(|at| domain.pinned.get(at).map_or(Datum::List(vec![]), list)).collect::<Vec<_>>().into()
    }

    /// A mask of the available vcpus. One that was given is a long, and so is one of many vcpus; a long prints in quotes.
    fn availability(&self) -> Datum {
        let domain = self.domain;
        if let Some(mask) = domain.vcpu_avail.filter(|_| domain.available_vcpus.is_none()) {
            return if self.release < Release::V3_1 { mask.into() } else { Datum::Long(mask) };
        }
        match u32::try_from(domain.available_vcpus.unwrap_or(domain.vcpus)).unwrap_or(0) {
            count @ 0..=62 => Datum::Int((1 << count) - 1),
            63 => Datum::Int(i64::MAX),
            // It may have more bits than any type of ours.
            count @ 64..=127 => Datum::Text(((1_u128 << count) - 1).to_string()),
            count => Datum::Text(power_of_two_less_one(count)),
        }
    }

    fn image(&self) -> Option<Datum> {
        let &Self { domain, release, .. } = self;
        if release < Release::V3_1 {
            return domain.image.as_ref().map(|image| image.config.clone());
        }
        let was_started = self.run().is_some();
        let mut more: Vec<(&str, Datum)> = Vec::new();
        let has = |name: &str| domain.image.as_ref().is_some_and(|image| image.setting(name).is_some());
        let is_refreshed = was_started || domain.is_privileged();
        // What the store holds of it replaces it: nothing of a paravirtual guest.
        let (is_replaced, keeps) = match release {
            Release::V3_1 => (is_refreshed && !self.is_early, domain.is_hvm() && has("rtc_timeoffset")),
            Release::V3_2 => (is_refreshed && !self.is_early && has("rtc_timeoffset"), domain.is_hvm()),
            Release::V3_3 => (is_refreshed && (has("rtc_timeoffset") || has("localtime")), false),
            _ => (false, false),
        };
        if is_replaced && !keeps {
            more.push(("rtc_timeoffset", "0".into()));
        }
        if was_started && release >= Release::V4_1 {
            let of_image = domain
                .devices
                .iter()
                .filter(|device| device.connected && device.class == "pci")
                .flat_map(Device::pci_of_image);
            more.push(("pci", of_image.collect::<Vec<_>>().into()));
        }
        let notes = was_started.then(|| {
            let of_machine = [Datum::list(["SUSPEND_CANCEL".into(), 1.into()])];
            let notes = of_machine.into_iter().filter(|_| domain.is_hvm());
            [Datum::from("notes")].into_iter().chain(notes).collect::<Vec<_>>().into()
        });
        Some(Image::told(domain.image.as_ref(), &more, notes, release))
    }

    fn devices(&self) -> Vec<Datum> {
        let &Self { domain, release, .. } = self;
        let mut records = Vec::new();
        for class in device::classes(release) {
            let is_there = |device: &&Device| device.connected || domain.id.is_none();
            let of_class = || domain.devices.iter().filter(is_there).filter(|device| device.class == *class);
            let stage = match domain.guest() {
                // Its controller knows nothing of it yet, so it is told as it was configured.
                Some(_) if self.is_early && *class == "console" => Stage::Defined { has_run: false },
                Some(guest) => Stage::Running(guest),
                None => Stage::Defined { has_run: domain.ran.is_some() },
            };
            let told: Vec<_> = of_class().filter_map(|device| device.record(stage, release)).collect();
            // A class of which nothing is in the store is told as it was configured.
            if told.is_empty() && release >= Release::V4_1 {
                records
                    .extend(of_class().filter_map(|device| device.record(Stage::Defined { has_run: true }, release)));
            }
            records.extend(told);
        }
        records
    }
}

/// `(1 << count) - 1` in decimal digits.
fn power_of_two_less_one(count: u32) -> String {
    let mut digits = vec![1_u8];
    for _ in 0..count {
        let mut carry = 0;
        for digit in &mut digits {
            let doubled = *digit * 2 + carry;
            (*digit, carry) = (doubled % 10, doubled / 10);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    // A power of two never ends in 0.
    digits[0] -= 1;
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

impl Domain {
    /// What the records of its devices owe to it, if it is active.
    pub(super) fn guest(&self) -> Option<Guest<'_>> {
        let id = self.id?;
        Some(Guest { id, is_hvm: self.is_hvm(), screens: self.screens.as_deref() })
    }

    /// What the store holds of the guest's end of one of its devices, if it is active.
    pub(crate) fn store_entry(&self, device: &Device, release: Release) -> Option<Datum> {
        Some(device.store_entry(self.guest()?, release))
    }
}
