//! `VIF`, `VBD` and `console`: devices of domains, by the uuids that the daemon gives them.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, literal, void};
use super::{member, reference, time};
use crate::python;
use crate::world::{Command, Device, Domain};

/// The kinds of devices of a class.
fn kinds(class: &str) -> &'static [&'static str] {
    match class {
        "VIF" | "VIF_metrics" => &["vif"],
        "VBD" | "VBD_metrics" => &["vbd", "tap", "tap2"],
        "console" => &["console"],
        _ => &[],
    }
}

/// All connected devices of a class.
fn devices<'w>(call: &'w Context<'_>, class: &str) -> impl Iterator<Item = (&'w Domain, &'w Device)> {
    let kinds = kinds(class);
    let devices = call
        .world
        .domains()
        .iter()
        .map(Arc::as_ref)
        .flat_map(|domain| domain.devices.iter().map(move |device| (domain, device)));
    devices.filter(move |(_, device)| device.connected && kinds.contains(&device.class.as_str()))
}

pub(super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    devices(call, class).map(|(_, device)| device.uuid.clone()).collect()
}

/// The record of a device (`get_dev_xenapi_config`). Its metrics have the reference of the device itself.
pub(super) fn record(call: &Context<'_>, class: &'static str, reference_: &str) -> Option<Datum> {
    let (domain, device) = devices(call, class).find(|(_, device)| device.uuid == reference_)?;
    let setting = |name: &str| {
        let found = device.settings.iter().find(|(known, _)| known == name);
        found.map_or_else(|| "".into(), |(_, value)| python::str(value).into())
    };
    let kept = |field: &str, otherwise: Datum| call.state.objects.kept(class, reference_, field).unwrap_or(otherwise);
    let vm = Datum::from(domain.uuid.as_str());
    let from_3_4 = call.release >= Release::V3_4;
    let mut fields: Vec<(&str, Datum)> = vec![("uuid", reference_.into())];
    match class {
        "VIF" => {
            fields.extend([("VM", vm), ("MAC", setting("mac")), ("MTU", 1500.into())]);
            fields.push(("device", format!("eth{}", device.id).into()));
            fields.push(("network", network(call, &python::text(&setting("bridge")))));
            fields.push(("metrics", reference_.into()));
            fields.push(("runtime_properties", Datum::Dict(Vec::new())));
            if from_3_4 {
                fields.push(("security_label", kept("security_label", "".into())));
            }
        }
        "VBD" => {
            let name = python::text(&setting("dev"));
            let (name, kind) = name.split_once(':').unwrap_or((&name, "disk"));
            let mode = if python::str(&setting("mode")).starts_with(b"w") { "RW" } else { "RO" };
            let is_first = domain.devices.iter().find(|known| kinds(class).contains(&known.class.as_str()));
            let bootable = match device.settings.iter().find(|(known, _)| known == "bootable") {
                Some((_, flag)) => python::str(flag) == b"1",
                None => is_first.is_some_and(|first| first.uuid == device.uuid),
            };
            fields.extend([("VM", vm), ("VDI", setting("VDI")), ("device", name.into())]);
            fields.push(("bootable", kept("bootable", bootable.into())));
            fields.push(("mode", kept("mode", mode.into())));
            fields.push(("type", if kind == "cdrom" { "CD" } else { "Disk" }.into()));
            fields.push(("metrics", reference_.into()));
            fields.push(("runtime_properties", Datum::Dict(Vec::new())));
        }
        "VIF_metrics" => {
            fields.extend([("io_read_kbs", 0.0.into()), ("io_write_kbs", 0.0.into())]);
            if from_3_4 {
                fields.extend([("io_total_read_kbs", 0.0.into()), ("io_total_write_kbs", 0.0.into())]);
            }
            fields.push(("last_updated", time(call.now)));
        }
        "VBD_metrics" => {
            fields.extend([("io_read_kbs", 0.0.into()), ("io_write_kbs", 0.0.into())]);
            fields.push(("last_updated", time(call.now)));
        }
        _ => {
            let protocol = setting("protocol");
            fields.push(("location", setting("location")));
            fields.push(("protocol", if protocol == "".into() { "vt100".into() } else { protocol }));
            fields.push(("VM", vm));
            if from_3_4 {
                fields.push(("other_config", kept("other_config", Datum::Dict(Vec::new()))));
            }
        }
    }
    Some(literal(fields))
}

/// The network of a bridge, if there is one.
fn network(call: &Context<'_>, bridge: &str) -> Datum {
    let networks = call.state.objects.references("network");
    let wanted = reference("network", bridge);
    if networks.contains(&wanted) { wanted.into() } else { "".into() }
}

