//! Reading and setting the scheduling parameters of a domain.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::domain::Domain;
use super::failure::Failure;
use super::scheduler::{Bvt, Credit, Scheduler, Sedf};
use super::state::World;
use crate::python;

impl World {
    pub(super) fn scheduling(&self, target: &Datum, scheduler: Scheduler) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        domain.check_scheduled(scheduler, self.release)?;
        Ok(match scheduler {
            // The order is that of the captures (`cpu_bvt_get@3.0.2`).
            Scheduler::Bvt => {
                let Bvt { mcuadv, warpback, warpvalue, warpl, warpu } = domain.bvt;
                dict(&[
                    ("domain", domain.domid()),
                    ("warpback", warpback.into()),
                    ("warpvalue", warpvalue.into()),
                    ("warpu", warpu.into()),
                    ("warpl", warpl.into()),
                    ("mcuadv", mcuadv.into()),
                ])
            }
            Scheduler::Sedf => {
                let Sedf { period, slice, latency, extratime, weight } = domain.sedf;
                let id = if self.release <= Release::V3_0_3 { "domain" } else { "domid" };
                Datum::list([
                    "sedf".into(),
                    Datum::pair(id, domain.domid()),
                    Datum::pair("period", Datum::Long(period)),
                    Datum::pair("slice", Datum::Long(slice)),
                    Datum::pair("latency", Datum::Long(latency)),
                    Datum::pair("extratime", extratime),
                    Datum::pair("weight", weight),
                ])
            }
            Scheduler::Credit => dict(&[("cap", domain.credit.cap.into()), ("weight", domain.credit.weight.into())]),
            Scheduler::Credit2 => dict(&[("weight", domain.credit.weight.into())]),
        })
    }

    pub(super) fn set_scheduling(
        &mut self,
        target: &Datum,
        scheduler: Scheduler,
        values: &[Datum],
    ) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        domain.check_scheduled(scheduler, release)?;
        let value = |at: usize| values.get(at).unwrap_or(&Datum::None);
        // Any exception of the hypervisor's binding becomes a plain error.
        let refused = |raised: Vec<u8>| Failure::refused(raised);
        let number = |at: usize| python::c_int(value(at)).map_err(refused);
        match scheduler {
            Scheduler::Bvt => {
                domain.bvt = Bvt {
                    mcuadv: number(0)?,
                    warpback: number(1)?,
                    warpvalue: number(2)?,
                    warpl: number(3)?,
                    warpu: number(4)?,
                };
            }
            Scheduler::Sedf => {
                domain.sedf = Sedf {
                    period: number(0)?,
                    slice: number(1)?,
                    latency: number(2)?,
                    extratime: number(3)?,
                    weight: number(4)?,
                };
            }
            Scheduler::Credit | Scheduler::Credit2 => {
                // Values are compared without conversion, and Python takes a text for more than any number.
                let is_out_of = |at: usize, least: i64, most: i64| {
                    let order = |number| python::compare(value(at), number).map_err(refused);
                    Ok(*value(at) != Datum::None && (order(least)?.is_lt() || order(most)?.is_gt()))
                };
                let newest = release >= Release::V4_1;
                if is_out_of(0, 1, 65_535)? {
                    return Err(Failure::refused(if newest && scheduler == Scheduler::Credit {
                        "Cpu weight out of range, valid values are within range from 1 to 65535"
                    } else {
                        "weight is out of range"
                    }));
                }
                let most = domain.vcpus.saturating_mul(100);
                if is_out_of(1, 0, most)? {
                    return Err(Failure::refused(if newest {
                        format!("Cpu cap out of range, valid range is from 0 to {most} for specified number of vcpus")
                    } else {
                        "cap is out of range".to_owned()
                    }));
                }
                let kept = |at: usize, known: i64| match value(at) {
                    Datum::None => Ok(known),
                    // `assert type(weight) == int`, whose exception has no text.
                    other if release >= Release::V3_3 && !matches!(other, Datum::Int(_)) => Err(Failure::refused("")),
                    _ => number(at),
                };
                let (weight, cap) = (kept(0, domain.credit.weight)?, kept(1, domain.credit.cap)?);
                if release == Release::V3_1 {
                    domain.configured_credit.get_or_insert(domain.credit);
                }
                domain.credit = Credit { weight, cap, ..domain.credit };
            }
        }
        Ok(Datum::Int(0))
    }
}

impl Domain {
    /// Checks that the scheduler can be asked about the domain, which must be active. From 3.3 on the credit
    /// scheduler's parameters of an inactive domain are read from its definition instead.
    fn check_scheduled(&self, scheduler: Scheduler, release: Release) -> Result<(), Failure> {
        let is_defined = match scheduler {
            Scheduler::Credit | Scheduler::Credit2 => release >= Release::V3_3,
            Scheduler::Bvt | Scheduler::Sedf => false,
        };
        if self.id.is_some() || is_defined { Ok(()) } else { Err(Failure::refused(python::AN_INTEGER_IS_REQUIRED)) }
    }
}

fn dict(members: &[(&str, Datum)]) -> Datum {
    Datum::Dict(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}
