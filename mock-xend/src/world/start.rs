//! The daemon's checks when it builds a domain (`XendDomainInfo.py`, `_constructDomain`, `_initDomain`; `image.py`; the
//! controllers of the devices).
//!
//! The checks come in the daemon's order: bootloader, support for HVM domains, scheduling weights, kind of image,
//! processors, memory, files, devices.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device::{Device, block, class};
use super::{Domain, Failure, Image, World};
use crate::python;

impl World {
    /// Checks a domain against the host before it is built. Up to 3.0.3 the answer of a bootloader replaces the image
    /// of the domain; later records don't show it.
    ///
    /// # Errors
    /// Returns the failure of the first check of the daemon that is not met.
    pub(super) fn check_start(&self, domain: &mut Domain) -> Result<(), Failure> {
        if self.release >= Release::V3_1 {
            return self.check_start_since_3_1(domain);
        }
        if domain.image.is_none() && !domain.bootloader().is_empty() && self.release >= Release::V3_0_3 {
            domain.image = self.boot(domain)?;
        }
        self.check_start_until_3_0_3(domain)
    }

    fn check_start_since_3_1(&self, domain: &Domain) -> Result<(), Failure> {
        let booted = self.boot(domain)?;
        let image = booted.as_ref().or(domain.image.as_ref());
        let is_hvm = domain.is_hvm();
        if is_hvm && !self.node.supports_hvm() {
            return Err(Failure::refused(NO_HVM));
        }
        domain.check_shares(self.release)?;
        let kind = image.and_then(Image::kind).unwrap_or(b"linux");
        if !matches!(kind, b"linux" | b"hvm") {
            return Err(Failure::refused([b"unknown image type: ".as_slice(), kind].concat()));
        }
        self.check_affinity(domain)?;
        if let Some(image) = image.filter(|_| is_hvm) {
            self.check_hvm_image(image)?;
        }
        if let Some(image) = image.filter(|_| !is_hvm && self.release >= Release::V4_1) {
            // The builder converts these settings to numbers for every domain (capture `elm7-badloc@4.1`).
            for name in ["acpi", "apic", "localtime", "pae"] {
                image.setting(name).map(python::number).transpose().map_err(Failure::Exception)?;
            }
        }
        self.check_free_memory(domain.memory, domain.max_memory)?;
        // From 3.3 on an HVM domain has no kernel, and its loader was checked before, if at all.
        let image = image.filter(|_| !is_hvm || self.release < Release::V3_3);
        if let Some(image) = image {
            self.check_kernel(image)?;
        }
        self.check_devices_at_start(domain)
    }

    fn check_start_until_3_0_3(&self, domain: &Domain) -> Result<(), Failure> {
        let Some(image) = &domain.image else {
            return Err(Failure::refused("Missing image in configuration"));
        };
        let kind = image.kind().map_or_else(|| python::str(&image.config), <[u8]>::to_vec);
        if !matches!(kind.as_slice(), b"linux" | b"hvm") {
            return Err(Failure::refused([b"unknown image type: ".as_slice(), &kind].concat()));
        }
        if kind == b"hvm" {
            if !self.node.supports_hvm() {
                let text = if self.release < Release::V3_0_3 {
                    "Not an HVM capable platform, we stop creating!"
                } else {
                    NO_HVM
                };
                return Err(Failure::refused(text));
            }
            // The daemon makes the arguments of the device model before it looks for the program.
            if self.release >= Release::V3_0_3 {
                self.check_floppies(image)?;
            }
            if image.text("device_model").is_empty() {
                return Err(Failure::refused("hvm: missing device model"));
            }
            // The arguments of the device model include all disks.
            let is_nameless = |device: &Device| device.is_block() && device.setting("uname").is_none();
            if self.release < Release::V3_0_3 && domain.devices.iter().any(is_nameless) {
                return Err(Failure::exception("'NoneType' object has no attribute 'split'"));
            }
        }
        self.check_affinity(domain)?;
        self.check_free_memory(domain.memory, domain.max_memory)?;
        if image.setting("kernel").is_none() {
            return Err(Failure::exception("coercing to Unicode: need string or buffer, NoneType found"));
        }
        self.check_kernel(image)?;
        self.check_devices_at_start(domain)
    }

