//! Virtual CPUs: their number, where they may run, and their state.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::activity::Activity;
use super::config::{MOST_VCPUS, most_vcpus};
use super::domain::Domain;
use super::{Failure, World};
use crate::{python, weight};

/// The processors of the host.
const PROCESSORS: std::ops::Range<i64> = 0..2;

/// Returns the state of a domain's virtual CPUs: `(domain (domid 1) (name vm1) (vcpu_count 1) (vcpu ...))` (captures
/// `vcpuinfo`).
///
/// The stub hypervisor of the captures takes no virtual CPU offline: all are online, however many are available. The
/// hypervisor has no virtual CPUs for an inactive domain, but 3.1 and 3.2 ask for them all the same.
pub(super) fn vcpus(domain: &Domain, release: Release) -> Result<Datum, Failure> {
    let is_active = domain.id.is_some();
    if !is_active && release < Release::V3_3 {
        return Err(Failure::exception(python::AN_INTEGER_IS_REQUIRED));
    }
    let mut fields: Vec<Datum> = vec![
        "domain".into(),
        Datum::pair("domid", domain.domid()),
        Datum::pair("name", domain.name.as_str()),
        Datum::pair("vcpu_count", domain.vcpus),
    ];
    // Up to 3.0.3 the virtual CPUs of a paused domain are shown as blocked.
    let is_blocked = is_active && (domain.activity != Activity::Paused || release < Release::V3_1);
    for number in 0..domain.vcpus {
        let cpus = match is_active {
            true => domain.cpus_of(number),
            false => domain.pinned_cpus(number).map_or_else(|| (0..64).collect(), <[i64]>::to_vec),
        };
        fields.push(Datum::List(vec![
            "vcpu".into(),
            Datum::pair("number", number),
            Datum::pair("online", i64::from(is_active)),
            Datum::pair("blocked", i64::from(is_blocked)),
            Datum::pair("running", 0),
            Datum::pair("cpu_time", if is_active { 1.234_567_89 } else { 0.0 }),
            Datum::pair("cpu", if is_active { number % 2 } else { -1 }),
            Datum::pair("cpumap", Datum::List(cpus.into_iter().map(Datum::from).collect())),
        ]));
    }
    Ok(fields.into())
}

impl Domain {
    /// Returns the processors of the host that a virtual CPU may run on, as the hypervisor tells them.
    pub(crate) fn cpus_of(&self, vcpu: i64) -> Vec<i64> {
        let pinned = self.pinned_cpus(vcpu);
        PROCESSORS.filter(|cpu| pinned.is_none_or(|pinned| pinned.contains(cpu))).collect()
    }

    /// Returns the processors that a virtual CPU is to be pinned to, if it is.
    fn pinned_cpus(&self, vcpu: i64) -> Option<&[i64]> {
        let pinned = usize::try_from(vcpu).ok().and_then(|at| self.pinned.get(at));
        pinned.filter(|cpus| !cpus.is_empty()).map(Vec::as_slice)
    }
}

impl World {
    pub(super) fn set_vcpus(&mut self, target: &Datum, vcpus: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let order = |number| python::compare(vcpus, number).map_err(Failure::Exception);
        if release >= Release::V3_1 && order(0)?.is_le() {
            let rows = [(Release::V3_1, "Invalid VCPUs"), (Release::V3_4, "Zero or less VCPUs is invalid")];
            return Err(Failure::refused(release.pick(&rows)));
        }
        if release >= Release::V3_4 && domain.id.is_some() && order(domain.vcpus)?.is_gt() {
            return Err(Failure::refused("Cannot set vcpus greater than max vcpus on running domain"));
        }
        // The daemon computes the mask of available virtual CPUs as `(1 << vcpus) - 1`.
        let vcpus = python::shift(vcpus).map_err(Failure::Exception)?;
        if domain.id.is_none() {
            if vcpus > most_vcpus(release) {
                return Err(Failure::Hypervisor { errno: 22, text: "Invalid argument" });
            }
            domain.vcpus = vcpus;
        }
        // Python runs out of memory for a number with so many bits.
        if vcpus > MOST_VCPUS {
            return Err(Failure::exception(""));
        }
        domain.available_vcpus = Some(vcpus);
        Ok(Datum::None)
    }

