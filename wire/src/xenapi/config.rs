//! Configurations as the structs from which the Xen-API makes its objects.
//!
//! The other faces take all of a domain in one S-expression. Here a domain is one object, each of its devices another, and
//! the image behind a disk a third. The members are those of the Xen-API's specification, which the daemon's records have
//! (capture `xenapi-VM.get_all_records`); no capture shows such a struct being sent.

use super::record::action_of_mode;
use crate::operation::DeviceClass;
use crate::sexpr::Sexpr;
use crate::xmlrpc::Value;
use crate::{Error, ErrorKind, visible};

/// A domain's configuration `(vm (name vm1) ... (device (vif ...)))`, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The domain's name, if it has one.
    pub name: Option<String>,
    /// What `VM.create` takes.
    pub vm: Value,
    /// The domain's devices, in their order.
    pub devices: Vec<NewDevice>,
}

/// A device's configuration, as far as it needs no references.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDevice {
    /// What it was called: `vif`, `vbd`, `tap` or `tap2`.
    pub kind: String,
    /// The class of objects that it becomes.
    pub class: DeviceClass,
    /// The name by which its domain knows a disk: `sda1`.
    pub name: Option<String>,
    /// What is behind it, if it is given: the bridge of a network, or the image of a disk, `phy:/dev/x`.
    pub backend: Option<String>,
    members: Members,
}

type Members = Vec<(String, Value)>;

