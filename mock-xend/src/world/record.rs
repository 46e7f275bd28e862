//! The record of a domain, field by field in the order of the release.
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
use super::printed::Text;

/// Returns the names of a record's fields in the order of the release. Fields that a domain lacks are left out of its
/// record; `device` stands for all devices.
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

/// The only field that changes although nothing is done to the domain.
const UP_TIME: &str = "up_time";

/// Returns the record of a domain: `(domain (domid 1) ...)`.
pub(super) fn record(domain: &Domain, release: Release, detail: Detail, now: Duration) -> Datum {
    Record { domain, release, now, is_early: false }.all(detail)
}

/// Appends what [`record`] returns, as an S-expression. Most of it is printed once, and kept in the domain for the next
/// time.
pub(super) fn show_into(
    out: &mut Vec<u8>,
    domain: &Domain,
    release: Release,
    detail: Detail,
    now: Duration,
    up_times: &mut UpTimes,
) {
    let record = Record { domain, release, now, is_early: false };
    if detail != Detail::Whole {
        return record.all(detail).show_into(out, release);
    }
    if let Some(kept) = domain.printed.get(release) {
        return record.write(out, kept, up_times);
    }
    let text = record.print();
    record.write(out, &text, up_times);
    domain.printed.keep(text);
}

/// The last `up_time` of a listing, since many domains are started at the same time, as those of most world files.
#[derive(Default)]
pub(super) struct UpTimes(Option<(Duration, Vec<u8>)>);

impl UpTimes {
    fn of(&mut self, started: Duration, print: impl FnOnce() -> Vec<u8>) -> &[u8] {
        if self.0.as_ref().is_none_or(|(known, _)| *known != started) {
            self.0 = Some((started, print()));
        }
        self.0.as_ref().map_or(&[], |(_, text)| text)
    }
}