    /// Returns the answer of the bootloader, if one is run: for a domain without a kernel, and for one that names a
    /// bootloader.
    fn boot(&self, domain: &Domain) -> Result<Option<Image>, Failure> {
        let (bootloader, release) = (domain.bootloader(), self.release);
        let has_kernel = domain.image.as_ref().is_some_and(|image| !image.text("kernel").is_empty());
        if domain.is_hvm() || (bootloader.is_empty() && has_kernel) {
            return Ok(None);
        }
        let mut disks = domain.devices.iter().filter(|device| device.is_block());
        let disk = if release < Release::V3_4 { disks.next() } else { disks.find(|disk| disk.is_bootable()) };
        let Some(disk) = disk else {
            let missing = if release < Release::V3_1 { "can't find disk" } else { "no disks are bootable" };
            return Err(Failure::refused(format!("Had a bootloader specified, but {missing}")));
        };
        let path: &[u8] = match bootloader.as_slice() {
            b"" => b"/usr/bin/pygrub",
            b"pygrub" if release >= Release::V3_1 => b"/usr/bin/pygrub",
            path => path,
        };
        if !self.files.exists(path) {
            return Err(Failure::refused("Bootloader isn't executable"));
        }
        let file = disk.text("uname").and_then(|uname| block::file(&uname)).unwrap_or_default();
        if !self.files.exists(&file) {
            return Err(Failure::refused("Disk isn't accessible"));
        }
        match self.bootloaders.iter().find(|known| known.path.as_bytes() == path) {
            Some(known) => Ok(Some(Image { config: known.answer.clone() })),
            None => Err(Failure::refused("Boot loader didn't return any data!")),
        }
    }

    /// Checks the CPUs that a configuration asks for. The hypervisor refuses a set of which no CPU exists.
    fn check_affinity(&self, domain: &Domain) -> Result<(), Failure> {
        let is_empty =
            |cpus: &Vec<i64>| !cpus.is_empty() && !cpus.iter().any(|&cpu| (0..self.node.cpus()).contains(&cpu));
        if domain.pinned.iter().any(is_empty) {
            return Err(Failure::Hypervisor { errno: 22, text: "Invalid argument" });
        }
        Ok(())
    }

    /// Checks what the image of an HVM domain must have (`HVMImageHandler.configure`).
    fn check_hvm_image(&self, image: &Image) -> Result<(), Failure> {
        let release = self.release;
        if release < Release::V3_2 && self.xend_config.vncpasswd.is_none() && image.setting("vncpasswd").is_none() {
            let vnc = image.setting("vnc").map(python::number).transpose().map_err(Failure::Exception)?;
            if vnc.is_some_and(|vnc| vnc != 0) {
                return Err(Failure::refused("vncpasswd is not setup in vmconfig or xend-config.sxp"));
            }
        }
        self.check_floppies(image)?;
        let numbers: &[&str] = release.pick(&[
            (Release::V3_0_2, &[] as &[&str]),
            (Release::V3_2, &["timer_mode"]),
            (Release::V3_3, &["timer_mode", "hpet"]),
            (Release::V3_4, &["timer_mode", "viridian", "hpet", "vpt_align"]),
        ]);
        for name in numbers {
            python::long(image.setting(name).unwrap_or(&Datum::None)).map_err(Failure::Exception)?;
        }
        Ok(())
    }

    /// Checks the files of an HVM domain's floppy drives (`HVMImageHandler.parseDeviceModelArgs`), from 3.0.3 on.
    fn check_floppies(&self, image: &Image) -> Result<(), Failure> {
        for file in ["fda", "fdb"].map(|drive| image.text(drive)) {
            let is_there = file.starts_with(b"/") && self.files.exists(&file);
            if !file.is_empty() && !is_there {
                return Err(Failure::refused([b"Floppy file ".as_slice(), &file, b" does not exist."].concat()));
            }
        }
        Ok(())
    }

    /// Checks that the files of an image exist.
    fn check_kernel(&self, image: &Image) -> Result<(), Failure> {
        let kernel = image.text("kernel");
        let is_needed = !kernel.is_empty() || self.release < Release::V3_1;
        if is_needed && !self.files.exists(&kernel) {
            return Err(Failure::refused([b"Kernel image does not exist: ".as_slice(), &kernel].concat()));
        }
        let ramdisk = image.text("ramdisk");
        if !ramdisk.is_empty() && !self.files.exists(&ramdisk) {
            return Err(Failure::refused([b"Kernel ramdisk does not exist: ".as_slice(), &ramdisk].concat()));
        }
        Ok(())
    }

    /// Makes the checks of each device's controller, in the order in which the devices are created.
    fn check_devices_at_start(&self, domain: &Domain) -> Result<(), Failure> {
        let mut devices: Vec<&Device> = domain.devices.iter().collect();
        if self.release >= Release::V3_1 {
            devices.sort_by_key(|device| class::creation_order(&device.class));
        } else {
            let order = class::classes(self.release);
            devices.sort_by_key(|device| order.iter().position(|class| *class == device.class));
        }
        let mut created: Vec<&Device> = Vec::new();
        for device in devices {
            self.check_device(device, domain.is_hvm(), &created)?;
            created.push(device);
        }
        Ok(())
    }

