//! Methods that plug and unplug devices of domains: those of `VIF`, `VBD`, `VTPM` and `console`.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records;
use super::generic;
use crate::python::{self, member};
use crate::world::{Failure, PowerState};

/// Creates a network card from a struct (`VIF_create`).
pub(in super::super) fn create_vif(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    let text = |name: &str| member(&config, name).map(python::str).filter(|value| !value.is_empty());
    let network = member(&config, "network").filter(|network| python::truth(network));
    let bridge = match network {
        Some(network) if !records::exists(call, "network", network) => {
            return Err(ErrorDescription::internal("'NoneType' object has no attribute 'get_name_label'"));
        }
        Some(network) => Some(records::attribute(call, "network", &python::text(network), "name_label")?),
        None => None,
    };
    let mac = text("MAC");
    let settings = [
        ("uuid", text("uuid").map(Datum::from)),
        ("mac", mac.clone().map(Datum::from)),
        ("type", text("type").map(Datum::from)),
        ("name", text("name").map(Datum::from)),
        ("bridge", bridge),
        ("security_label", text("security_label").map(Datum::from)),
    ];
    let made = plug(call, &vm, "vif", settings)?;
    // 3.1 makes up a MAC address when the card is plugged in, and shows none before.
    if mac.is_none() && call.release <= Release::V3_1 {
        call.registry.objects.keep("VIF", &python::text(&made), "MAC", "".into());
    }
    Ok(made)
}

/// Creates a disk from a struct (`VBD_create`).
pub(in super::super) fn create_vbd(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    let vdi = member(&config, "VDI").ok_or_else(|| ErrorDescription::key_error("VDI"))?;
    if !records::exists(call, "VDI", vdi) {
        return Err(match call.release {
            // The daemon's refusal itself raises another exception (capture `xenapi-VBD.create-badVDI@3.3`).
            release if release <= Release::V3_3 => ErrorDescription::internal("global name 'vdi_ref' is not defined"),
            _ => ErrorDescription::handle_invalid("VDI", vdi),
        });
    }
    let location = records::image_location(call, vdi).ok_or_else(|| ErrorDescription::key_error("location"))?;
    let class = match location.starts_with(b"tap") {
        true if call.release >= Release::V4_1 => "tap2",
        true => "tap",
        false => "vbd",
    };
    let given = |name: &str| member(&config, name).cloned();
    let kind = given("type").unwrap_or("Disk".into());
    let suffix: &[u8] = if kind == "CD".into() { b":cdrom" } else { b":disk" };
    let device = given("device").map_or(b"None".to_vec(), |device| python::str(&device));
    let bootable = match given("bootable") {
        None => 0,
        Some(Datum::Bool(flag)) => i64::from(flag),
        Some(flag) => python::int(&python::str(&flag)).map_err(ErrorDescription::internal)?,
    };
    let mode = if given("mode") == Some("RW".into()) { "w" } else { "r" };
    let settings = [
        ("uuid", given("uuid").filter(python::truth)),
        ("type", Some(kind)),
        ("uname", Some(location.into())),
        ("dev", Some([&device, suffix].concat().into())),
        ("bootable", Some(bootable.into())),
        ("driver", Some(given("driver").unwrap_or("".into()))),
        ("VDI", Some(vdi.clone())),
        ("mode", Some(mode.into())),
    ];
    plug(call, &vm, class, settings)
}

/// Creates the only TPM that a halted domain may have (`create_vtpm`).
pub(super) fn create_vtpm(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    must_be_halted(call, &vm, "Can only add vTPM to a halted domain.")?;
    let has_one = records::domain(call, &vm).is_some_and(|domain| domain.devices.iter().any(|it| it.class == "vtpm"));
    if has_one {
        return Err(ErrorDescription::internal("Domain already has a vTPM."));
    }
    let given = |name: &str| member(&config, name).cloned().filter(python::truth);
    let made = plug(call, &vm, "vtpm", [("uuid", given("uuid")), ("type", given("type"))])?;
    if let Some(config) = given("other_config") {
        call.registry.objects.keep("VTPM", &python::text(&made), "other_config", config);
    }
    Ok(made)
}

/// Adds a framebuffer to a halted domain (`create_console`). The domain gets its serial console without a call.
pub(super) fn create_console(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    let vm = domain_of(call, &config)?;
    let Some(protocol) = member(&config, "protocol").cloned() else {
        return Err(ErrorDescription::new(["CONSOLE_PROTOCOL_INVALID", "No protocol specified"]));
    };
    must_be_halted(call, &vm, "Can only add console to a halted domain.")?;
    if protocol == "vt100".into() {
        let text = "Invalid Configuration: Creating vt100 consoles via Xen API is unsupported";
        return Err(ErrorDescription::internal(text));
    }
    let other_config = member(&config, "other_config").cloned().unwrap_or(Datum::Dict(Vec::new()));
    let setting = |name: &str| member(&other_config, name).cloned();
    let given = |name: &str| member(&config, name).cloned().filter(python::truth);
    let mut settings = vec![("uuid", given("uuid")), ("protocol", Some(protocol))];
    settings.extend(["vnc", "sdl"].map(|name| (name, Some(setting(name).unwrap_or("0".into())))));
    settings.extend(FRAMEBUFFER.map(|name| (name, setting(name))));
    let made = plug(call, &vm, "vfb", settings)?;
    call.registry.objects.keep("console", &python::text(&made), "other_config", other_config);
    Ok(made)
}

/// The keys of a console's `other_config` that belong to the framebuffer (`XENAPI_CONSOLE_OTHER_CFG`).
const FRAMEBUFFER: [&str; 9] =
    ["vncunused", "vncdisplay", "vnclisten", "vncpasswd", "type", "display", "xauthority", "keymap", "opengl"];

