//! A domain as the daemon describes it, field by field in the order of the release.
//!
//! Sources: `XendDomainInfo.sxpr` up to 3.0.3, `XendConfig.to_sxp` later; captures `get-domain-vm1`, `get-domain-0` and
//! `domain-full` (protocol reference §3.8).

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device;
use super::domain::{Domain, Image};

/// Which parts of a record are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All of it, as the S-expression face shows it.
    Whole,
    /// Without `vcpu_avail`, as XML-RPC shows it when asked for all (`XMLRPCServer.py`, `fixup_sxpr`).
    WithoutAvailability,
    /// Without `vcpu_avail` and, from 3.1 on, without devices: what XML-RPC shows if not asked for more.
    WithoutDevices,
}

/// The record of a domain: `(domain (domid 1) ...)`.
pub(super) fn record(domain: &Domain, release: Release, detail: Detail, now: Duration) -> Datum {
    let writer = Record { domain, release, detail, now, fields: vec!["domain".into()] };
    if release <= Release::V3_0_3 { writer.until_3_0_3() } else { writer.since_3_1() }
}

struct Record<'d> {
    domain: &'d Domain,
    release: Release,
    detail: Detail,
    now: Duration,
    fields: Vec<Datum>,
}

impl Record<'_> {
    fn add(&mut self, name: &str, value: impl Into<Datum>) -> &mut Self {
        self.fields.push(Datum::pair(name, value));
        self
    }

    fn until_3_0_3(mut self) -> Datum {
        let domain = self.domain;
        let newer = self.release == Release::V3_0_3;
        self.add("domid", domain.domid()).add("uuid", domain.uuid.as_str());
        if !newer {
            self.add("ssidref", 0);
        }
        self.add("vcpus", domain.vcpus).availability();
        self.add("cpu_weight", 1.0).add("memory", domain.memory);
        if newer {
            self.add("shadow_memory", domain.shadow_memory);
        }
        self.add("maxmem", domain.max_memory);
        if newer {
            self.add("features", "");
        }
        self.add("name", domain.name.as_str());
        self.add("on_poweroff", domain.on_end.poweroff.as_str());
        self.add("on_reboot", domain.on_end.reboot.as_str());
        self.add("on_crash", domain.on_end.crash.as_str());
        if let Some(image) = &domain.image {
            self.add("image", image.config.clone());
        }
        self.devices();
        self.add("state", domain.state());
        // Always there, even on a domain that runs: code 0 is `poweroff`.
        self.add("shutdown_reason", "poweroff");
        // The stub hypervisor of the captures brings no vcpu down (capture `post-list@3.0.2`).
        self.add("cpu_time", domain.cpu_time()).add("online_vcpus", domain.vcpus);
        if let Some(started) = domain.started {
            // Both are texts, made by `str` of a float.
            let (up_time, start_time) = (self.now.saturating_sub(started), started);
            self.add("up_time", Datum::Float(up_time.as_secs_f64()).show(self.release));
            self.add("start_time", Datum::Float(start_time.as_secs_f64()).show(self.release));
            self.frames();
        }
        self.fields.into()
    }

    fn since_3_1(mut self) -> Datum {
        let domain = self.domain;
        let newest = self.release >= Release::V4_1;
        let (poweroff, reboot, crash) = (&domain.on_end.poweroff, &domain.on_end.reboot, &domain.on_end.crash);
        let is_active = domain.id.is_some();
        if is_active {
            self.add("domid", domain.domid());
        }
        if newest {
            self.weight().add("pool_name", "Pool-0").add("bootloader", "").add("vcpus", domain.vcpus).cpus();
            self.add("on_poweroff", poweroff.as_str());
            if !domain.is_privileged() {
                self.add("description", "");
            }
            self.add("on_crash", crash.as_str()).add("uuid", domain.uuid.as_str());
            self.add("bootloader_args", "").add("name", domain.name.as_str());
            self.add("on_reboot", reboot.as_str());
        } else {
            self.add("bootloader", "").add("on_crash", crash.as_str()).add("uuid", domain.uuid.as_str());
            self.add("bootloader_args", "").add("vcpus", domain.vcpus).add("name", domain.name.as_str());
            if self.release >= Release::V3_4 {
                self.cpus();
            }
            self.add("on_reboot", reboot.as_str()).add("on_poweroff", poweroff.as_str());
        }
        self.add("maxmem", domain.max_memory).add("memory", domain.memory).add("shadow_memory", domain.shadow_memory);
        self.availability();
        if self.release == Release::V3_1 {
            self.weight();
        }
        self.add("features", "").add("on_xend_start", domain.on_xend.start.as_str());
        self.add("on_xend_stop", domain.on_xend.stop.as_str());
        if let Some(started) = domain.started {
            self.add("start_time", started.as_secs_f64());
        }
        if is_active {
            // The stub hypervisor of the captures brings no vcpu down (capture `post-list@3.0.2`).
            self.add("cpu_time", domain.cpu_time()).add("online_vcpus", domain.vcpus);
        }
        let image = self.image();
        self.add("image", image).add("status", domain.power_state().number());
        if is_active {
            self.add("state", domain.state());
        }
        if domain.started.is_some() {
            self.frames();
        }
        if self.detail != Detail::WithoutDevices {
            self.devices();
        }
        self.fields.into()
    }

    fn weight(&mut self) -> &mut Self {
        let credit = self.domain.credit;
        self.add("cpu_weight", credit.weight).add("cpu_cap", credit.cap)
    }

    /// One list of CPUs for each vcpu; one that is not pinned has an empty list. 3.4 writes the last list that was pinned
    /// over all of them (protocol reference §3.8).
    fn cpus(&mut self) -> &mut Self {
        let domain = self.domain;
        let list = |cpus: &Vec<i64>| Datum::List(cpus.iter().map(|&cpu| cpu.into()).collect());
        let pinned = domain.pinned.iter().rfind(|cpus| !cpus.is_empty());
        if let Some(cpus) = pinned.filter(|_| self.release == Release::V3_4 && !domain.is_privileged()) {
            return self.add("cpus", list(cpus));
        }
        let vcpus = usize::try_from(domain.vcpus).unwrap_or_default();
        let lists = (0..vcpus).map(|at| domain.pinned.get(at).map_or(Datum::List(vec![]), list)).collect::<Vec<_>>();
        self.add("cpus", lists)
    }

    /// A mask of the available vcpus. XML-RPC never shows it, since it may be a long.
    fn availability(&mut self) -> &mut Self {
        if self.detail != Detail::Whole {
            return self;
        }
        let count = u32::try_from(self.domain.available_vcpus.unwrap_or(self.domain.vcpus)).unwrap_or(0);
        let mask = match count {
            0..=62 => Datum::Int((1 << count) - 1),
            // A long prints in quotes, and may have more bits than any type of ours.
            63..=127 => Datum::Text(((1_u128 << count) - 1).to_string()),
            _ => Datum::Text(u128::MAX.to_string()),
        };
        self.add("vcpu_avail", mask)
    }

    /// The machine frames of store and console: effects of the stub hypervisor.
    fn frames(&mut self) {
        let id = i64::from(self.domain.id.unwrap_or_default());
        self.add("store_mfn", 1000 + id).add("console_mfn", 2000 + id);
    }

    fn image(&self) -> Datum {
        let mut fields: Vec<Datum> = Vec::new();
        let kind = self.domain.image.as_ref().and_then(Image::kind).unwrap_or(b"linux");
        fields.push(kind.to_vec().into());
        let image = self.domain.image.as_ref();
        let setting = |name| image.and_then(|image| image.setting(name)).map(crate::python::str);
        fields.push(Datum::pair("kernel", setting("kernel").unwrap_or_default()));
        if let Some(ramdisk) = setting("ramdisk") {
            fields.push(Datum::pair("ramdisk", ramdisk));
        }
        let args = image.map(Image::arguments).unwrap_or_default();
        if !args.is_empty() {
            fields.push(Datum::pair("args", args));
        }
        // The settings of its platform as they were configured: no capture shows one.
        if let Some(image) = image.filter(|_| kind == b"hvm") {
            let is_told = |name: &[u8]| [b"kernel".as_slice(), b"ramdisk", b"root", b"args"].contains(&name);
            let settings = image.config.items().iter().skip(1);
            let untold =
                |setting: &&Datum| setting.items().first().and_then(Datum::as_bytes).is_some_and(|name| !is_told(name));
            fields.extend(settings.filter(untold).cloned());
        }
        let is_built = image.is_some() && self.domain.id.is_some();
        let of_release: &[(&str, Datum)] = match self.release {
            Release::V3_1 => &[("rtc_timeoffset", "0".into())],
            release if release >= Release::V4_1 && is_built => {
                &[("superpages", 0.into()), ("pci", Datum::list([])), ("nomigrate", 0.into()), ("tsc_mode", 0.into())]
            }
            release if release >= Release::V4_1 => {
                &[("superpages", 0.into()), ("nomigrate", 0.into()), ("tsc_mode", 0.into())]
            }
            _ => &[],
        };
        let is_told = |name: &str| {
            let names = fields.iter().filter_map(|field| field.items().first()?.as_bytes());
            names.into_iter().any(|known| known == name.as_bytes())
        };
        let untold = of_release.iter().filter(|(name, _)| !is_told(name));
        let untold: Vec<_> = untold.map(|(name, value)| Datum::pair(name, value.clone())).collect();
        fields.extend(untold);
        if is_built {
            fields.push(Datum::list(["notes".into()]));
        }
        fields.into()
    }

    fn devices(&mut self) {
        for class in device::classes(self.release) {
            for device in self.domain.devices.iter().filter(|device| device.class == *class) {
                let record = device.record(self.release, self.domain.id.is_some());
                self.add("device", record);
            }
        }
    }
}