    /// Makes the checks of a device's controller before the device is plugged in. `created` are the devices that are
    /// plugged in already.
    pub(super) fn check_device(&self, device: &Device, is_hvm: bool, created: &[&Device]) -> Result<(), Failure> {
        let release = self.release;
        if let Some(backend) = device.setting("backend").filter(|backend| python::number(backend).is_err())
            && self.find(backend).is_err()
        {
            let backend = python::str(backend);
            return Err(Failure::refused(
                [b"Cannot configure device for unknown backend ".as_slice(), &backend].concat(),
            ));
        }
        match device.class.as_str() {
            class if class::is_block(class) => self.check_disk(device, is_hvm)?,
            "vfb" if release < Release::V3_2 && !is_hvm => device.check_screen()?,
            "ioports" => device.check_ports()?,
            "irq" => device.check_irq()?,
            "pci" => self.check_bus(device)?,
            // A mistake of the daemon: its own list of states has no such key (capture `jade3-vscsi@3.3`).
            "vscsi" if release < Release::V3_4 => return Err(Failure::key_error("1")),
            _ => {}
        }
        let is_same = |other: &&Device| other.id == device.id && other.is_listed_as(device.class.as_bytes(), release);
        if created.iter().any(is_same) {
            return Err(device.already_connected());
        }
        Ok(())
    }

    fn check_disk(&self, device: &Device, is_hvm: bool) -> Result<(), Failure> {
        let release = self.release;
        let (name, uname) = (device.text("dev"), device.text("uname"));
        let name = name.unwrap_or_default();
        let is_cdrom = name.ends_with(b":cdrom");
        if release < Release::V3_0_3 {
            let Some(uname) = uname else {
                return Err(Failure::exception("'NoneType' object has no attribute 'split'"));
            };
            if let Some(file) = uname.strip_prefix(b"file:").filter(|file| is_hvm && !self.files.exists(file)) {
                return Err(Failure::refused([b"Disk image does not exist: ".as_slice(), file].concat()));
            }
            if !uname.contains(&b':') {
                return Err(Failure::exception("need more than 1 value to unpack"));
            }
            if let Some(at) = name.iter().position(|&byte| byte == b':')
                && !name.starts_with(b"ioemu:")
            {
                let text =
                    [b"invalid literal for int() with base 10: ".as_slice(), &python::repr(&name[at..])].concat();
                return Err(Failure::Exception(text));
            }
        } else {
            let kind = uname.as_ref().and_then(|uname| Some(&uname[..uname.iter().position(|&byte| byte == b':')?]));
            // The file of an image of the Xen-API is known to its VDI.
            let has_image = device.setting("VDI").is_some();
            let needs_uname = (release >= Release::V3_3 || release < Release::V3_1) && !has_image;
            let needs_kind = release >= Release::V3_3 && !has_image;
            match (kind, uname.as_deref().unwrap_or_default()) {
                (None, b"") if needs_uname && !is_cdrom => return Err(no_details()),
                (None, [_, ..]) if needs_kind => return Err(no_details()),
                (Some(kind), _) if release >= Release::V3_3 && !matches!(kind, b"phy" | b"file" | b"tap" | b"tap2") => {
                    return Err(Failure::refused(if release < Release::V3_4 {
                        b"Block device must have \"phy\", \"file\" or \"tap\" specified to type".to_vec()
                    } else {
                        [b"Block device type \"".as_slice(), kind, b"\" is invalid."].concat()
                    }));
                }
                _ => {}
            }
            if is_hvm
                && let Some(file) = uname.as_ref().and_then(|uname| uname.strip_prefix(b"file:"))
                && !self.files.exists(file)
            {
                return Err(Failure::refused([b"Disk image does not exist: ".as_slice(), file].concat()));
            }
            let mode = device.text("mode");
            if mode.is_some_and(|mode| !matches!(mode.as_slice(), b"r" | b"w" | b"w!")) {
                return Err(Failure::refused("Invalid mode"));
            }
        }
        if device.setting("dev").is_none() && release < Release::V3_1 {
            return Err(Failure::exception("argument of type 'NoneType' is not iterable"));
        }
        if block::checked_number(&name, release)?.is_none() {
            return Err(if release < Release::V3_1 {
                Failure::exception("%d format: a number is required, not NoneType")
            } else {
                Failure::refused([b"Unable to find number for device (".as_slice(), &name, b")"].concat())
            });
        }
        Ok(())
    }