impl Context<'_> {
    /// Makes a device of a struct (`VIF_create`, `VBD_create`).
    pub(super) fn create_device(&mut self, class: &str) -> Outcome {
        let config = self.params[1].clone();
        let vm = self.vm_of(&config)?;
        let text = |name: &str| member(&config, name).map(python::str).filter(|value| !value.is_empty());
        let location = member(&config, "VDI").and_then(|vdi| self.image_location(vdi));
        let kind = match class {
            "VIF" => "vif",
            _ if location.as_ref().is_some_and(|location| location.starts_with(b"tap:")) => "tap",
            _ => "vbd",
        };
        let mut settings = Vec::new();
        let mut add = |name: &str, value: Option<Vec<u8>>| settings.extend(value.map(|value| Datum::pair(name, value)));
        if class == "VIF" {
            add("mac", text("MAC"));
            let network = text("network").map(|network| String::from_utf8_lossy(&network).into_owned());
            let label = network.and_then(|network| self.state.objects.record("network", &network));
            add("bridge", label.as_ref().and_then(|record| member(record, "name_label")).map(python::str));
        } else {
            if let Some(vdi) = member(&config, "VDI") {
                let is_known = self.state.objects.record("VDI", &python::text(vdi)).is_some();
                if !is_known && python::truth(vdi) {
                    return Err(ErrorDescription::handle_invalid("VDI", vdi));
                }
                add("VDI", Some(python::str(vdi)));
                add("uname", location);
            }
            let kind: &[u8] = if text("type").as_deref() == Some(b"CD") { b":cdrom" } else { b"" };
            add("dev", text("device").map(|name| [&name, kind].concat()));
            let bootable = member(&config, "bootable").map(|flag| if python::truth(flag) { "1" } else { "0" });
            add("bootable", bootable.map(|flag| flag.as_bytes().to_vec()));
            add("mode", Some(if text("mode").as_deref() == Some(b"RO") { b"r".to_vec() } else { b"w".to_vec() }));
        }
        let device = [Datum::from(kind)].into_iter().chain(settings).collect::<Vec<_>>();
        self.ask(&Command::CreateDevice { domain: vm.as_str().into(), config: device.into() })?;
        let domain = self.world.domains().iter().find(|domain| domain.uuid == vm);
        let made = domain.and_then(|domain| domain.devices.iter().rfind(|device| device.class == kind));
        Ok(made.map_or(Datum::None, |device| device.uuid.as_str().into()))
    }

    /// Where an image is (`XendLocalVDI.get_location`).
    fn image_location(&self, vdi: &Datum) -> Option<Vec<u8>> {
        let record = self.state.objects.record("VDI", &python::text(vdi))?;
        member(member(&record, "other_config")?, "location").map(python::str)
    }

    /// Adds a console to the configuration of a domain (`console_create`).
    pub(super) fn create_console(&mut self) -> Outcome {
        let config = self.params[1].clone();
        let vm = self.vm_of(&config)?;
        let Some(protocol) = member(&config, "protocol") else {
            return Err(ErrorDescription::new(["CONSOLE_PROTOCOL_INVALID"]));
        };
        let made = vec!["console".into(), Datum::pair("protocol", protocol.clone())];
        self.ask(&Command::CreateDevice { domain: vm.as_str().into(), config: made.into() })?;
        let domain = self.world.domains().iter().find(|domain| domain.uuid == vm);
        let made = domain.and_then(|domain| domain.devices.last());
        Ok(made.map_or(Datum::None, |device| device.uuid.as_str().into()))
    }

    /// The domain that a struct names.
    fn vm_of(&self, config: &Datum) -> Result<String, ErrorDescription> {
        let vm = member(config, "VM").ok_or_else(|| ErrorDescription::key_error("VM"))?;
        let is_known = self.world.domains().iter().any(|domain| Some(domain.uuid.as_bytes()) == vm.as_bytes());
        if is_known { Ok(python::text(vm)) } else { Err(ErrorDescription::handle_invalid("VM", vm)) }
    }

    /// Puts another disc in (`VBD_media_change`). Whatever is no CD drive for reading is no device at all here.
    pub(super) fn change_media(&mut self, vbd: &str) -> Outcome {
        let record = record(self, "VBD", vbd);
        let is =
            |name: &str, value: &str| record.as_ref().and_then(|record| member(record, name)) == Some(&value.into());
        if !is("type", "CD") || !is("mode", "RO") {
            return Err(ErrorDescription::handle_invalid("VBD", &vbd.into()));
        }
        let vdi = &self.params[2];
        if self.state.objects.record("VDI", &python::text(vdi)).is_none() {
            return Err(ErrorDescription::handle_invalid("VDI", vdi));
        }
        let location = self.image_location(vdi);
        let domain = record.as_ref().and_then(|record| member(record, "VM")).cloned().unwrap_or(Datum::None);
        let release = self.release;
        let domain = self.world.find_mut(&domain);
        let domain = domain.map_err(|failure| ErrorDescription::from_failure(&failure, release))?;
        for device in domain.devices.iter_mut().filter(|device| device.uuid == vbd) {
            device.settings.retain(|(name, _)| name != "VDI" && name != "uname");
            device.settings.push(("VDI".to_owned(), vdi.clone()));
            device.settings.extend(location.clone().map(|location| ("uname".to_owned(), location.into())));
        }
        void()
    }

    /// Pulls a device out, and forgets it.
    pub(super) fn destroy_device(&mut self, class: &'static str, reference: &str) -> Outcome {
        let found = devices(self, class).find(|(_, device)| device.uuid == reference);
        let Some((domain, device)) = found else {
            return Err(ErrorDescription::handle_invalid(class, &reference.into()));
        };
        let command = Command::DestroyDevice {
            domain: domain.uuid.as_str().into(),
            class: device.class.clone().into_bytes(),
            device: device.id.to_string().into_bytes(),
            forget: true,
        };
        self.ask(&command)?;
        self.state.objects.forget(class, reference);
        void()
    }
}
