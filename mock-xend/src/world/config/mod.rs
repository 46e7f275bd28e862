//! Domains from their configurations: `(vm (name vm1) (memory 64) (image (linux ...)) (device (vif ...)) ...)`.
//!
//! [`World::read_config`] does what `XendConfig.py` does from 3.1 on. It makes the daemon's checks in the daemon's
//! order, so that a configuration with two mistakes is refused for the same one. [`until_3_0_3`] does what
//! `XendDomainInfo.py` did before. The checks at the start of the domain are in [`start`](super::start).

mod actions;
mod cpus;
mod host;
mod image;
mod memory;
mod until_3_0_3;
mod uuid;
mod vcpus;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device::{self, Device, Origin, Place};
use super::domain::{Domain, OnXend};
use super::failure::Failure;
use super::identity::Identities;
use super::image::Image;
use super::pairs::{child, children, integer};
use super::scheduler::Credit;
use super::settings::Settings;
use super::state::World;
use crate::python;
pub(super) use actions::modes as restart_modes;
pub(super) use host::Host;
pub(super) use image::{complete as complete_image, read as read_image};
pub(super) use vcpus::{MOST_VCPUS, most_vcpus};

impl World {
    /// Returns the domain that a configuration describes, defined and not active. Its name may belong to another
    /// domain.
    ///
    /// # Errors
    /// Returns the failure of the first check of the daemon that is not met.
    pub(super) fn read_config(&mut self, config: &Datum) -> Result<Domain, Failure> {
        // Text with characters beyond ASCII raises an exception without a text (protocol reference §4.3).
        if holds_text(config) {
            return Err(Failure::exception(""));
        }
        if self.release < Release::V3_1 {
            return until_3_0_3::read(config, self.release, &mut self.identities);
        }
        let host = Host { release: self.release, files: &self.files, checks_files: true };
        read(config, host, &mut self.identities)
    }

