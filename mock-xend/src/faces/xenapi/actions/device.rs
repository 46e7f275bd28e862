//! What plugs devices of domains in and pulls them out: `VIF`, `VBD` and `console`.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records;
use crate::python::{self, member};
use crate::world::Command;

/// Makes a `VIF` or a `VBD` of a struct (`VIF_create`, `VBD_create`).
pub(in super::super) fn create(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    let text = |name: &str| member(&config, name).map(python::str).filter(|value| !value.is_empty());
    let location = member(&config, "VDI").and_then(|vdi| records::image_location(call, vdi));
    let kind = match call.method.class {
        "VIF" => "vif",
        _ if location.as_ref().is_some_and(|location| location.starts_with(b"tap:")) => "tap",
        _ => "vbd",
    };
    let mut settings = Vec::new();
    let mut add = |name: &str, value: Option<Vec<u8>>| settings.extend(value.map(|value| Datum::pair(name, value)));
    if kind == "vif" {
        add("mac", text("MAC"));
        let network = text("network").map(|network| String::from_utf8_lossy(&network).into_owned());
        let label = network.and_then(|network| records::attribute(call, "network", &network, "name_label"));
        add("bridge", label.as_ref().map(python::str));
    } else {
        if let Some(vdi) = member(&config, "VDI") {
            if !records::knows(call, "VDI", vdi) && python::truth(vdi) {
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
    plug(call, &vm, kind, settings)
}

/// Adds a console to the configuration of a domain (`console_create`).
pub(super) fn create_console(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    let Some(protocol) = member(&config, "protocol") else {
        return Err(ErrorDescription::new(["CONSOLE_PROTOCOL_INVALID"]));
    };
    plug(call, &vm, "console", vec![Datum::pair("protocol", protocol.clone())])
}

/// Has the world make a device, and gives its reference.
fn plug(call: &mut Context<'_>, vm: &str, kind: &str, settings: Vec<Datum>) -> Outcome {
    let config = [Datum::from(kind)].into_iter().chain(settings).collect::<Vec<_>>();
    call.ask(&Command::CreateDevice { domain: vm.into(), config: config.into() })?;
    let made = records::domain(call, vm).and_then(|domain| domain.devices.iter().rfind(|device| device.class == kind));
    Ok(made.map_or(Datum::None, |device| device.uuid().into()))
}

/// The domain that a struct names.
fn domain_of(call: &Context<'_>, config: &Datum) -> Result<String, ErrorDescription> {
    let vm = member(config, "VM").ok_or_else(|| ErrorDescription::key_error("VM"))?;
    if records::knows(call, "VM", vm) { Ok(python::text(vm)) } else { Err(ErrorDescription::handle_invalid("VM", vm)) }
}

/// Puts another disc in (`VBD_media_change`). Whatever is no CD drive for reading is no device at all here.
pub(in super::super) fn change_media(call: &mut Context<'_>) -> Outcome {
    let vbd = call.reference();
    let is = |name: &str, value: &str| records::attribute(call, "VBD", &vbd, name) == Some(value.into());
    if !is("type", "CD") || !is("mode", "RO") {
        return Err(ErrorDescription::handle_invalid("VBD", &call.params[1]));
    }
    let vdi = &call.params[2];
    if !records::knows(call, "VDI", vdi) {
        return Err(ErrorDescription::handle_invalid("VDI", vdi));
    }
    let location = records::image_location(call, vdi);
    let domain = records::attribute(call, "VBD", &vbd, "VM").unwrap_or(Datum::None);
    let release = call.release;
    let domain = call.world.find_mut(&domain);
    let domain = domain.map_err(|failure| ErrorDescription::from_failure(&failure, release))?;
    for device in domain.devices.iter_mut().filter(|device| device.uuid() == vbd) {
        device.settings.retain(|(name, _)| name != "VDI" && name != "uname");
        device.settings.push(("VDI".to_owned(), vdi.clone()));
        device.settings.extend(location.clone().map(|location| ("uname".to_owned(), location.into())));
    }
    void()
}

/// Pulls a device out, and forgets it.
pub(in super::super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let (class, reference) = (call.method.class, call.reference());
    let Some((domain, device)) = records::device(call, class, &reference) else {
        return Err(ErrorDescription::handle_invalid(class, &call.params[1]));
    };
    let command = Command::DestroyDevice {
        domain: domain.uuid.as_str().into(),
        class: device.class.clone().into_bytes(),
        device: device.id.to_string().into_bytes(),
        forget: true,
    };
    call.ask(&command)?;
    call.registry.objects.forget(class, &reference);
    void()
}