    /// Pins a virtual CPU (`domain_pincpu`). What the daemon checks, and in which order, differs in every release
    /// (captures `post-pincpu-bad`).
    pub(super) fn pin(&mut self, target: &Datum, vcpu: &Datum, cpus: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let vcpus = usize::try_from(self.find(target)?.vcpus).unwrap_or_default();
        self.check_room(weight::of(cpus).saturating_mul(vcpus))?;
        let domain = self.find_mut(target)?;
        let all = release >= Release::V3_0_3 && python::str(vcpu).eq_ignore_ascii_case(b"all");
        let vcpus = if all {
            (0..domain.vcpus).map(Datum::Int).collect()
        } else if Releases::between(Release::V3_1, Release::V3_2).contains(release) {
            // The hypervisor's binding converts the number.
            vec![vcpu.clone()]
        } else {
            vec![Datum::Int(python::number(vcpu).map_err(Failure::Exception)?)]
        };
        let cpus = match cpus {
            Datum::Bytes(_) | Datum::Text(_) if release >= Release::V4_1 => {
                let text = python::str(cpus);
                let numbers = text.split(|&byte| byte == b',').map(|number| python::int(number).map(Datum::Int));
                Datum::List(numbers.collect::<Result<_, _>>().map_err(Failure::Exception)?)
            }
            cpus if release >= Release::V4_1 => return Err(Failure::Exception(python::no_attribute(cpus, "split"))),
            cpus => cpus.clone(),
        };
        // From 3.3 on the definition of an inactive domain is changed without asking the hypervisor.
        let asks_hypervisor = domain.id.is_some() || release < Release::V3_3;
        for vcpu in vcpus {
            let failed = |refused: Refused| {
                let since_3_1 = |text: &[u8]| {
                    let what =
                        [b"Cannot pin vcpu: ".as_slice(), &python::str(&vcpu), b" to cpu: ", &python::str(&cpus)];
                    Failure::refused([&what.concat(), b" - ".as_slice(), text].concat())
                };
                match refused {
                    Refused::ByHypervisor if release >= Release::V3_1 => since_3_1(b"(22, 'Invalid argument')"),
                    Refused::ByHypervisor => Failure::Hypervisor { errno: 22, text: "Invalid argument" },
                    Refused::ByPython(text) if release >= Release::V3_1 => since_3_1(&text),
                    Refused::ByPython(text) => Failure::Exception(text),
                    // Up to 3.3 the daemon iterates over the list before it calls the hypervisor.
                    Refused::NotIterable(text) if release >= Release::V3_4 => since_3_1(&text),
                    Refused::NotIterable(text) => Failure::Exception(text),
                }
            };
            domain.pin(&vcpu, &cpus, asks_hypervisor).map_err(failed)?;
        }
        Ok(Datum::Int(0))
    }
}

/// The reason why a virtual CPU was not pinned.
enum Refused {
    ByHypervisor,
    ByPython(Vec<u8>),
    NotIterable(Vec<u8>),
}

impl Domain {
    /// Does what `xc.vcpu_setaffinity` does: the virtual CPU must exist, and so must at least one of the processors.
    /// Where the hypervisor is not asked, the processors are put into a list of Python, which counts a negative number
    /// from its end.
    fn pin(&mut self, vcpu: &Datum, cpus: &Datum, asks_hypervisor: bool) -> Result<(), Refused> {
        let vcpu = python::number(vcpu).map_err(Refused::ByPython)?;
        if asks_hypervisor && self.id.is_none() {
            return Err(Refused::ByPython(python::AN_INTEGER_IS_REQUIRED.to_vec()));
        }
        let cpus: Vec<i64> = match cpus {
            // The binding ignores a text and pins to all processors (`xc.c`, protocol reference §3.3).
            Datum::Bytes(_) | Datum::Text(_) => Vec::new(),
            cpus => {
                let items = python::items(cpus).map_err(Refused::NotIterable)?;
                let numbers: Vec<i64> =
                    items.iter().map(python::number).collect::<Result<_, _>>().map_err(Refused::ByPython)?;
                if !asks_hypervisor {
                    numbers
                } else {
                    let there: Vec<i64> = numbers.into_iter().filter(|cpu| PROCESSORS.contains(cpu)).collect();
                    if there.is_empty() {
                        return Err(Refused::ByHypervisor);
                    }
                    there
                }
            }
        };
        let out_of_range = || Refused::ByPython(b"list assignment index out of range".to_vec());
        let (at, refused) = match asks_hypervisor {
            true => (vcpu, Refused::ByHypervisor),
            false if vcpu < 0 => (vcpu.saturating_add(self.vcpus), out_of_range()),
            false => (vcpu, out_of_range()),
        };
        let at = usize::try_from(at).ok().filter(|_| at < self.vcpus).ok_or(refused)?;
        if self.pinned.len() <= at {
            self.pinned.resize(at + 1, Vec::new());
        }
        self.pinned[at].clone_from(&cpus);
        self.last_pinned = Some(cpus);
        Ok(())
    }
}
