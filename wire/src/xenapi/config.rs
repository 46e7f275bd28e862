//! Converts a domain's configuration to the structs from which the Xen-API creates objects.
//!
//! The other faces take the whole configuration of a domain as one S-expression. On the Xen-API the domain, each of its
//! devices and the image of each disk are objects of their own. The members of the structs are those of the Xen-API's
//! specification, which the daemon's records have (capture `xenapi-VM.get_all_records`). No capture shows such a struct
//! being sent.

use super::DeviceConfig;
use super::field::{Field, fields, invalid, unsupported_field};
use super::record::action_of_mode;
use crate::sexpr::Sexpr;
use crate::xmlrpc::{CompactString, Value};
use crate::{Error, Release};

/// A domain's configuration `(vm (name vm1) ... (device (vif ...)))`, converted to structs of the Xen-API.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainConfig {
    /// The struct that `VM.create` takes.
    pub vm: Value,
    /// The domain's devices, in the order of the configuration.
    pub devices: Vec<DeviceConfig>,
}

type Members = Vec<(CompactString, Value)>;

/// How a field of the configuration is converted to members of the struct.
#[derive(Clone, Copy)]
enum Conversion {
    /// A text, which is copied to the member of this name.
    Text(&'static str),
    /// A number, which is copied to each of these members.
    Number(&'static [&'static str]),
    /// A number of MiB, which is converted to bytes in each of these members.
    Bytes(&'static [&'static str]),
    /// What happens when the domain ends, which the Xen-API spells differently.
    Action(&'static str),
    /// A number, which is copied to this member of `VCPUs_params`.
    Parameter(&'static str),
}

const DOMAIN: &[(&str, Conversion)] = &[
    ("name", Conversion::Text("name_label")),
    ("uuid", Conversion::Text("uuid")),
    ("memory", Conversion::Bytes(&["memory_dynamic_max", "memory_dynamic_min"])),
    ("maxmem", Conversion::Bytes(&["memory_static_max"])),
    ("vcpus", Conversion::Number(&["VCPUs_max", "VCPUs_at_startup"])),
    ("cpu_weight", Conversion::Parameter("weight")),
    ("cpu_cap", Conversion::Parameter("cap")),
    ("on_poweroff", Conversion::Action("actions_after_shutdown")),
    ("on_reboot", Conversion::Action("actions_after_reboot")),
    ("on_crash", Conversion::Action("actions_after_crash")),
    ("bootloader", Conversion::Text("PV_bootloader")),
    ("bootloader_args", Conversion::Text("PV_bootloader_args")),
];

/// What may happen when a domain ends, as configurations spell it (protocol reference §6.1).
const MODES: [&str; 6] = ["destroy", "restart", "preserve", "rename-restart", "coredump-destroy", "coredump-restart"];

impl DomainConfig {
    /// Converts a configuration. An empty field counts as not given.
    ///
    /// # Errors
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), at the place of the field, for a field that the Xen-API of
    /// the release does not support, for a field that is given twice, and for an invalid value;
    /// [`NotRepresentable`](crate::ErrorKind::NotRepresentable) for text that is not UTF-8.
    pub fn read(config: Sexpr<'_>, release: Release) -> Result<Self, Error> {
        let mut vm = vec![("memory_static_min".into(), Value::from("0"))];
        let (mut parameters, mut devices) = (Members::new(), Vec::new());
        for field in fields(config, &["device"])? {
            match (field.name, DOMAIN.iter().find(|(known, _)| *known == field.name)) {
                (_, Some((_, conversion))) => conversion.add(&mut vm, &mut parameters, &field)?,
                ("image", None) => image(field.value, &mut vm)?,
                ("device", None) => devices.push(DeviceConfig::read(field.value)?),
                // Before 3.4 the Xen-API has no method to change it again.
                ("on_xend_start", None) if release >= Release::V3_4 => match field.text()? {
                    "start" => vm.push(("auto_power_on".into(), true.into())),
                    "ignore" => vm.push(("auto_power_on".into(), false.into())),
                    _ => return Err(invalid(field.value, "`start` or `ignore`")),
                },
                _ => {
                    let known: Vec<_> = DOMAIN.iter().map(|(known, _)| *known).collect();
                    let start = if release >= Release::V3_4 { ", on_xend_start" } else { "" };
                    return Err(unsupported_field(
                        &field,
                        "VM.create",
                        &format!("{}{start}, image and device", known.join(", ")),
                    ));
                }
            }
        }
        let given = |name: &str| vm.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        if given("memory_static_max").is_none()
            && let Some(memory) = given("memory_dynamic_max")
        {
            vm.push(("memory_static_max".into(), memory));
        }
        if !parameters.is_empty() {
            vm.push(("VCPUs_params".into(), Value::Struct(parameters)));
        }
        Ok(Self { vm: Value::Struct(vm), devices })
    }
}

