//! The fields of a configuration that the daemon keeps unchanged and shows in records.
//!
//! Each row of the table holds the name of a field, the releases that have it, its type, and the value that records
//! show by default. Fields that operations work with (memory, virtual CPUs, devices and so on) are in
//! [`Domain`](super::Domain) instead.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::failure::Failure;
use super::pairs::child;
use crate::python;

/// A field that is kept unchanged.
struct Field {
    name: &'static str,
    releases: Releases,
    kind: Kind,
    /// The value that a record shows if the configuration has none.
    default: Option<&'static str>,
}

/// The type to which the value of a configuration is converted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `str`: the value is kept as it was given, even if it is a list.
    Text,
    /// Python's `int`.
    Int,
    /// Python's `float`.
    Float,
    /// The CPUID registers by leaf (`XendConfig.py`, `_parse_cpuid`).
    Cpuid,
}

const fn field(name: &'static str, releases: Releases, kind: Kind, default: Option<&'static str>) -> Field {
    Field { name, releases, kind, default }
}

/// The table of fields: `XENAPI_CFG_TO_LEGACY_CFG` and `LEGACY_UNSUPPORTED_BY_XENAPI_CFG` of `XendConfig.py`; up to
/// 3.0.3 `VM_CONFIG_PARAMS` of `XendDomainInfo.py`.
const FIELDS: &[Field] = &[
    field("bootloader", Releases::ALL, Kind::Text, Some("")),
    field("bootloader_args", Releases::since(Release::V3_0_3), Kind::Text, Some("")),
    field("features", Releases::since(Release::V3_0_3), Kind::Text, Some("")),
    field("localtime", Releases::only(Release::V3_0_3), Kind::Int, None),
    field("security", Releases::between(Release::V3_0_3, Release::V3_1), Kind::Text, None),
    field("security_label", Releases::since(Release::V3_2), Kind::Text, None),
    field("description", Releases::since(Release::V4_1), Kind::Text, Some("")),
    field("pool_name", Releases::since(Release::V4_1), Kind::Text, Some("Pool-0")),
    field("start_time", Releases::since(Release::V3_1), Kind::Float, None),
    field("cpu_time", Releases::since(Release::V3_1), Kind::Float, None),
    field("cpuid", Releases::since(Release::V3_3), Kind::Cpuid, None),
    field("cpuid_check", Releases::since(Release::V3_3), Kind::Cpuid, None),
];

/// Returns the row of a field, if the release has it.
fn find(name: &str, release: Release) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name && field.releases.contains(release))
}

/// The given values of the fields that are kept unchanged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    given: Vec<(&'static str, Datum)>,
}

impl Settings {
    /// Returns the value that was given for a field.
    pub fn get(&self, name: &str) -> Option<&Datum> {
        self.given.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the value of a field that a record shows: the given one, or the daemon's default. `None` if the release
    /// has no such field, or shows it only if it was given.
    pub fn in_record(&self, name: &str, release: Release) -> Option<Datum> {
        let field = find(name, release)?;
        self.get(name).cloned().or_else(|| field.default.map(Datum::from))
    }

    /// Returns every given value with its name, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Datum)> {
        let mut seen = std::collections::BTreeSet::new();
        let names = FIELDS.iter().map(|field| field.name).filter(move |name| seen.insert(*name));
        names.filter_map(|name| Some((name, self.get(name)?)))
    }

    /// Reads a field of a configuration, if the release has the field and the configuration gives a value.
    ///
    /// # Errors
    /// Returns Python's exception for a value of the wrong type.
    pub(super) fn read(&mut self, config: &Datum, name: &str, release: Release) -> Result<(), Failure> {
        let (Some(field), Some(value)) = (find(name, release), child(config, name)) else { return Ok(()) };
        let value = match field.kind {
            Kind::Text => value.clone(),
            Kind::Int => python::number(value).map(Datum::Int).map_err(Failure::Exception)?,
            Kind::Float => python::float(value).map(Datum::Float).map_err(Failure::Exception)?,
            Kind::Cpuid => cpuid(value),
        };
        self.set(field.name, value);
        Ok(())
    }

    /// Reads all fields that were not read before.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read).
    pub(super) fn read_rest(&mut self, config: &Datum, release: Release) -> Result<(), Failure> {
        let untouched = |field: &&Field| self.get(field.name).is_none();
        for field in FIELDS.iter().filter(untouched).collect::<Vec<_>>() {
            self.read(config, field.name, release)?;
        }
        Ok(())
    }

    /// Keeps a value for a field. A name that no release has is ignored.
    pub fn set(&mut self, name: &str, value: Datum) {
        let Some(field) = FIELDS.iter().find(|field| field.name == name) else { return };
        match self.given.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.given.push((field.name, value)),
        }
    }
}

/// Converts CPUID settings: leaves to decimal numbers, and masks given as `0x..` to 32 binary digits (capture
/// `sage20-cpuid@4.1`).
fn cpuid(value: &Datum) -> Datum {
    let hex = |text: &[u8]| i64::from_str_radix(str::from_utf8(text.strip_prefix(b"0x")?).ok()?, 16).ok();
    let register = |pair: &Datum| match pair.items() {
        [name, Datum::Bytes(mask)] => match hex(mask) {
            Some(mask) => Datum::list([name.clone(), format!("{:032b}", mask & 0xffff_ffff).into()]),
            None => pair.clone(),
        },
        _ => pair.clone(),
    };
    let leaf = |leaf: &Datum| match leaf.items() {
        [Datum::Bytes(number), registers] => {
            let number = hex(number).map_or_else(|| number.clone(), |number| number.to_string().into_bytes());
            Datum::list([number.into(), registers.items().iter().map(register).collect::<Vec<_>>().into()])
        }
        _ => leaf.clone(),
    };
    value.items().iter().map(leaf).collect::<Vec<_>>().into()
}