/// Returns the record of a domain before the daemon has asked the hypervisor about it.
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
                // XML-RPC never shows this field, because its value may be a long.
                "vcpu_avail" if detail != Detail::Whole => {}
                _ => fields.extend(record.value(name).map(|value| Datum::pair(name, value))),
            }
        }
        fields.into()
    }

    /// Prints the whole record, but for the one value that grows with the clock.
    fn print(&self) -> Text {
        let (mut text, mut up_time_at) = (Vec::with_capacity(1024), None);
        for (at, field) in self.all(Detail::Whole).items().iter().enumerate() {
            text.push(if at == 0 { b'(' } else { b' ' });
            match field.items() {
                [name, _] if name.as_bytes() == Some(UP_TIME.as_bytes()) => {
                    text.extend_from_slice(b"(up_time ");
                    up_time_at = Some(text.len());
                    text.push(b')');
                }
                _ => field.show_into(&mut text, self.release),
            }
        }
        text.push(b')');
        Text { release: self.release, text, up_time_at }
    }

    /// Writes a printed record with the value that it lacks.
    fn write(&self, out: &mut Vec<u8>, Text { text, up_time_at, .. }: &Text, up_times: &mut UpTimes) {
        let (before, after) = text.split_at(up_time_at.unwrap_or(text.len()));
        out.extend_from_slice(before);
        if let Some(started) = up_time_at.and(self.domain.started) {
            out.extend_from_slice(up_times.of(started, || self.up_time(started).show(self.release)));
        }
        out.extend_from_slice(after);
    }

    fn up_time(&self, started: Duration) -> Datum {
        self.time(self.now.saturating_sub(started))
    }

    /// Returns the value of a field, if the domain has one.
    fn value(&self, name: &str) -> Option<Datum> {
        let &Self { domain, release, .. } = self;
        let is_active = domain.id.is_some();
        let text = |text: &str| Some(Datum::from(text));
        match name {
            "domid" => domain.id.map(Datum::from).or_else(|| (release < Release::V3_1).then_some(Datum::None)),
            "name" => text(&domain.name),
            "uuid" => text(&domain.uuid),
            "ssidref" => Some(0.into()),
            // The hypervisor gives every domain at least one virtual CPU.
            "vcpus" if is_active && !self.is_early && release >= Release::V3_1 => Some(domain.vcpus.max(1).into()),
            "vcpus" => Some(domain.vcpus.into()),
            "vcpu_avail" => Some(self.availability()),
            "cpus" => Some(self.cpus()).filter(|cpus| !cpus.items().is_empty()),
            "cpu_weight" if release < Release::V3_1 => Some(domain.credit.share.into()),
            "cpu_weight" => Some(domain.configured_credit.unwrap_or(domain.credit).weight.into()),
            "cpu_cap" => Some(domain.configured_credit.unwrap_or(domain.credit).cap.into()),
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
            // The field is always there, even for a running domain, since code 0 means `poweroff`.
            "shutdown_reason" => text("poweroff"),
            "cpu_time" | "online_vcpus" if self.is_early => None,
            "cpu_time" if is_active => Some(domain.cpu_time().into()),
            "cpu_time" => domain.ran.map(|ran| (f64::from(ran.id) + 1.234_567_89).into()).or_else(|| self.kept(name)),
            // The stub hypervisor of the captures never takes a virtual CPU offline (capture `post-list@3.0.2`).
            "online_vcpus" => (is_active || domain.ran.is_some()).then(|| domain.vcpus.into()),
            // Up to 3.0.3 both times are texts, made by `str()` of a float.
            UP_TIME => domain.started.map(|started| self.up_time(started)),
            "start_time" => {
                let started = domain.started.or(domain.ran.map(|ran| ran.started));
                started.map(|started| self.time(started)).or_else(|| self.kept(name))
            }
            // These two numbers are effects of the stub hypervisor.
            "store_mfn" => self.run().map(|id| (1000 + i64::from(id)).into()),
            "console_mfn" => self.run().map(|id| (2000 + i64::from(id)).into()),
            "description" if domain.is_privileged() => None,
            // Up to 3.0.3 a record shows only values that were given, except `features`.
            "bootloader" | "bootloader_args" if release < Release::V3_1 => domain.settings.get(name).cloned(),
            _ => self.kept(name),
        }
    }

    fn kept(&self, name: &str) -> Option<Datum> {
        self.domain.settings.in_record(name, self.release)
    }

    fn time(&self, time: Duration) -> Datum {
        let time = Datum::Float(time.as_secs_f64());
        if self.release < Release::V3_1 { time.show(self.release).into() } else { time }
    }

    /// Returns the id of the domain's current or last run. `None` for Domain-0, which was there before Xend.
    fn run(&self) -> Option<u32> {
        let Domain { id, started, ran, .. } = self.domain;
        started.and(*id).or(ran.map(|ran| ran.id))
    }

    /// Returns a list of CPUs for each virtual CPU, which is empty for one that is not pinned. 3.4 overwrites all lists
    /// with the one that was pinned last (protocol reference §3.8).
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

    /// Returns a mask of the available virtual CPUs. A mask that was given, and one for many virtual CPUs, is a long,
    /// which prints in quotes.
    fn availability(&self) -> Datum {
        let domain = self.domain;
        if let Some(mask) = domain.vcpu_avail.filter(|_| domain.available_vcpus.is_none()) {
            return if self.release < Release::V3_1 { mask.into() } else { Datum::Long(mask) };
        }
        match u32::try_from(domain.available_vcpus.unwrap_or(domain.vcpus)).unwrap_or(0) {
            count @ 0..=62 => Datum::Int((1 << count) - 1),
            63 => Datum::Int(i64::MAX),
            // The mask may have more bits than any integer type.
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
        // The store's content replaces the image, and the store has nothing for a paravirtual guest.
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
        Some(Image::in_record(domain.image.as_ref(), &more, notes, release))
    }

    fn devices(&self) -> Vec<Datum> {
        let &Self { domain, release, .. } = self;
        let mut records = Vec::new();
        for class in device::classes(release) {
            let is_there = |device: &&Device| device.connected || domain.id.is_none();
            let of_class = || domain.devices.iter().filter(is_there).filter(|device| device.class == *class);
            let stage = match domain.guest() {
                // The controller does not know the device yet, so the record shows its configuration.
                Some(_) if self.is_early && *class == "console" => Stage::Defined { has_run: false },
                Some(guest) => Stage::Running(guest),
                None => Stage::Defined { has_run: domain.ran.is_some() },
            };
            let told: Vec<_> = of_class().filter_map(|device| device.record(stage, release)).collect();
            // If the store has nothing for the class, the record shows its configuration.
            if told.is_empty() && release >= Release::V4_1 {
                records
                    .extend(of_class().filter_map(|device| device.record(Stage::Defined { has_run: true }, release)));
            }
            records.extend(told);
        }
        records
    }
}

/// Returns `(1 << count) - 1` in decimal digits.
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
    /// Returns the properties of the domain that the records of its devices need; `None` if it is not active.
    pub(super) fn guest(&self) -> Option<Guest<'_>> {
        let id = self.id?;
        Some(Guest { id, is_hvm: self.is_hvm(), vnc_address: self.vnc_address.as_deref() })
    }

    /// Returns the store's entries of a device's front end; `None` if the domain is not active.
    pub(crate) fn store_entry(&self, device: &Device, release: Release) -> Option<Datum> {
        Some(device.store_entry(self.guest()?, release))
    }
}