    /// Checks that the host has the PCI devices, which it does if their folders in sysfs exist.
    fn check_bus(&self, device: &Device) -> Result<(), Failure> {
        let release = self.release;
        if release < Release::V3_1 {
            device.check_bus_until_3_0_3(release)?;
        }
        if release >= Release::V4_1 {
            device.check_bus_options()?;
        }
        // A mistake in a format string of 3.0.2.
        let slip = if release < Release::V3_0_3 { "%s" } else { "" };
        for address in device.pci_addresses().into_iter().filter(|_| release < Release::V4_1) {
            if !self.files.exists(format!("/sys/bus/pci/devices/{address}").as_bytes()) {
                return Err(Failure::refused(format!(
                    "pci: failed to locate device and parse it's resources - {slip}PCI Device {address} Not Found"
                )));
            }
        }
        Ok(())
    }
}

const NO_HVM: &str = "HVM guest support is unavailable: is VT/AMD-V supported by your CPU and enabled in your BIOS?";

fn no_details() -> Failure {
    Failure::refused("Block device must have physical details specified")
}

impl Domain {
    /// Checks the weight and the cap of the processors, as the hypervisor does (`xc.sched_credit_domain_set`).
    fn check_shares(&self, release: Release) -> Result<(), Failure> {
        let credit = self.credit;
        if !(1..=65_535).contains(&credit.weight) {
            let text = release.pick(&[
                (Release::V3_0_2, "weight is out of range"),
                (Release::V3_4, "Cpu weight out of range, valid values are within range from 1 to 65535"),
            ]);
            return Err(Failure::refused(text));
        }
        let most = self.vcpus.saturating_mul(100);
        if !(0..=most).contains(&credit.cap) {
            return Err(Failure::refused(if release >= Release::V3_4 {
                format!("Cpu cap out of range, valid range is from 0 to {most} for specified number of vcpus")
            } else {
                "cap is out of range".to_owned()
            }));
        }
        Ok(())
    }
}

impl Device {
    /// Returns whether a bootloader may read a disk. Any text counts as true, even `'0'` (capture `dill9-second@3.4`).
    fn is_bootable(&self) -> bool {
        self.setting("bootable").is_some_and(python::truth)
    }

    /// Returns the failure for a second device with the same number.
    pub(super) fn already_connected(&self) -> Failure {
        let name = self.text("dev").filter(|_| self.is_block()).map(|name| {
            let name = name.strip_prefix(b"ioemu:").unwrap_or(&name);
            name.split(|&byte| byte == b':').next().unwrap_or_default().to_vec()
        });
        let text = match name {
            Some(name) => [&name, format!(" ({}, {})", self.id, self.class).as_bytes()].concat(),
            None => format!("{} ({})", self.id, self.class).into_bytes(),
        };
        Failure::refused([b"Device ".as_slice(), &text, b" is already connected."].concat())
    }

    /// Checks a framebuffer of 3.1, which names its kind in `type` (`vfbif.py`).
    fn check_screen(&self) -> Result<(), Failure> {
        let kind = self.setting("type");
        if kind.is_some_and(|kind| matches!(kind.as_bytes(), Some(b"vnc" | b"sdl"))) {
            return Ok(());
        }
        let kind = kind.map_or_else(|| b"None".to_vec(), python::str);
        let shown = self.screen_as_python_has_it().repr();
        Err(Failure::refused([b"Unknown vfb type ".as_slice(), &kind, b" (", &shown, b")"].concat()))
    }

    fn check_ports(&self) -> Result<(), Failure> {
        for name in ["from", "to"] {
            let text = self.text(name).unwrap_or_else(|| b"None".to_vec());
            if !is_number(&text) {
                let what = [b"ioports: Invalid config setting ".as_slice(), name.as_bytes(), b": ", &text].concat();
                return Err(Failure::refused(what));
            }
        }
        Ok(())
    }

    fn check_irq(&self) -> Result<(), Failure> {
        let text = self.text("irq").unwrap_or_else(|| b"None".to_vec());
        if is_number(&text) {
            return Ok(());
        }
        Err(Failure::refused([b"irq: Invalid config setting irq: ".as_slice(), &text].concat()))
    }
}

/// Returns whether a text is a number: `int(text, 10)`, or `int(text, 16)` of a text that begins with `0x`.
fn is_number(text: &[u8]) -> bool {
    match text.strip_prefix(b"0x") {
        Some(digits) => !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit),
        None => python::int(text).is_ok(),
    }
}
