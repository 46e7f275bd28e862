//! Configurations as the daemons up to 3.0.3 read them (`XendDomainInfo.py`, `parseConfig` and `validateInfo`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::vcpus::most_vcpus;
use super::{actions, cpus, uuid};
use crate::python;
use crate::world::device::{Device, class_of, classes};
use crate::world::identity::Identities;
use crate::world::pairs::{child, children};
use crate::world::scheduler::Credit;
use crate::world::{Domain, Failure, Image, Settings};

/// Reads a configuration. The domain's name is empty if the configuration has none.
///
/// # Errors
/// Returns the failure of the first check of the daemon that is not met.
pub(super) fn read(config: &Datum, release: Release, identities: &mut Identities) -> Result<Domain, Failure> {
    let integer = |name: &'static str| child(config, name).map(|value| number(value, name)).transpose();
    // The uuid is checked, but kept as it was given (captures `pine1`, `pine3`).
    let uuid = match child(config, "uuid") {
        Some(uuid) => {
            uuid::normalise(uuid)?;
            Some(String::from_utf8_lossy(&python::str(uuid)).into_owned())
        }
        None => None,
    };
    let mut vcpus = integer("vcpus")?;
    let vcpu_avail = integer("vcpu_avail")?;
    let weight = child(config, "cpu_weight").map(python::float).transpose().map_err(Failure::Exception)?;
    let memory = integer("memory")?;
    let shadow_memory = if release >= Release::V3_0_3 { integer("shadow_memory")? } else { None };
    let max_memory = integer("maxmem")?;
    let mut settings = Settings::default();
    settings.read_rest(config, release)?;

    let image = child(config, "image").map(|image| Image { config: image.clone() });
    if let Some(of_image) = image.as_ref().and_then(|image| image.setting("vcpus")) {
        vcpus = Some(python::number(of_image).map_err(Failure::Exception)?);
    }
    let pinned = read_cpus(config, release)?;
    let on_end = actions::read_until_3_0_3(config, release)?;

    let mut devices: Vec<Device> = Vec::new();
    let nothing = Datum::list([]);
    for given in children(config, "device") {
        let given = given.items().get(1).unwrap_or(&nothing);
        let class = class_of(given);
        let is_known =
            class.as_ref().is_some_and(|class| classes(release).iter().any(|known| known.as_bytes() == *class));
        if !is_known {
            let shown = if class.is_some() { given.repr() } else { b"None".to_vec() };
            let class = class.unwrap_or_else(|| b"None".to_vec());
            return Err(Failure::refused([b"invalid device (".as_slice(), &class, b", ", &shown, b")"].concat()));
        }
        let device = Device::plain(given, &devices, release, identities);
        devices.push(device);
    }

    let name = match child(config, "name").map(python::str) {
        Some(name) => String::from_utf8_lossy(&name).into_owned(),
        None => return Err(Failure::exception("%d format: a number is required, not NoneType")),
    };
    let vcpus = vcpus.unwrap_or(1);
    if vcpu_avail.is_none() && vcpus < 0 {
        return Err(Failure::exception("negative shift count"));
    }
    let memory = memory.unwrap_or_default();
    if memory <= 0 && release >= Release::V3_0_3 {
        return Err(Failure::refused("Invalid memory size"));
    }
    let uuid = uuid.unwrap_or_else(|| identities.uuid());
    Ok(Domain {
        name,
        uuid,
        vcpus,
        vcpu_avail,
        pinned: vec![pinned; usize::try_from(vcpus.clamp(0, most_vcpus(release))).unwrap_or_default()],
        memory,
        max_memory: max_memory.unwrap_or_default().max(memory),
        shadow_memory: shadow_memory.unwrap_or_default(),
        credit: Credit { share: weight.unwrap_or(1.0), ..Credit::default() },
        on_end,
        settings,
        image,
        devices,
        ..Domain::blank()
    })
}

/// Reads a number. The daemon passes Python's `ValueError` on, and replaces the text of a `TypeError`.
fn number(value: &Datum, name: &str) -> Result<i64, Failure> {
    python::number(value).map_err(|error| match value {
        Datum::List(_) | Datum::Dict(_) | Datum::None => {
            let what = [name.as_bytes(), b" = ", &python::str(value), b" in configuration"];
            Failure::refused([b"Invalid setting ".as_slice(), &what.concat(), b": ", &error].concat())
        }
        _ => Failure::Exception(error),
    })
}

/// Reads the CPUs that all virtual CPUs may run on. A list is read as the text that Python prints for it.
fn read_cpus(config: &Datum, release: Release) -> Result<Vec<i64>, Failure> {
    let Some(given) = cpus::given(config).as_ref().map(python::str) else { return Ok(Vec::new()) };
    // An empty text counts as missing.
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let whole = Datum::from(given.clone());
    cpus::range(&given, &whole, release).map_err(|failure| match failure {
        Failure::Configuration(text) => {
            Failure::refused([b"Invalid configuration setting: ".as_slice(), &text].concat())
        }
        other => other,
    })
}
