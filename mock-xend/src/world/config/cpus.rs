//! The CPUs that the virtual CPUs of a domain may run on: `(cpus 0-3,^2)`, `(cpus (0 1))` (`XendConfig.py`,
//! `parse_cpus`).

use std::collections::BTreeSet;

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::python;
use crate::world::Failure;
use crate::world::pairs::child;

/// Reads the CPUs that a configuration gives each virtual CPU. The list is empty if the configuration gives none, and
/// in releases that only check the field.
///
/// # Errors
/// Returns the daemon's failure for a list of the wrong length, and for an element that is not a number.
pub(super) fn read(config: &Datum, vcpus: i64, release: Release) -> Result<Vec<Vec<i64>>, Failure> {
    let cpu = child(config, "cpu").map(|cpu| python::number(cpu).map_err(Failure::Exception)).transpose()?;
    let given = match (child(config, "cpus"), cpu) {
        (Some(Datum::List(list)), _) => Datum::List(list.clone()),
        (Some(cpus), Some(cpu)) => [cpu.to_string().into_bytes(), b",".to_vec(), python::str(cpus)].concat().into(),
        (Some(cpus), None) => cpus.clone(),
        (None, Some(cpu)) => cpu.to_string().into(),
        (None, None) => return Ok(Vec::new()),
    };
    let lists = match &given {
        // 3.1 passes a list on without reading it.
        Datum::List(_) if release < Release::V3_2 => return Ok(Vec::new()),
        Datum::List(list) if release < Release::V3_3 => {
            let numbers = list.iter().map(|cpu| {
                python::number(cpu).map_err(|error| match cpu {
                    Datum::Bytes(_) => Failure::configuration(wrong(&given, &error)),
                    _ => Failure::Exception(error),
                })
            });
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            return Ok(for_each(numbers, vcpus));
        }
        Datum::List(list) => list.iter().map(|cpus| of_vcpu(cpus, &given, release)).collect::<Result<_, _>>()?,
        cpus => return Ok(for_each(range(&python::str(cpus), cpus, release)?, vcpus)),
    };
    let lists: Vec<Vec<i64>> = lists;
    if i64::try_from(lists.len()) != Ok(vcpus) {
        return Err(Failure::configuration("vcpus and the item number of cpus are not same"));
    }
    Ok(lists)
}

/// Returns the same CPUs for each virtual CPU. The copies are few, because the hypervisor limits the virtual CPUs of a
/// domain.
fn for_each(cpus: Vec<i64>, vcpus: i64) -> Vec<Vec<i64>> {
    const MOST: usize = 4096;
    vec![cpus; usize::try_from(vcpus).unwrap_or_default().min(MOST)]
}

fn of_vcpu(cpus: &Datum, whole: &Datum, release: Release) -> Result<Vec<i64>, Failure> {
    match cpus {
        Datum::List(list) => list.iter().map(|cpu| python::number(cpu).map_err(Failure::Exception)).collect(),
        cpus => range(&python::str(cpus), whole, release),
    }
}

/// Reads ranges and numbers such as `0-3,^2`, where `^` removes a number that was read before. `whole` is the value
/// that an error shows.
///
/// # Errors
/// Returns Python's exception for a part that is not a number.
pub(super) fn range(text: &[u8], whole: &Datum, release: Release) -> Result<Vec<i64>, Failure> {
    /// The longest list of CPUs: the hypervisor has no more.
    const MOST: i64 = 4096;
    if text.is_empty() {
        return if release >= Release::V4_1 {
            Ok(Vec::new())
        } else {
            Err(Failure::exception("string index out of range"))
        };
    }
    let number = |part: &[u8]| python::int(part).map_err(|error| Failure::configuration(wrong(whole, &error)));
    // A set, because overlapping ranges would make a list much longer than the text.
    let mut cpus = BTreeSet::new();
    for part in text.split(|&byte| byte == b',') {
        if let Some(dash) = part.iter().position(|&byte| byte == b'-') {
            let (first, last) = (number(&part[..dash])?, number(&part[dash + 1..])?);
            cpus.extend(first..=last.min(first.saturating_add(MOST)));
        } else if let Some(removed) = part.strip_prefix(b"^") {
            let removed = number(removed)?;
            cpus.remove(&removed);
        } else {
            cpus.insert(number(part)?);
        }
    }
    Ok(cpus.into_iter().take(MOST as usize).collect())
}

/// Formats an error: `cpus = WHOLE: WHY`.
pub(super) fn wrong(whole: &Datum, why: &[u8]) -> Vec<u8> {
    [b"cpus = ".as_slice(), &python::str(whole), b": ", why].concat()
}