/// What a field of the configuration becomes.
#[derive(Clone, Copy)]
enum Becomes {
    /// Text that stays.
    Text(&'static [&'static str]),
    /// MiB, which become bytes.
    Bytes(&'static [&'static str]),
    /// What happens at the end, in the other spelling.
    Action(&'static str),
    /// Whether a word is this one.
    Flag(&'static str, &'static str),
    /// A member of the virtual processors' parameters.
    Parameter(&'static str),
}

const DOMAIN: &[(&str, Becomes)] = &[
    ("name", Becomes::Text(&["name_label"])),
    ("uuid", Becomes::Text(&["uuid"])),
    ("memory", Becomes::Bytes(&["memory_dynamic_max", "memory_dynamic_min"])),
    ("maxmem", Becomes::Bytes(&["memory_static_max"])),
    ("vcpus", Becomes::Text(&["VCPUs_max", "VCPUs_at_startup"])),
    ("cpu_weight", Becomes::Parameter("weight")),
    ("cpu_cap", Becomes::Parameter("cap")),
    ("on_poweroff", Becomes::Action("actions_after_shutdown")),
    ("on_reboot", Becomes::Action("actions_after_reboot")),
    ("on_crash", Becomes::Action("actions_after_crash")),
    ("on_xend_start", Becomes::Flag("auto_power_on", "start")),
    ("bootloader", Becomes::Text(&["PV_bootloader"])),
    ("bootloader_args", Becomes::Text(&["PV_bootloader_args"])),
];

impl Config {
    /// Takes a configuration apart. A field that is empty counts as not given.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], at the field, for what the Xen-API has no place for, and for what is no number
    /// where one must be; [`ErrorKind::NotRepresentable`] for text that is not UTF-8.
    pub fn read(config: Sexpr<'_>) -> Result<Self, Error> {
        let mut vm = vec![("memory_static_min".to_owned(), Value::from("0"))];
        let (mut parameters, mut devices) = (Members::new(), Vec::new());
        for field in fields(config)? {
            let Some(value) = field.value() else { continue };
            match (name(field), DOMAIN.iter().find(|(known, _)| known.as_bytes() == field.name().unwrap_or_default())) {
                (_, Some((_, becomes))) => becomes.add(&mut vm, &mut parameters, value)?,
                ("image", None) => image(value, &mut vm)?,
                ("device", None) => devices.push(NewDevice::read(value)?),
                _ => {
                    let known: Vec<_> = DOMAIN.iter().map(|(known, _)| *known).collect();
                    return Err(no_place(field, "VM.create", &format!("{}, image and device", known.join(", "))));
                }
            }
        }
        let given = |members: &Members, name: &str| members.iter().find(|(known, _)| known == name).cloned();
        if given(&vm, "memory_static_max").is_none()
            && let Some((_, memory)) = given(&vm, "memory_dynamic_max")
        {
            vm.push(("memory_static_max".to_owned(), memory));
        }
        if !parameters.is_empty() {
            vm.push(("VCPUs_params".to_owned(), Value::Struct(parameters)));
        }
        let name = match given(&vm, "name_label") {
            Some((_, Value::String(name))) => Some(name),
            _ => None,
        };
        Ok(Self { name, vm: Value::Struct(vm), devices })
    }
}

impl Becomes {
    fn add(self, vm: &mut Members, parameters: &mut Members, value: Sexpr<'_>) -> Result<(), Error> {
        let word = text(value)?;
        match self {
            Self::Text(names) => vm.extend(names.iter().map(|name| ((*name).to_owned(), word.into()))),
            Self::Bytes(names) => {
                let bytes = word.parse::<u64>().ok().and_then(|mib| mib.checked_mul(1 << 20));
                let bytes = bytes.ok_or_else(|| invalid(value, "a number of MiB"))?.to_string();
                vm.extend(names.iter().map(|name| ((*name).to_owned(), bytes.as_str().into())));
            }
            Self::Action(name) => vm.push((name.to_owned(), action_of_mode(word).into())),
            Self::Flag(name, yes) => vm.push((name.to_owned(), (word == yes).into())),
            Self::Parameter(name) => parameters.push((name.to_owned(), word.into())),
        }
        Ok(())
    }
}

/// `(linux (kernel K) (ramdisk R) (args A))`; or `(hvm (boot c) ...)`, whose other settings are those of the platform.
fn image(image: Sexpr<'_>, vm: &mut Members) -> Result<(), Error> {
    let mut platform = Members::new();
    // What the daemon tells a kernel of these, in this order (`XendConfig.py update_with_image_sxp`; capture
    // `xenapi-VM.get_all_records`, `PV_args`).
    let mut arguments: [Option<String>; 3] = Default::default();
    let is_hvm = match name(image) {
        "linux" => false,
        "hvm" => true,
        _ => return Err(invalid(image, "a `linux` or `hvm` image, which the Xen-API can make")),
    };
    for field in fields(image)? {
        let Some(value) = field.value() else { continue };
        let word = text(value)?;
        match (name(field), is_hvm) {
            ("kernel", false) => vm.push(("PV_kernel".to_owned(), word.into())),
            ("ramdisk", false) => vm.push(("PV_ramdisk".to_owned(), word.into())),
            ("root", false) => arguments[0] = Some(format!("root={word}")),
            ("ip", false) => arguments[1] = Some(format!("ip={word}")),
            ("args", false) => arguments[2] = Some(word.to_owned()),
            ("boot", true) => {
                vm.push(("HVM_boot_policy".to_owned(), "BIOS order".into()));
                let order = vec![("order".to_owned(), word.into())];
                vm.push(("HVM_boot_params".to_owned(), Value::Struct(order)));
            }
            ("kernel", true) => platform.push(("loader".to_owned(), word.into())),
            (name, true) => platform.push((name.to_owned(), word.into())),
            _ => return Err(no_place(field, "VM.create", "kernel, ramdisk, root, ip and args")),
        }
    }
    if is_hvm {
        if !vm.iter().any(|(name, _)| name == "HVM_boot_policy") {
            vm.push(("HVM_boot_policy".to_owned(), "BIOS order".into()));
        }
        vm.push(("platform".to_owned(), Value::Struct(platform)));
    }
    let arguments: Vec<_> = arguments.into_iter().flatten().collect();
    if !arguments.is_empty() {
        vm.push(("PV_args".to_owned(), arguments.join(" ").into()));
    }
    Ok(())
}

impl NewDevice {
    /// Reads a device's configuration: `(vif (mac 00:16:3e:00:00:01) (bridge xenbr0))`, or
    /// `(vbd (uname phy:/dev/x) (dev sda1) (mode w))`.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn read(config: Sexpr<'_>) -> Result<Self, Error> {
        let kind = name(config).to_owned();
        let class = match kind.as_str() {
            "vif" => DeviceClass::Vif,
            "vbd" | "tap" | "tap2" => DeviceClass::Vbd,
            _ => return Err(invalid(config, "a `vif`, `vbd`, `tap` or `tap2`, which the Xen-API can make")),
        };
        let mut device = Self { kind, class, name: None, backend: None, members: Members::new() };
        for field in fields(config)? {
            let Some(value) = field.value() else { continue };
            match class {
                DeviceClass::Vif => device.add_to_vif(field, text(value)?)?,
                DeviceClass::Vbd => device.add_to_vbd(field, value, text(value)?)?,
            }
        }
        match (class, &device.name) {
            (DeviceClass::Vbd, None) => Err(invalid(config, "a disk with its name, such as (dev sda1)")),
            _ => Ok(device),
        }
    }

    fn add_to_vif(&mut self, field: Sexpr<'_>, word: &str) -> Result<(), Error> {
        match name(field) {
            "mac" => self.add("MAC", word),
            "bridge" => self.backend = Some(word.to_owned()),
            _ => return Err(no_place(field, "VIF.create", "mac and bridge")),
        }
        Ok(())
    }

    fn add_to_vbd(&mut self, field: Sexpr<'_>, value: Sexpr<'_>, word: &str) -> Result<(), Error> {
        match (name(field), word) {
            ("uname", _) => self.backend = Some(word.to_owned()),
            ("dev", _) => {
                let (name, kind) = word.split_once(':').unwrap_or((word, "disk"));
                self.name = Some(name.to_owned());
                self.add("device", name);
                match kind {
                    "disk" => self.add("type", "Disk"),
                    "cdrom" => self.add("type", "CD"),
                    _ => return Err(invalid(value, "a name with `:disk`, `:cdrom` or nothing behind it")),
                }
            }
            ("mode", "w") => self.add("mode", "RW"),
            ("mode", "r") => self.add("mode", "RO"),
            ("mode", _) => return Err(invalid(value, "`r` or `w`")),
            ("bootable", _) => self.add("bootable", word == "1"),
            _ => return Err(no_place(field, "VBD.create", "uname, dev, mode and bootable")),
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.members.push((name.to_owned(), value.into()));
    }

    /// What `VIF.create` or `VBD.create` takes, given the references of the domain and of what is behind the device: a
    /// network, or a virtual disk image.
    pub fn record(&self, vm: &str, backend: Option<&str>) -> Value {
        let link = match self.class {
            DeviceClass::Vif => "network",
            DeviceClass::Vbd => "VDI",
        };
        let links = [Some(("VM", vm)), backend.map(|reference| (link, reference))];
        let links = links.into_iter().flatten().map(|(name, reference)| (name.to_owned(), reference.into()));
        Value::Struct(links.chain(self.members.iter().cloned()).collect())
    }
}

/// What `VDI.create` takes for an image that is there already: the place where it is stands in `other_config`
/// (`XendLocalStorageRepo.py create_vdi`).
pub fn image_record(storage: &str, uname: &str) -> Value {
    let location = vec![("location".to_owned(), uname.into())];
    let members: [(&str, Value); 8] = [
        ("name_label", uname.into()),
        ("name_description", "".into()),
        ("SR", storage.into()),
        ("virtual_size", "0".into()),
        ("type", "system".into()),
        ("sharable", false.into()),
        ("read_only", false.into()),
        ("other_config", Value::Struct(location)),
    ];
    Value::Struct(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What stands behind the name of a list, each a list with a name of its own.
fn fields(list: Sexpr<'_>) -> Result<impl Iterator<Item = Sexpr<'_>>, Error> {
    if list.name().is_none() {
        return Err(invalid(list, "a list that begins with a name"));
    }
    match list.items().skip(1).find(|field| field.name().is_none()) {
        Some(field) => Err(invalid(field, "a list that begins with a name")),
        None => Ok(list.items().skip(1)),
    }
}

/// Names that matter here are ASCII.
fn name(list: Sexpr<'_>) -> &str {
    list.name().and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
}

fn text(value: Sexpr<'_>) -> Result<&str, Error> {
    match value.as_atom().map(str::from_utf8) {
        Some(Ok(text)) => Ok(text),
        Some(Err(_)) => Err(Error::new(ErrorKind::NotRepresentable, value.span()).expected("UTF-8")),
        None => Err(invalid(value, "one value")),
    }
}

fn no_place(field: Sexpr<'_>, method: &str, known: &str) -> Error {
    invalid(field, &format!("what `{method}` has a place for: {known}"))
}

fn invalid(at: Sexpr<'_>, expected: &str) -> Error {
    let found = match at.as_atom().or(at.name()) {
        Some(word) => format!("`{}` in the configuration", visible(word)),
        None => "a list in the configuration".to_owned(),
    };
    Error::new(ErrorKind::InvalidArgument, at.span()).found(found).expected(expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sexpr::parse;

    fn read(config: &str) -> Result<Config, Error> {
        Config::read(parse(config.as_bytes()).expect("well-formed").first().expect("one value"))
    }

    /// Members as `name value`, one a line, in the order of their names.
    fn shown(value: &Value) -> String {
        let Value::Struct(members) = value else { panic!("a struct") };
        let show = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Boolean(flag) => flag.to_string(),
            Value::Struct(members) => format!("{members:?}"),
            other => panic!("{other:?}"),
        };
        let mut lines: Vec<_> = members.iter().map(|(name, value)| format!("{name} {}", show(value))).collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// Each member is what the daemon's own record of such a domain has under that name (capture
    /// `xenapi-VM.get_all_records@4.1`, `vm1`).
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

    #[test]
    fn nothing_of_a_configuration_is_lost_in_silence() {
        let check = |config: &str, at: &str, expected: &str| {
            let error = read(config).expect_err(config);
            let span = error.span();
            assert_eq!((&config[span.start..span.end], error.kind()), (at, ErrorKind::InvalidArgument), "{config}");
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("(vm (name x) (localtime 1))", "(localtime 1)", "what `VM.create` has a place for: name, uuid, memory");
        check("(vm (memory lots))", "lots", "a number of MiB");
        check("(vm (memory 99999999999999999999))", "99999999999999999999", "a number of MiB");
        check("(vm (name (a b)))", "(a b)", "one value");
        check("(vm x)", "x", "a list that begins with a name");
        check("(vm (image (linux (initrd x))))", "(initrd x)", "kernel, ramdisk, root, ip and args");
        check("(vm (image (mirage)))", "(mirage)", "`linux` or `hvm`");
        check("(vm (device (pci)))", "(pci)", "`vif`, `vbd`, `tap` or `tap2`");
        check("(vm (device (vif (script x))))", "(script x)", "mac and bridge");
        check("(vm (device (vbd (uname phy:x))))", "(vbd (uname phy:x))", "a disk with its name");
        check("(vm (device (vbd (dev sda:tape))))", "sda:tape", "`:cdrom`");
        check("(vm (device (vbd (dev sda) (mode w!))))", "w!", "`r` or `w`");
    }
}
