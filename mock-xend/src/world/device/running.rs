//! Devices that are plugged in: what their controllers put into the store, and how the record of a domain and a list of
//! its devices show them (`server/DevController.py` and the controllers beside it).

use xend_wire::Release;
use xend_wire::Releases;
use xend_wire::datum::Datum;

use super::class::is_block;
use super::dict::sort_as_dict;
use super::{Device, block, rate};
use crate::python;

/// The properties of a domain that affect the records of its devices.
#[derive(Clone, Copy)]
pub(in crate::world) struct Guest<'d> {
    /// The id of the domain.
    pub(in crate::world) id: u32,
    /// Whether the domain is an HVM domain.
    pub(in crate::world) is_hvm: bool,
    /// The address that framebuffers listen on, once the device model has reported it.
    pub(in crate::world) vnc_address: Option<&'d str>,
}

/// A setting that a controller keeps in the store.
struct Kept {
    name: &'static str,
    releases: Releases,
}

const fn kept(name: &'static str, releases: Releases) -> Kept {
    Kept { name, releases }
}

const SINCE_3_1: Releases = Releases::since(Release::V3_1);

/// The settings that `netif.py` keeps.
const VIF: &[Kept] = &[
    kept("script", SINCE_3_1),
    kept("ip", SINCE_3_1),
    kept("bridge", SINCE_3_1),
    kept("mac", SINCE_3_1),
    kept("type", SINCE_3_1),
    kept("vifname", SINCE_3_1),
    kept("rate", SINCE_3_1),
    kept("uuid", SINCE_3_1),
    kept("model", SINCE_3_1),
    kept("accel", Releases::since(Release::V3_2)),
    kept("security_label", Releases::since(Release::V3_2)),
];

/// The settings that `blkif.py` keeps.
const BLOCK: &[Kept] = &[
    kept("dev", SINCE_3_1),
    kept("uname", SINCE_3_1),
    kept("mode", SINCE_3_1),
    kept("uuid", SINCE_3_1),
    kept("bootable", Releases::since(Release::V3_4)),
    kept("protocol", Releases::since(Release::V3_3)),
];

/// The settings that `vfbif.py` keeps (`CONFIG_ENTRIES`).
const VFB: &[Kept] = &[
    kept("type", SINCE_3_1),
    kept("vncdisplay", SINCE_3_1),
    kept("vnclisten", SINCE_3_1),
    kept("vncpasswd", SINCE_3_1),
    kept("vncunused", SINCE_3_1),
    kept("videoram", Releases::between(Release::V3_3, Release::V3_4)),
    kept("display", SINCE_3_1),
    kept("xauthority", SINCE_3_1),
    kept("keymap", SINCE_3_1),
    kept("vnc", Releases::since(Release::V3_4)),
    kept("sdl", Releases::since(Release::V3_4)),
    kept("uuid", SINCE_3_1),
    kept("location", SINCE_3_1),
    kept("protocol", SINCE_3_1),
    kept("opengl", Releases::since(Release::V3_3)),
];

/// The settings that `ConsoleController.py` keeps.
const CONSOLE: &[Kept] = &[kept("location", SINCE_3_1), kept("protocol", SINCE_3_1), kept("uuid", SINCE_3_1)];

/// The settings that `tpmif.py` keeps. The instance is written by the hotplug script, which the captures don't have.
const VTPM: &[Kept] = &[kept("uuid", SINCE_3_1), kept("type", SINCE_3_1)];

/// The settings that `iopif.py` keeps.
const IOPORTS: &[Kept] = &[kept("from", SINCE_3_1), kept("to", SINCE_3_1), kept("uuid", SINCE_3_1)];

/// The settings that `irqif.py` keeps.
const IRQ: &[Kept] = &[kept("irq", SINCE_3_1), kept("uuid", SINCE_3_1)];

/// Returns whether the record of a class begins with the domain of the back end.
fn shows_backend(class: &str) -> bool {
    !matches!(class, "vfb" | "console" | "ioports" | "irq")
}

/// Returns the settings that the controller of a class keeps; `None` if records don't show them.
fn kept_of(class: &str, release: Release) -> Option<&'static [Kept]> {
    match class {
        "vif" | "vif2" => Some(VIF),
        class if is_block(class) => Some(BLOCK),
        "vfb" => Some(VFB),
        "console" => Some(CONSOLE),
        "vtpm" => Some(VTPM),
        "ioports" if release >= Release::V3_4 => Some(IOPORTS),
        "irq" if release >= Release::V3_4 => Some(IRQ),
        "vkbd" | "usb" => Some(&[]),
        _ => None,
    }
}

