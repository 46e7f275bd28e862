//! The parameters that the hypervisor's schedulers keep for each domain.

use serde::{Deserialize, Serialize};

/// A scheduler of the hypervisor that has parameters for each domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// The scheduler with borrowed virtual time (BVT), 3.0.2 only.
    Bvt,
    /// The scheduler with the simple earliest deadline first (SEDF).
    Sedf,
    /// The credit scheduler, from 3.0.3 on.
    Credit,
    /// The credit2 scheduler, 4.1.
    Credit2,
}

/// Parameters of the credit scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Credit {
    /// The weight, from 1 to 65535.
    pub weight: i64,
    /// The most CPU time in percent of one CPU; 0 means no limit.
    pub cap: i64,
    /// The weight as a configuration up to 3.0.3 gives it, which is a fraction.
    #[serde(skip_serializing_if = "is_one")]
    pub share: f64,
}

/// Returns whether the share is the default, 1.
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
    /// The length of a period.
    pub period: i64,
    /// The part of the period that is guaranteed.
    pub slice: i64,
    /// The bound for the latency.
    pub latency: i64,
    /// Whether the domain gets time that other domains leave: 1 or 0.
    pub extratime: i64,
    /// The weight, given instead of period and slice.
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
    /// The advance of virtual time for the CPU time used (`mcuadv`).
    pub mcuadv: i64,
    /// Whether the domain may warp back in virtual time (`warpback`).
    pub warpback: i64,
    /// How far the domain may warp back (`warpvalue`).
    pub warpvalue: i64,
    /// The longest time that the domain may run warped (`warpl`).
    pub warpl: i64,
    /// The shortest time between two warps (`warpu`).
    pub warpu: i64,
}

impl Default for Bvt {
    fn default() -> Self {
        Self { mcuadv: 10, warpback: 0, warpvalue: 0, warpl: 0, warpu: 0 }
    }
}
