//! The CPUs that the virtual CPUs of a domain may run on: `(cpus 0-3,^2)`, `(cpus (0 1))` (`XendConfig.py`,
//! `parse_cpus`).

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
    let Some(given) = given(config) else { return Ok(Vec::new()) };
    let numbers = |list: &Datum| {
        let cpus = python::items(list).map_err(Failure::Exception)?;
        cpus.iter().map(|cpu| number(cpu, &given)).collect::<Result<Vec<_>, _>>()
    };
    let lists: Vec<Vec<i64>> = match &given {
        // 3.1 passes a list on without reading it.
        Datum::List(_) if release < Release::V3_2 => return Ok(Vec::new()),
        Datum::List(_) if release < Release::V3_3 => return Ok(for_each(numbers(&given)?, vcpus)),
        // The first element alone decides how the others are read.
        Datum::List(list) if matches!(list.first(), Some(Datum::List(_))) => {
            list.iter().map(numbers).collect::<Result<_, _>>()?
        }
        Datum::List(list) => {
            let ranges = list.iter().map(|cpus| match cpus {
                Datum::List(_) => Err(Failure::Exception(python::no_attribute(cpus, "split"))),
                cpus => range(&python::str(cpus), &given, release),
            });
            ranges.collect::<Result<_, _>>()?
        }
        cpus => return Ok(for_each(range(&python::str(cpus), cpus, release)?, vcpus)),
    };
    if i64::try_from(lists.len()) != Ok(vcpus) {
        return Err(Failure::configuration("vcpus and the item number of cpus are not same"));
    }
    Ok(lists)
}

/// Returns what the fields `cpu` and `cpus` give together. The daemon puts `cpu` in front as text, also of a list, which
/// it then reads as the text that Python prints for it.
pub(super) fn given(config: &Datum) -> Option<Datum> {
    Some(match (child(config, "cpu"), child(config, "cpus")) {
        (None, None) => return None,
        (None, Some(cpus)) => cpus.clone(),
        (Some(cpu), None) => python::str(cpu).into(),
        (Some(cpu), Some(cpus)) => [python::str(cpu), b",".to_vec(), python::str(cpus)].concat().into(),
    })
}

/// Returns the same CPUs for each virtual CPU. The copies are few, because the hypervisor limits the virtual CPUs of a
/// domain.
fn for_each(cpus: Vec<i64>, vcpus: i64) -> Vec<Vec<i64>> {
    const MOST: usize = 4096;
    vec![cpus; usize::try_from(vcpus).unwrap_or_default().min(MOST)]
}

/// Reads the number of a CPU. The daemon words what is wrong with a text, and lets other exceptions through.
fn number(cpu: &Datum, whole: &Datum) -> Result<i64, Failure> {
    python::number(cpu).map_err(|error| match cpu {
        Datum::Bytes(_) => Failure::configuration(wrong(whole, &error)),
        _ => Failure::Exception(error),
    })
}

/// Reads ranges and numbers such as `0-3,^2`, where `^` removes a number that was read before. The numbers come in the
/// order in which they are given, as often as they are given. `whole` is the value that an error shows.
///
/// # Errors
/// Returns Python's exception for a part that is not a number.
pub(super) fn range(text: &[u8], whole: &Datum, release: Release) -> Result<Vec<i64>, Failure> {
    /// The longest list of CPUs: the hypervisor has no more.
    const MOST: usize = 4096;
    let refused = |error: &[u8]| Failure::configuration(wrong(whole, error));
    let number = |part: &[u8]| python::int(part).map_err(|error| refused(&error));
    let mut cpus: Vec<i64> = Vec::new();
    for part in text.split(|&byte| byte == b',') {
        let mut ends = part.split(|&byte| byte == b'-');
        match (ends.next().unwrap_or_default(), ends.next(), ends.next()) {
            (first, Some(last), None) => {
                let (first, last) = (number(first)?, number(last)?);
                cpus.extend((first..=last).take(MOST.saturating_sub(cpus.len())));
            }
            (_, Some(_), Some(_)) => return Err(refused(b"too many values to unpack")),
            (b"", None, _) if release >= Release::V4_1 => {}
            (b"", None, _) => return Err(Failure::exception("string index out of range")),
            (part, None, _) => match part.strip_prefix(b"^") {
                // Python reads the number only to compare it with one that is there.
                Some(_) if cpus.is_empty() => {}
                // 3.0.2 reads a single digit.
                Some(b"") if release == Release::V3_0_2 => {
                    return Err(Failure::exception("string index out of range"));
                }
                Some(removed) => {
                    let digits = if release == Release::V3_0_2 { 1 } else { removed.len() };
                    let removed = number(&removed[..digits])?;
                    cpus.retain(|&cpu| cpu != removed);
                }
                None if cpus.len() < MOST => cpus.push(number(part)?),
                None => drop(number(part)?),
            },
        }
    }
    Ok(cpus)
}

/// Formats an error: `cpus = WHOLE: WHY`.
fn wrong(whole: &Datum, why: &[u8]) -> Vec<u8> {
    [b"cpus = ".as_slice(), &python::str(whole), b": ", why].concat()
}
