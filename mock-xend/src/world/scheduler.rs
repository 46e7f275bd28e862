//! What the schedulers of the hypervisor grant each domain.

use serde::{Deserialize, Serialize};

/// A scheduler of the hypervisor that has parameters for each domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// Borrowed virtual time, 3.0.2 only.
    Bvt,
    /// Simple earliest deadline first.
    Sedf,
    /// Credit, from 3.0.3 on.
    Credit,
    /// Credit2, 4.1.
    Credit2,
}

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