    /// Checks that a text is a valid name of a domain (`XendDomainInfo.check_name`). From 4.0 on a name must not
    /// contain slashes.
    pub(super) fn check_name(&self, name: &[u8]) -> Result<String, Failure> {
        let allowed: &[u8] = if self.release >= Release::V4_1 { b"_-.:+" } else { b"_-.:/+" };
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || allowed.contains(byte);
        if name.is_empty() {
            return Err(Failure::MissingName);
        }
        if !name.iter().all(valid) {
            return Err(Failure::InvalidName);
        }
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    /// Returns whether the daemon has a controller for a device class.
    pub(super) fn knows_class(&self, class: &[u8]) -> bool {
        device::classes(self.release).iter().any(|known| known.as_bytes() == class)
    }
}

/// Reads a configuration as 3.1 and later do.
fn read(config: &Datum, host: Host<'_>, identities: &mut Identities) -> Result<Domain, Failure> {
    let release = host.release;
    let integer = |name: &str| integer(config, name);
    let memory = memory::read(config)?;
    // The daemon treats an empty list as no configuration, and only the memory is reported missing (capture
    // `sage13-empty`).
    if matches!(config, Datum::List(items) if items.is_empty()) {
        memory.check()?;
    }
    let mut credit = Credit::default();
    let read_credit = |credit: &mut Credit| -> Result<(), Failure> {
        credit.weight = integer("cpu_weight")?.unwrap_or(credit.weight);
        credit.cap = integer("cpu_cap")?.unwrap_or(credit.cap);
        Ok(())
    };
    if release >= Release::V3_2 {
        read_credit(&mut credit)?;
    }

    let mut devices: Vec<Device> = Vec::new();
    let nothing = Datum::list([]);
    for given in children(config, "device") {
        let given = given.items().get(1).unwrap_or(&nothing);
        let device = Device::define(given, &devices, release, Origin::Configuration, identities)?;
        match device::check(&device, &devices, release)? {
            Place::New => add(&mut devices, device),
            Place::Drive(at) => devices[at].change_disc(device.settings),
        }
    }

    let vcpus = vcpus::read(config, release)?;
    let pinned = cpus::read(config, vcpus, release)?;
    if let Some(state) = child(config, "state").map(python::str)
        && state.len() < 6
    {
        return Err(Failure::exception("string index out of range"));
    }
    memory.check()?;

    let mut image = read_image(config, release);
    let is_hvm = image.as_ref().is_some_and(Image::is_hvm);
    if let Some(image) = image.as_ref().filter(|_| is_hvm) {
        let vnc = image.setting("vnc").map(python::number).transpose().map_err(Failure::Exception)?;
        if vnc.is_some_and(|vnc| vnc != 0) && !devices.iter().any(|device| device.class == "vfb") {
            let made = screen(image, release);
            devices.push(Device::define(&made, &devices, release, Origin::Configuration, identities)?);
        }
    }

    let mut settings = Settings::default();
    let shadow_memory = integer("shadow_memory")?.unwrap_or_default();
    settings.read(config, "features", release)?;
    let word = |name: &str, usual: String| {
        child(config, name).map_or(usual, |word| String::from_utf8_lossy(&python::str(word)).into_owned())
    };
    let usual = OnXend::default();
    let on_xend = OnXend { start: word("on_xend_start", usual.start), stop: word("on_xend_stop", usual.stop) };
    let vcpu_avail = child(config, "vcpu_avail").map(python::long).transpose().map_err(Failure::Exception)?;
    if release < Release::V3_2 {
        read_credit(&mut credit)?;
    }
    for name in ["start_time", "cpu_time"] {
        settings.read(config, name, release)?;
    }
    settings.read_rest(config, release)?;

    let uuid = match child(config, "uuid") {
        Some(uuid) if python::truth(uuid) => uuid::normalise(uuid)?,
        _ => identities.uuid(),
    };
    let on_end = actions::read(config, release)?;
    if vcpus < 0 {
        return Err(Failure::exception("negative shift count"));
    }
    if vcpus > MOST_VCPUS {
        return Err(Failure::exception(""));
    }
    check_sharing(config, is_hvm, release)?;
    let has_framebuffer = devices.iter().any(Device::is_framebuffer);
    if image.is_none() && has_framebuffer && release >= Release::V3_2 {
        image = Some(Image { config: Datum::list(["linux".into(), Datum::pair("kernel", "")]) });
    }
    if let Some(image) = &mut image {
        complete_image(image, host, has_framebuffer)?;
        give_keymap(image, &mut devices, release);
    }
    let name = child(config, "name").or_else(|| child(config, "name_label"));
    let name = name
        .map_or_else(|| "Domain-Unnamed".to_owned(), |name| String::from_utf8_lossy(&python::str(name)).into_owned());
    Ok(Domain {
        name,
        uuid,
        vcpus,
        vcpu_avail,
        pinned,
        memory: memory.target(),
        max_memory: memory.most(),
        shadow_memory,
        credit,
        on_end,
        on_xend,
        settings,
        image,
        devices,
        ..Domain::blank()
    })
}

/// Adds a device to a list. A device with the same uuid is replaced.
fn add(devices: &mut Vec<Device>, device: Device) {
    match devices.iter_mut().find(|known| known.uuid() == device.uuid()) {
        Some(known) => *known = device,
        None => devices.push(device),
    }
}

/// Returns the configuration of the framebuffer that an HVM domain with `vnc` gets (`XendConfig.py`, `_sxp_to_xapi`).
fn screen(image: &Image, release: Release) -> Datum {
    let mut fields: Vec<Datum> = vec!["vfb".into()];
    fields.extend(
        release
            .pick(&[(Release::V3_0_2, None), (Release::V3_2, Some(("type", "vnc"))), (Release::V3_4, None)])
            .map(|(name, value): (&str, &str)| Datum::pair(name, value)),
    );
    if release >= Release::V3_4 {
        fields.push(Datum::pair("vnc", 1));
    }
    let of_image: &[&str] = release.pick(&[
        (Release::V3_0_2, &["vncpasswd", "vncunused", "vncdisplay", "vnclisten"] as &[&str]),
        (Release::V4_1, &["vncpasswd", "vncunused", "vncdisplay", "vnclisten", "keymap"]),
    ]);
    for &name in of_image {
        fields.extend(image.setting(name).map(|value| Datum::pair(name, value.clone())));
    }
    fields.into()
}

/// Gives framebuffers without a keymap that of the image, from 4.0 on.
fn give_keymap(image: &Image, devices: &mut [Device], release: Release) {
    let Some(keymap) = image.setting("keymap").filter(|_| release >= Release::V4_1) else { return };
    for screen in devices.iter_mut().filter(|device| device.class == "vfb" && device.setting("keymap").is_none()) {
        screen.settings.push(("keymap".to_owned(), keymap.clone()));
    }
}

/// Checks the settings of memory sharing. From 4.0 on only HVM domains can share memory, and only if the hardware
/// supports it (capture `fir44-tsc@4.1`).
fn check_sharing(config: &Datum, is_hvm: bool, release: Release) -> Result<(), Failure> {
    let image = child(config, "image");
    let of_image = image.and_then(|image| child(image, "memory_sharing"));
    // A setting of the image stays a text, and Python takes even the text `0` for true.
    let top =
        child(config, "memory_sharing").and_then(|sharing| python::number(sharing).ok()).is_some_and(|it| it != 0);
    let shares = top || of_image.is_some_and(python::truth);
    if release < Release::V4_1 || !shares {
        return Ok(());
    }
    let what = match is_hvm {
        false => "HVM domains",
        true if image.and_then(|image| child(image, "hap")).is_none_or(|hap| !python::truth(hap)) => {
            "HAP enabled boxes"
        }
        true => return Ok(()),
    };
    Err(Failure::configuration(format!("memory_sharing can only be enabled for {what}")))
}

/// Returns whether a configuration contains text that is not a byte string.
fn holds_text(config: &Datum) -> bool {
    matches!(config, Datum::Text(_)) || config.items().iter().any(holds_text)
}