impl Conversion {
    fn add(self, vm: &mut Members, parameters: &mut Members, field: &Field<'_>) -> Result<(), Error> {
        let word = field.text()?;
        let number = || match word.parse::<i64>() {
            Ok(_) => Ok(word),
            Err(_) => Err(invalid(field.value, "a number")),
        };
        let mut add = |names: &[&str], word: &str| {
            vm.extend(names.iter().map(|name| ((*name).into(), word.into())));
        };
        match self {
            Self::Text(name) => add(&[name], word),
            Self::Number(names) => add(names, number()?),
            Self::Bytes(names) => {
                let bytes = word.parse::<u64>().ok().and_then(|mib| mib.checked_mul(1 << 20));
                add(names, &bytes.ok_or_else(|| invalid(field.value, "a number of MiB"))?.to_string());
            }
            Self::Action(name) if MODES.contains(&word) => add(&[name], action_of_mode(word)),
            Self::Action(_) => return Err(invalid(field.value, &format!("one of {}", MODES.join(", ")))),
            Self::Parameter(name) => parameters.push((name.into(), number()?.into())),
        }
        Ok(())
    }
}

/// Converts the image: `(linux (kernel K) (ramdisk R) (args A))`, or `(hvm (boot c) ...)`, whose other fields become
/// members of `platform`.
fn image(image: Sexpr<'_>, vm: &mut Members) -> Result<(), Error> {
    match image.name() {
        Some(b"linux") => linux(image, vm),
        Some(b"hvm") => hvm(image, vm),
        _ => Err(invalid(image, "a `linux` or `hvm` image, which the Xen-API supports")),
    }
}

fn linux(image: Sexpr<'_>, vm: &mut Members) -> Result<(), Error> {
    // The daemon passes these fields to the kernel, in this order (`XendConfig.py update_with_image_sxp`; capture
    // `xenapi-VM.get_all_records`, `PV_args`).
    let mut arguments: [Option<String>; 3] = Default::default();
    for field in fields(image, &[])? {
        let word = field.text()?;
        match field.name {
            "kernel" => vm.push(("PV_kernel".into(), word.into())),
            "ramdisk" => vm.push(("PV_ramdisk".into(), word.into())),
            "root" => arguments[0] = Some(format!("root={word}")),
            "ip" => arguments[1] = Some(format!("ip={word}")),
            "args" => arguments[2] = Some(word.to_owned()),
            _ => return Err(unsupported_field(&field, "VM.create", "kernel, ramdisk, root, ip and args")),
        }
    }
    let arguments: Vec<_> = arguments.into_iter().flatten().collect();
    if !arguments.is_empty() {
        vm.push(("PV_args".into(), arguments.join(" ").into()));
    }
    Ok(())
}

