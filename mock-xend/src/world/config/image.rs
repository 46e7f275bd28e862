//! The image of a configuration, from 3.1 on (`XendConfig.py`, `update_with_image_sxp`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::host::Host;
use crate::python;
use crate::world::pairs::{child, children};
use crate::world::{Failure, Image, platform};

/// Reads the image of a configuration as the daemon keeps it, without the defaults that the daemon adds. Returns `None`
/// if the configuration has no image.
pub(in crate::world) fn read(config: &Datum, release: Release) -> Option<Image> {
    let given = child(config, "image");
    let of_xen_api = |name: &str| child(config, name).map(python::str).unwrap_or_default();
    let is_hvm = given.is_some_and(|image| child(image, "boot").is_some())
        || !of_xen_api("HVM_boot").is_empty()
        || !of_xen_api("HVM_boot_policy").is_empty();
    let kernel = of_xen_api("PV_kernel");
    if given.is_none() && !is_hvm && kernel.is_empty() && child(config, "localtime").is_none() {
        return None;
    }
    let nothing = Datum::list([]);
    let given = given.unwrap_or(&nothing);
    let name = match given {
        Datum::List(items) => items.first().map(python::str).unwrap_or_default(),
        atom => python::str(atom),
    };
    // An image is one of an HVM domain if it has a boot order; its name does not matter (captures `ash15`, `fir2`).
    let kind = match name.as_slice() {
        b"linux" | b"hvm" | b"" => {
            if is_hvm {
                b"hvm".to_vec()
            } else {
                b"linux".to_vec()
            }
        }
        _ => name,
    };
    let text = |name: &str, otherwise: &str| match child(given, name) {
        Some(value) => python::str(value),
        None => of_xen_api(otherwise),
    };
    let mut fields: Vec<Datum> = vec![kind.into(), Datum::pair("kernel", text("kernel", "PV_kernel"))];
    let ramdisk = text("ramdisk", "PV_ramdisk");
    if !ramdisk.is_empty() {
        fields.push(Datum::pair("ramdisk", ramdisk));
    }
    let arguments = match given.items().is_empty() {
        true => of_xen_api("PV_args"),
        false => arguments(given, &of_xen_api("PV_args")),
    };
    if !arguments.is_empty() {
        fields.push(Datum::pair("args", arguments));
    }
    let first: &[&str] = if release >= Release::V4_1 { &["superpages"] } else { &[] };
    for key in first.iter().chain(platform::keys(release)) {
        let value =
            child(given, key).or_else(|| child(config, key).filter(|_| matches!(*key, "localtime" | "superpages")));
        let value = value.or_else(|| child(child(config, "platform")?, key));
        if let Some(value) = value.filter(|value| python::truth(value)) {
            fields.push(Datum::pair(key, value.clone()));
        }
    }
    fields.extend(children(given, "notes").next().cloned());
    Some(Image { config: fields.into() })
}

/// Returns the kernel's command line. `ip` and then `root` go before the arguments, unless the arguments contain them.
fn arguments(image: &Datum, otherwise: &[u8]) -> Vec<u8> {
    let text = |name| child(image, name).map(python::str).unwrap_or_default();
    let mut arguments = child(image, "args").map_or_else(|| otherwise.to_vec(), python::str);
    // `re.search(r'ip=[^ ]+', args)`, `re.search(r'root=', args)`.
    let has = |arguments: &[u8], sign: &[u8], is_followed: bool| {
        arguments.windows(sign.len()).enumerate().any(|(at, window)| {
            window == sign && (!is_followed || arguments.get(at + sign.len()).is_some_and(|&byte| byte != b' '))
        })
    };
    for (name, sign) in [("ip", b"ip=".as_slice()), ("root", b"root=")] {
        let value = text(name);
        if !value.is_empty() && !has(&arguments, sign, name == "ip") {
            arguments = [sign, &value, b" ", &arguments].concat();
        }
    }
    arguments
}

/// Adds the daemon's defaults to an image: numbers, a loader, a device model (`XendConfig.py`,
/// `_platform_sanity_check`). `has_framebuffer` tells whether a device of the domain shows a screen.
///
/// # Errors
/// Returns the daemon's failure, from 4.0 on, if the device model or the loader is not a file.
pub(in crate::world) fn complete(image: &mut Image, host: Host<'_>, has_framebuffer: bool) -> Result<(), Failure> {
    let (release, is_hvm) = (host.release, image.is_hvm());
    for (key, value) in platform::defaults(release, is_hvm) {
        if image.setting(key).is_none() {
            image.set(key, value);
        }
    }
    if is_hvm && release >= Release::V3_3 {
        if image.setting("loader").is_none() {
            let kernel = image.text("kernel");
            image.set("loader", if kernel.is_empty() { LOADER.into() } else { kernel.into() });
            image.set("kernel", "".into());
        }
        image.set("loader", resolved(image.text("loader"), "/usr/lib/xen/boot", release).into());
    }
    if is_hvm || (has_framebuffer && release >= Release::V3_2) {
        let folder = host.device_model_folder();
        let given = Some(image.text("device_model")).filter(|model| !model.is_empty());
        let model = given.unwrap_or_else(|| format!("{folder}/qemu-dm").into_bytes());
        let model = resolved(model, folder, release);
        if host.lacks(&model) {
            return Err(Failure::refused([b"device model '".as_slice(), &model, b"' not found"].concat()));
        }
        image.set("device_model", model.into());
    }
    let loader = image.text("loader");
    if is_hvm && host.lacks(&loader) {
        return Err(Failure::refused([b"kernel '".as_slice(), &loader, b"' not found"].concat()));
    }
    Ok(())
}

/// The default loader of an HVM domain (`xen.util.auxbin`).
const LOADER: &str = "/usr/lib/xen/boot/hvmloader";

/// Returns the path of a file. From 4.0 on, a name without a folder is looked for in `folder` (capture
/// `fir42-loadername@4.1`).
fn resolved(file: Vec<u8>, folder: &str, release: Release) -> Vec<u8> {
    if release < Release::V4_1 || file.contains(&b'/') { file } else { [folder.as_bytes(), b"/", &file].concat() }
}