impl Device {
    /// Returns the record of a device that is plugged in, from 3.1 on (`getDeviceConfiguration`). `None` if the
    /// controller returns nothing.
    pub(super) fn running_record(&self, guest: Guest<'_>, release: Release) -> Option<Datum> {
        match self.class.as_str() {
            "pci" => return Some(self.pci_running(release)),
            "vscsi" => return Some(self.vscsi_running()),
            "vusb" => return Some(self.vusb_running()),
            _ => {}
        }
        let kept = kept_of(&self.class, release)?.iter().filter(|kept| kept.releases.contains(release));
        let mut fields: Vec<(&str, Datum)> = Vec::new();
        if shows_backend(&self.class) {
            fields.push(("backend", self.backend().into()));
        }
        let told = kept.filter_map(|kept| Some((kept.name, self.kept_value(kept.name, guest, release)?)));
        fields.extend(told.filter(|(_, value)| !is_empty(value)));
        // A disk without a file still has an entry for the name of one.
        let has_name = !is_block(&self.class) || fields.iter().any(|(name, _)| *name == "uname");
        if !has_name {
            let dev = fields.iter().position(|(name, _)| *name == "dev").map_or(fields.len(), |at| at + 1);
            fields.insert(dev, ("uname", Datum::None));
        }
        sort_as_dict(&mut fields);
        fields.retain(|(_, value)| *value != Datum::None);
        if is_block(&self.class) {
            // The record is made from the store, but this setting comes from the configuration again.
            if release < Release::V4_1 || self.setting("bootable").is_none() {
                fields.push(("bootable", self.setting("bootable").cloned().unwrap_or(Datum::Int(0))));
            }
            if release >= Release::V3_3 {
                fields.push(("VDI", self.setting("VDI").cloned().unwrap_or_else(|| "".into())));
            }
        }
        Some(self.list(fields))
    }

    /// Returns the value of a field that a controller keeps.
    fn kept_value(&self, name: &str, guest: Guest<'_>, release: Release) -> Option<Datum> {
        let given = || self.setting(name).cloned();
        match (self.class.as_str(), name) {
            ("vif" | "vif2", "script") => Some(self.script(release)),
            ("vif" | "vif2", "rate") if release >= Release::V3_4 => {
                let (bytes, interval) = rate::parse(&self.text("rate")?);
                Some(format!("{bytes},{interval}").into())
            }
            ("vif" | "vif2", "type") if release < Release::V3_2 => given().or_else(|| Some("netfront".into())),
            (class, "dev") if is_block(class) => Some(block::name_in_record(&self.text("dev")?, release).into()),
            (class, "mode") if is_block(class) => given().or_else(|| Some("r".into())),
            (class, "uname") if is_block(class) => {
                let uname = self.text("uname")?;
                let at = uname.iter().position(|&byte| byte == b':')?;
                (at > 0 && at + 1 < uname.len()).then(|| self.uname_in_record(&uname).into())
            }
            (class, "protocol") if is_block(class) => (!guest.is_hvm).then(|| PROTOCOL.into()),
            ("vfb", "location") => self.screen(guest, release).or_else(given),
            _ => given(),
        }
    }

    /// Returns the `uname` that a record shows. `tap2` puts a prefix before it.
    fn uname_in_record(&self, uname: &[u8]) -> Vec<u8> {
        match uname.strip_prefix(b"tap2:") {
            Some(rest) if self.class == "tap2" => [b"tap:", rest].concat(),
            _ => uname.to_vec(),
        }
    }

    /// Returns the address of a framebuffer, once the device model has reported it: `127.0.0.1:5901` (`vfbif.py`).
    fn screen(&self, guest: Guest<'_>, release: Release) -> Option<Datum> {
        const FIRST_PORT: i64 = 5900;
        let is_vnc = self.text("vnc").is_some_and(|vnc| vnc != b"0") || self.text("type").as_deref() == Some(b"vnc");
        // 3.1 shows the address for the framebuffers of HVM domains only, whatever their type.
        let says_where = self.setting("vncdisplay").is_some() || self.setting("vncunused").is_some();
        let is_in_record = if release < Release::V3_2 { guest.is_hvm && says_where } else { is_vnc };
        if !is_in_record {
            return None;
        }
        let usual = guest.vnc_address?;
        let listen = self.text("vnclisten").unwrap_or_else(|| usual.as_bytes().to_vec());
        let display = self.setting("vncdisplay").and_then(|display| python::number(display).ok()).unwrap_or_default();
        let port = FIRST_PORT.saturating_add(display).to_string();
        Some([&listen, b":".as_slice(), port.as_bytes()].concat().into())
    }

    /// Returns the id of the domain that has the back end of the device.
    pub(super) fn backend(&self) -> i64 {
        self.setting("backend").and_then(|backend| python::number(backend).ok()).unwrap_or_default()
    }

