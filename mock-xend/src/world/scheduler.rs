//! What the schedulers of the hypervisor grant each domain.

use serde::{Deserialize, Serialize};
use xend_wire::Release;
use xend_wire::datum::Datum;

use super::command::Scheduler;
use super::{Failure, World};
use crate::python;

/// Parameters of the credit scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Credit {
    /// The share, from 1 to 65535.
    pub weight: i64,
    /// The most of a CPU in percent; 0 is no limit.
    pub cap: i64,
    /// The share as a configuration gives it up to 3.0.3, where it is a fraction.
    #[serde(skip_serializing_if = "is_one")]
    pub share: f64,
}

/// Whether a share is the usual one.
fn is_one(share: &f64) -> bool {
    *share == 1.0
}

impl Default for Credit {
    fn default() -> Self {
        Self { weight: 256, cap: 0, share: 1.0 }
    }
}

/// Parameters of the SEDF scheduler. Times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sedf {
    /// How long a period is.
    pub period: i64,
    /// How much of it is guaranteed.
    pub slice: i64,
    /// A bound for the latency.
    pub latency: i64,
    /// Whether it gets what others leave.
    pub extratime: i64,
    /// The share instead of period and slice.
    pub weight: i64,
}

impl Default for Sedf {
    fn default() -> Self {
        Self { period: 100_000_000, slice: 0, latency: 0, extratime: 1, weight: 0 }
    }
}

/// Parameters of the BVT scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bvt {
    /// How fast its virtual time goes.
    pub mcuadv: i64,
    /// Whether it may warp back.
    pub warpback: i64,
    /// How far.
    pub warpvalue: i64,
    /// For how long.
    pub warpl: i64,
    /// How long after the last time.
    pub warpu: i64,
}

impl Default for Bvt {
    fn default() -> Self {
        Self { mcuadv: 10, warpback: 0, warpvalue: 0, warpl: 0, warpu: 0 }
    }
}

impl World {
    pub(super) fn scheduling(&self, target: &Datum, scheduler: Scheduler) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
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
        let number = |at: usize| match values.get(at) {
            None | Some(Datum::None) => Ok(None),
            Some(value) => python::number(value).map(Some).map_err(Failure::Exception),
        };
        let needed = |at: usize| number(at)?.ok_or_else(|| Failure::exception(python::not_a_number(&Datum::None)));
        match scheduler {
            Scheduler::Bvt => {
                domain.bvt = Bvt {
                    mcuadv: needed(0)?,
                    warpback: needed(1)?,
                    warpvalue: needed(2)?,
                    warpl: needed(3)?,
                    warpu: needed(4)?,
                };
            }
            Scheduler::Sedf => {
                domain.sedf = Sedf {
                    period: needed(0)?,
                    slice: needed(1)?,
                    latency: needed(2)?,
                    extratime: needed(3)?,
                    weight: needed(4)?,
                };
            }
            Scheduler::Credit | Scheduler::Credit2 => {
                let weight = number(0)?.unwrap_or(domain.credit.weight);
                let cap = number(1)?.unwrap_or(domain.credit.cap);
                let newest = release >= Release::V4_1;
                if !(1..=65_535).contains(&weight) {
                    return Err(Failure::refused(if newest {
                        "Cpu weight out of range, valid values are within range from 1 to 65535"
                    } else {
                        "weight is out of range"
                    }));
                }
                let most = domain.vcpus * 100;
                if !(0..=most).contains(&cap) {
                    return Err(Failure::refused(if newest {
                        format!("Cpu cap out of range, valid range is from 0 to {most} for specified number of vcpus")
                    } else {
                        "cap is out of range".to_owned()
                    }));
                }
                domain.credit = super::Credit { weight, cap, ..domain.credit };
            }
        }
        Ok(Datum::Int(0))
    }
}

fn dict(members: &[(&str, Datum)]) -> Datum {
    Datum::Dict(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}