fn hvm(image: Sexpr<'_>, vm: &mut Members) -> Result<(), Error> {
    let mut platform = Members::new();
    vm.push(("HVM_boot_policy".into(), "BIOS order".into()));
    for field in fields(image, &[])? {
        let word = field.text()?;
        let name = match field.name {
            "boot" => {
                let order = vec![("order".into(), word.into())];
                vm.push(("HVM_boot_params".into(), Value::Struct(order)));
                continue;
            }
            "kernel" => "loader",
            name => name,
        };
        if platform.iter().any(|(known, _)| known == name) {
            return Err(invalid(field.at, "either `kernel` or `loader`"));
        }
        platform.push((name.into(), word.into()));
    }
    vm.push(("platform".into(), Value::Struct(platform)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::sexpr::parse;

    fn read(config: &str) -> Result<DomainConfig, Error> {
        DomainConfig::read(parse(config.as_bytes()).expect("well-formed").first().expect("one value"), Release::V4_1)
    }

    /// Shows the members as lines of `name value`, ordered by name.
    fn shown(value: &Value) -> String {
        let Value::Struct(members) = value else { panic!("a struct") };
        let show = |value: &Value| match value {
            Value::String(text) => text.to_string(),
            Value::Boolean(flag) => flag.to_string(),
            Value::Struct(members) => format!("{members:?}"),
            other => panic!("{other:?}"),
        };
        let mut lines: Vec<_> = members.iter().map(|(name, value)| format!("{name} {}", show(value))).collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// The daemon's own record of such a domain has the same members (capture `xenapi-VM.get_all_records@4.1`, `vm1`).
    #[test]
    fn a_configuration_becomes_the_members_of_the_daemons_record() {
        let config = read(
            "(vm (name vm1) (uuid 11111111-1111-1111-1111-111111111111) (memory 64) (maxmem 128) (vcpus 1)
              (on_poweroff destroy) (on_reboot restart) (on_crash rename-restart) (on_xend_start start) (bootloader)
              (image (linux (kernel /boot/k) (ramdisk /boot/r) (root '/dev/sda1 ro') (args 'xencons=tty quiet')))
              (device (vif (mac 00:16:3e:00:00:01) (bridge xenbr0))) (device (vbd (uname phy:/x) (dev sda1) (mode w))))",
        );
        let config = config.expect("a configuration");
        let expected = "PV_args root=/dev/sda1 ro xencons=tty quiet\nPV_kernel /boot/k\nPV_ramdisk /boot/r\nVCPUs_at_startup 1\n\
                        VCPUs_max 1\nactions_after_crash rename_restart\nactions_after_reboot restart\n\
                        actions_after_shutdown destroy\nauto_power_on true\nmemory_dynamic_max 67108864\n\
                        memory_dynamic_min 67108864\nmemory_static_max 134217728\nmemory_static_min 0\nname_label vm1\n\
                        uuid 11111111-1111-1111-1111-111111111111";
        assert_eq!(shown(&config.vm), expected);
        let devices: Vec<_> = config.devices.iter().map(|device| shown(&device.record("V", Some("B")))).collect();
        assert_eq!(devices, ["MAC 00:16:3e:00:00:01\nVM V\nnetwork B", "VDI B\nVM V\ndevice sda1\nmode RW\ntype Disk"]);
    }

    /// An empty field counts as not given, and before 3.4 `auto_power_on` is not supported.
    #[test]
    fn what_is_given_depends_on_value_and_release() {
        let config = read("(vm (name x) (bootloader) (bootloader_args '') (vcpus '') (image (linux (args ''))))");
        assert_eq!(shown(&config.expect("a configuration").vm), "memory_static_min 0\nname_label x");
        let document = parse(b"(vm (on_xend_start start))").expect("well-formed");
        let config = document.first().expect("one value");
        assert!(DomainConfig::read(config, Release::V3_4).is_ok());
        assert_eq!(DomainConfig::read(config, Release::V3_1).expect_err("no place").span(), 4..25);
    }

    #[test]
    fn nothing_of_a_configuration_is_lost_in_silence() {
        let check = |config: &str, at: &str, expected: &str| {
            let error = read(config).expect_err(config);
            let span = error.span();
            assert_eq!((&config[span.start..span.end], error.kind()), (at, ErrorKind::InvalidArgument), "{config}");
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("(vm (name x) (localtime 1))", "(localtime 1)", "a field that `VM.create` supports: name, uuid, memory");
        check("(vm (memory lots))", "lots", "a number of MiB");
        check("(vm (memory 99999999999999999999))", "99999999999999999999", "a number of MiB");
        check("(vm (name (a b)))", "(a b)", "one value");
        check("(vm x)", "x", "a list that begins with a name");
        check("(vm (vcpus two))", "two", "a number");
        check("(vm (name a) (name b))", "(name b)", "each field once");
        check("(vm (on_xend_start maybe))", "maybe", "`start` or `ignore`");
        check("(vm (on_crash rename_restart))", "rename_restart", "one of destroy, restart");
        check("(vm (image (hvm (kernel a) (loader b))))", "(loader b)", "either `kernel` or `loader`");
        check("(vm (device (vbd (dev sda) (bootable yes))))", "yes", "1 or 0");
        check("(vm (device (vbd (dev ''))))", "(vbd (dev ''))", "a disk with a name");
        check(
            "(vm (device (tap (dev sda) (uname phy:x))))",
            "(tap (dev sda) (uname phy:x))",
            "whose image begins with `tap:`",
        );
        check("(vm (device (vbd (dev sda) (uname tap:x))))", "(vbd (dev sda) (uname tap:x))", "a `tap`");
        check("(vm (image (linux (initrd x))))", "(initrd x)", "kernel, ramdisk, root, ip and args");
        check("(vm (image (mirage)))", "(mirage)", "`linux` or `hvm`");
        check("(vm (device (pci)))", "(pci)", "`vif`, `vbd` or `tap`");
        check("(vm (device (vif (script x))))", "(script x)", "mac and bridge");
        check("(vm (device (vbd (uname phy:x))))", "(vbd (uname phy:x))", "a disk with a name");
        check("(vm (device (vbd (dev sda:tape))))", "sda:tape", "`:cdrom`");
        check("(vm (device (vbd (dev sda) (mode w!))))", "w!", "`r` or `w`");
    }
}
