//! Virtual CPUs: how many, where, and what they do.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::config::most_vcpus;
use super::domain::Domain;
use super::{Failure, World};
use crate::python;

/// `(domain (domid 1) (name vm1) (vcpu_count 1) (vcpu ...))` (captures `vcpuinfo`).
///
/// The stub hypervisor of the captures brings no vcpu down: all are online, however many are available.
pub(super) fn vcpus(domain: &Domain) -> Datum {
    let mut fields: Vec<Datum> = vec![
        "domain".into(),
        Datum::pair("domid", domain.domid()),
        Datum::pair("name", domain.name.as_str()),
        Datum::pair("vcpu_count", domain.vcpus),
    ];
    for number in 0..domain.vcpus {
        let cpus = domain.cpus_of(number).iter().map(|&cpu| cpu.into()).collect();
        fields.push(Datum::List(vec![
            "vcpu".into(),
            Datum::pair("number", number),
            Datum::pair("online", 1),
            Datum::pair("blocked", 1),
            Datum::pair("running", 0),
            Datum::pair("cpu_time", 1.234_567_89),
            Datum::pair("cpu", number % 2),
            Datum::pair("cpumap", Datum::List(cpus)),
        ]));
    }
    fields.into()
}

impl Domain {
    /// The host's processors that a virtual one may run on.
    pub(crate) fn cpus_of(&self, vcpu: i64) -> &[i64] {
        let pinned = usize::try_from(vcpu).ok().and_then(|at| self.pinned.get(at));
        pinned.filter(|cpus| !cpus.is_empty()).map_or(&[0, 1], Vec::as_slice)
    }
}

impl World {
    pub(super) fn set_vcpus(&mut self, target: &Datum, vcpus: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let vcpus = match vcpus {
            // Text is more than any number, and no shift takes it.
            Datum::Bytes(_) | Datum::Text(_) if release < Release::V3_4 => {
                let text = format!("unsupported operand type(s) for <<: 'int' and '{}'", python::type_name(vcpus));
                return Err(Failure::exception(text));
            }
            Datum::Bytes(_) | Datum::Text(_) => i64::MAX,
            vcpus => python::number(vcpus).map_err(Failure::Exception)?,
        };
        if vcpus < 0 && release < Release::V3_1 {
            return Err(Failure::exception("negative shift count"));
        }
        if vcpus <= 0 && release >= Release::V3_1 {
            let rows = [(Release::V3_1, "Invalid VCPUs"), (Release::V3_4, "Zero or less VCPUs is invalid")];
            return Err(Failure::refused(release.pick(&rows)));
        }
        if release >= Release::V3_4 && domain.id.is_some() && vcpus > domain.vcpus {
            return Err(Failure::refused("Cannot set vcpus greater than max vcpus on running domain"));
        }
        if domain.id.is_none() {
            if vcpus > most_vcpus(release) {
                return Err(Failure::Hypervisor { errno: 22, text: "Invalid argument" });
            }
            domain.vcpus = vcpus;
        }
        domain.available_vcpus = Some(vcpus);
        Ok(Datum::None)
    }

    /// `domain_pincpu`. What it checks, and in which order, differs in every release (captures `post-pincpu-bad`).
    pub(super) fn pin(&mut self, target: &Datum, vcpu: &Datum, cpus: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let all = release >= Release::V3_0_3 && python::str(vcpu).eq_ignore_ascii_case(b"all");
        let vcpus = if all {
            0..domain.vcpus
        } else {
            let vcpu = python::number(vcpu).map_err(|text| {
                // 3.1 and 3.2 convert the number where they also call the hypervisor (captures `post-pincpu-bad`).
                if Releases::between(Release::V3_1, Release::V3_2).contains(release) {
                    let what = [b"Cannot pin vcpu: ".as_slice(), &python::str(vcpu), b" to cpu: ", &python::str(cpus)];
                    return Failure::refused([&what.concat(), b" - ".as_slice(), &text].concat());
                }
                Failure::Exception(text)
            })?;
            vcpu..vcpu.saturating_add(1)
        };
        let cpus: Vec<i64> = match cpus {
            Datum::Bytes(text) if release >= Release::V4_1 => text
                .split(|&byte| byte == b',')
                .map(python::int)
                .collect::<Result<_, _>>()
                .map_err(Failure::Exception)?,
            other if release >= Release::V4_1 => {
                let text = format!("'{}' object has no attribute 'split'", python::type_name(other));
                return Err(Failure::exception(text));
            }
            Datum::List(cpus) => {
                let number = |cpu: &Datum| python::number(cpu).map_err(Failure::Exception);
                cpus.iter().map(number).collect::<Result<_, _>>()?
            }
            // The binding ignores whatever is no list, and pins to all (`xc.c`, protocol reference §3.3).
            _ => Vec::new(),
        };
        for vcpu in vcpus {
            let Some(at) = usize::try_from(vcpu).ok().filter(|_| vcpu < domain.vcpus) else {
                return Err(Failure::Hypervisor { errno: 22, text: "Invalid argument" });
            };
            if domain.pinned.len() <= at {
                domain.pinned.resize(at + 1, Vec::new());
            }
            domain.pinned[at].clone_from(&cpus);
            domain.last_pinned = Some(cpus.clone());
        }
        Ok(Datum::Int(0))
    }
}