    /// Returns the script that plugs a network card in, from 3.4 on with its folder. The folder of 4.0 and later is
    /// that of the captures.
    pub(super) fn script(&self, release: Release) -> Datum {
        let script = self.text("script").filter(|script| !script.is_empty()).unwrap_or_else(|| b"vif-bridge".to_vec());
        let folder = release.pick(&[
            (Release::V3_0_2, ""),
            (Release::V3_4, "/etc/xen/scripts/"),
            (Release::V4_1, "/srv/xend/etc/scripts/"),
        ]);
        if script.contains(&b'/') { script.into() } else { [folder.as_bytes(), &script].concat().into() }
    }

    /// Returns the class under which the store keeps the back end and the front end of the device.
    fn guest_class(&self) -> &str {
        if self.is_block() { "vbd" } else { &self.class }
    }

    /// Returns whether the store lists the device under a class. From 3.0.3 on all disks are in one place.
    pub(in crate::world) fn is_listed_as(&self, class: &[u8], release: Release) -> bool {
        let shares = self.is_block() && matches!(class, b"vbd" | b"tap" | b"tap2") && release >= Release::V3_0_3;
        shares || self.class.as_bytes() == class
    }

    /// Returns the store's entries of the device's front end: `(0 ((backend /local/domain/0/backend/vif/1/0) ...))`.
    /// The names are in alphabetical order and all values are text (captures `devs-vif`, `devs-vbd`).
    pub(in crate::world) fn store_entry(&self, guest: Guest<'_>, release: Release) -> Datum {
        let id = self.id.to_string();
        let (class, backend) = (&self.class, self.backend());
        let place = format!("/local/domain/{backend}/backend/{class}/{}/{id}", guest.id);
        let backend = backend.to_string();
        if class == "vscsi" {
            return self.scsi_store_entry(place, backend);
        }
        let has_protocol = release >= Release::V3_2 && !guest.is_hvm;
        // A network card or disk that the device model emulates has no front end in the guest.
        let name = self.text("dev").unwrap_or_default();
        let is_emulated = match self.guest_class() {
            "vif" => self.text("type").as_deref() == Some(b"ioemu"),
            "vbd" => release < Release::V3_0_3 && name.starts_with(b"ioemu:"),
            _ => false,
        };
        let mut fields = vec![Datum::pair("backend", place), Datum::pair("backend-id", backend)];
        if self.is_block() && release >= Release::V3_0_3 {
            fields.push(Datum::pair("device-type", block::kind(&name).to_vec()));
        }
        if matches!(self.guest_class(), "vif" | "vif2" | "vtpm") && !is_emulated {
            fields.push(Datum::pair("handle", id.as_str()));
        }
        fields.extend(
            self.setting("mac").filter(|_| class == "vif" && !is_emulated).map(|mac| Datum::pair("mac", mac.clone())),
        );
        fields.extend(has_protocol.then(|| Datum::pair("protocol", PROTOCOL)));
        fields.push(Datum::pair("state", "1"));
        if self.is_block() && !is_emulated {
            fields.push(Datum::pair("virtual-device", id.as_str()));
        }
        Datum::List(vec![id.into(), fields.into()])
    }

    /// Returns the store's entry of a SCSI host, which its controller lists itself (`vscsiif.py`, `getDeviceSxprs`).
    fn scsi_store_entry(&self, place: String, backend: String) -> Datum {
        let devs = self.scsi_devs().map(|dev| {
            let given = ["state", "devid", "p-dev", "p-devname", "v-dev"].into_iter().filter_map(|name| {
                dev.items().iter().find(|pair| pair.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))
            });
            let pairs = given.cloned().chain([Datum::pair("frontstate", Datum::None)]).collect::<Vec<_>>();
            Datum::List([Datum::from("dev")].into_iter().chain(pairs).collect())
        });
        let fields = vec![
            Datum::pair("devs", devs.collect::<Vec<_>>()),
            Datum::pair("state", "1"),
            Datum::pair("feature-host", self.setting("feature-host").cloned().unwrap_or(Datum::None)),
            Datum::pair("backend-id", backend),
            Datum::pair("backend", place),
        ];
        Datum::List(vec![self.id.into(), fields.into()])
    }

    /// Returns the entries of a pci device in a list of devices: a dict for each `dev` (`pciif.py`, `getDeviceSxprs`).
    pub(in crate::world) fn pci_store_entries(&self) -> Vec<Datum> {
        self.pci_devs()
            .map(|mut pairs| {
                sort_as_dict(&mut pairs);
                Datum::Dict(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            })
            .collect()
    }
}

/// Returns whether a controller leaves a value out because it is empty.
fn is_empty(value: &Datum) -> bool {
    matches!(value, Datum::Bytes(text) if text.is_empty())
}

/// The protocol of the front ends on the host of the captures.
const PROTOCOL: &str = "x86_64-abi";
