//! The daemon's checks of a device before it is added to a configuration, from 3.2 on (`XendConfig.py`,
//! `device_duplicate_check`).

use xend_wire::Release;

use super::{Device, block};
use crate::world::Failure;

/// Where a device that passes the checks goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum Place {
    /// It is a new device.
    New,
    /// It is a disc for the CD drive at this place in the list.
    Drive(usize),
}

/// Checks a device against those that a domain has.
///
/// # Errors
/// Returns the daemon's failure for a type of image that the driver lacks, for a disk without a name, and for a file, a
/// name or an address that another device has.
pub(in crate::world) fn check(device: &Device, known: &[Device], release: Release) -> Result<Place, Failure> {
    if release < Release::V3_2 {
        return Ok(Place::New);
    }
    match device.class.as_str() {
        "tap" | "tap2" => check_tap(device, release)?,
        "vif" | "vif2" => return check_address(device, known),
        _ => {}
    }
    if !device.is_block() {
        return Ok(Place::New);
    }
    let Some(name) = device.text("dev") else {
        return Err(Failure::exception("argument of type 'NoneType' is not iterable"));
    };
    let number = block::checked_number(&name, release)?;
    let (Some(number), Some(uname)) = (number, device.text("uname")) else { return Ok(Place::New) };
    for (at, other) in known.iter().enumerate().filter(|(_, other)| other.is_block()) {
        let same_number = other.text("dev").and_then(|name| block::number(&name, release)) == Some(number);
        if same_number && name.ends_with(b":cdrom") && release >= Release::V3_4 {
            return Ok(Place::Drive(at));
        }
        let file = block::file(&uname);
        if let Some(file) =
            file.filter(|file| other.text("uname").and_then(|other| block::file(&other)).as_ref() == Some(file))
        {
            return Err(Failure::configuration([b"The file \"".as_slice(), &file, b"\" is already used"].concat()));
        }
        if same_number {
            return Err(Failure::configuration(
                [b"The device \"".as_slice(), &name, b"\" is already defined"].concat(),
            ));
        }
    }
    Ok(Place::New)
}

fn check_tap(device: &Device, release: Release) -> Result<(), Failure> {
    let Some(uname) = device.text("uname") else { return Err(Failure::key_error("uname")) };
    let mut parts = uname.split(|&byte| byte == b':').skip(1);
    let mut kind = parts.next();
    // The form `tap:tapdisk:aio:...`.
    if kind == Some(b"tapdisk") && release >= Release::V4_1 {
        kind = parts.next();
    }
    let Some(kind) = kind else { return Err(Failure::exception("list index out of range")) };
    if block::tap_types(release).iter().any(|known| known.as_bytes() == kind) {
        return Ok(());
    }
    Err(Failure::configuration([b"tap:".as_slice(), kind, b" not a valid disk type"].concat()))
}

fn check_address(device: &Device, known: &[Device]) -> Result<Place, Failure> {
    let Some(mac) = device.text("mac") else { return Ok(Place::New) };
    let has_it = |other: &Device| other.text("mac").is_some_and(|other| other.eq_ignore_ascii_case(&mac));
    if known.iter().any(|other| other.class == device.class && has_it(other)) {
        return Err(Failure::configuration([b"The mac \"".as_slice(), &mac, b"\" is already defined"].concat()));
    }
    Ok(Place::New)
}
