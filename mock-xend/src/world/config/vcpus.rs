//! The number of virtual CPUs: the limits, and the number that a configuration asks for from 3.1 on (`XendConfig.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::python;
use crate::world::Failure;
use crate::world::pairs::child;

/// Returns the most virtual CPUs that the hypervisor gives a domain (`MAX_VIRT_CPUS`).
pub(in crate::world) fn most_vcpus(release: Release) -> i64 {
    if release >= Release::V4_1 { 128 } else { 32 }
}

/// The most virtual CPUs that a definition may have. The daemon is limited only by its memory, because it makes a list
/// of CPUs for each.
pub(in crate::world) const MOST_VCPUS: i64 = 4096;

/// Reads the number of virtual CPUs. A value that can't be read counts as missing, which is a failure from 3.3 on.
pub(super) fn read(config: &Datum, release: Release) -> Result<i64, Failure> {
    let readable = |name: &str| child(config, name).and_then(|value| python::number(value).ok());
    let given = readable("vcpus").or_else(|| readable("VCPUs_max").filter(|_| release < Release::V3_3));
    let of_image = child(config, "image").and_then(|image| child(image, "vcpus"));
    // The value of the image is read in any case, but used only if nothing else is given.
    let of_image = of_image.map(|of_image| {
        python::number(of_image).map_err(|error| match of_image {
            // A mistake in the daemon's own message, whose format has two places and is given one value.
            Datum::Bytes(_) => Failure::exception("not enough arguments for format string"),
            _ => Failure::Exception(error),
        })
    });
    match (given, of_image.transpose()?) {
        (Some(vcpus), _) => Ok(vcpus),
        (None, Some(of_image)) if release < Release::V3_3 => Ok(of_image),
        (None, _) if release >= Release::V3_3 => Err(Failure::key_error("vcpus")),
        (None, _) => Ok(1),
    }
}