fn must_be_halted(call: &Context<'_>, vm: &str, otherwise: &str) -> Result<(), ErrorDescription> {
    match records::domain(call, vm).map(crate::world::Domain::power_state) {
        Some(PowerState::Halted) => Ok(()),
        _ => Err(ErrorDescription::internal(otherwise)),
    }
}

/// Adds a device to the world, and returns its reference.
fn plug<'s>(
    call: &mut Context<'_>,
    vm: &str,
    class: &str,
    settings: impl IntoIterator<Item = (&'s str, Option<Datum>)>,
) -> Outcome {
    let settings = settings.into_iter().filter_map(|(name, value)| Some(Datum::pair(name, value?)));
    let config = [Datum::from(class)].into_iter().chain(settings).collect::<Vec<_>>();
    let made = call.world.add_device(&vm.into(), &config.into());
    made.map(Datum::from).map_err(|failure| ErrorDescription::from_failure(&failure, call.release))
}

/// Returns the uuid of the domain that a struct names.
fn domain_of(call: &Context<'_>, config: &Datum) -> Result<String, ErrorDescription> {
    let vm = member(config, "VM").ok_or_else(|| ErrorDescription::key_error("VM"))?;
    if records::exists(call, "VM", vm) { Ok(python::text(vm)) } else { Err(ErrorDescription::handle_invalid("VM", vm)) }
}

/// Puts another disc into a CD drive, from 4.1 on (`VBD_media_change`). A device that is not a read-only CD drive
/// counts as unknown.
pub(in super::super) fn change_media(call: &mut Context<'_>) -> Outcome {
    if call.release <= Release::V3_4 {
        return Err(ErrorDescription::unsupported());
    }
    let vbd = call.reference();
    let is = |name: &str, value: &str| records::attribute(call, "VBD", &vbd, name) == Ok(value.into());
    if !is("type", "CD") || !is("mode", "RO") {
        return Err(ErrorDescription::handle_invalid("VBD", &call.params[1]));
    }
    let vdi = call.params[2].clone();
    if !records::exists(call, "VDI", &vdi) {
        return Err(ErrorDescription::handle_invalid("VDI", &vdi));
    }
    let location = records::image_location(call, &vdi).ok_or_else(|| ErrorDescription::key_error("location"))?;
    change_setting(call, "VDI", vdi)?;
    change_setting(call, "uname", location.into())
}

/// Sets `bootable`. From 4.1 on the value is a number; before, the daemon keeps and shows what Python's `bool()` makes
/// of it.
pub(super) fn set_bootable(call: &mut Context<'_>) -> Outcome {
    let flag = call.flag(2);
    if call.release <= Release::V3_4 {
        generic::keep(call, flag.into())?;
    }
    change_setting_of_definition(call, "bootable", i64::from(flag).into())
}

/// Sets the mode. Any value but `RW` means read-only.
pub(super) fn set_mode(call: &mut Context<'_>) -> Outcome {
    let mode = if call.text(2) == b"RW" { "w" } else { "r" };
    change_setting_of_definition(call, "mode", mode.into())
}

/// Changes a setting in a device's definition. It takes effect at the next start, because the records of a running
/// domain come from the store.
fn change_setting_of_definition(call: &mut Context<'_>, name: &str, value: Datum) -> Outcome {
    let device = records::device(call, "VBD", &call.reference());
    match device.map(|(domain, _)| records::is_running(domain)) {
        Some(true) => void(),
        _ => change_setting(call, name, value),
    }
}

fn change_setting(call: &mut Context<'_>, name: &str, value: Datum) -> Outcome {
    let vbd = call.reference();
    let vm = records::device(call, "VBD", &vbd).map_or(Datum::None, |(domain, _)| domain.uuid.as_str().into());
    let release = call.release;
    let in_words = |failure: Failure| ErrorDescription::from_failure(&failure, release);
    let domain = call.world.find_mut(&vm).map_err(in_words)?;
    for device in domain.devices.iter_mut().filter(|device| device.uuid() == vbd) {
        device.set(name, value.clone());
    }
    void()
}

/// Unplugs a device and forgets it. Up to 3.4 the daemon then tells the image of a disk, and fails if it does not know
/// that image, after the disk is unplugged (capture `xenapi-VBD.destroy-hot@3.4`).
pub(in super::super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let (class, reference) = (call.method.class, call.reference());
    let Some((domain, _)) = records::device(call, class, &reference) else {
        return Err(ErrorDescription::handle_invalid(class, &call.params[1]));
    };
    let vm = Datum::from(domain.uuid.as_str());
    let has_image = records::vbd_is_readable(call, domain).is_ok()
        && records::attribute(call, class, &reference, "VDI").is_ok_and(|vdi| records::exists(call, "VDI", &vdi));
    call.world.remove_device(&vm, &reference);
    call.registry.objects.forget(class, &reference);
    if class == "VBD" && call.release <= Release::V3_4 && !has_image {
        return Err(ErrorDescription::internal("'NoneType' object has no attribute 'removeVBD'"));
    }
    void()
}

/// Clears the TPM of a halted domain, which keeps the device in its configuration (`VTPM_destroy`).
pub(super) fn destroy_vtpm(call: &mut Context<'_>) -> Outcome {
    let Some((domain, _)) = records::device(call, "VTPM", &call.reference()) else {
        return Err(ErrorDescription::handle_invalid("VTPM", &call.params[1]));
    };
    match domain.power_state() {
        PowerState::Halted => void(),
        state => {
            let actual = records::power_state(state, call.release);
            Err(ErrorDescription::new(["VM_BAD_POWER_STATE", &domain.uuid, "Halted", actual]))
        }
    }
}
