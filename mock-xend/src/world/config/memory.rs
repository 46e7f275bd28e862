//! The memory that a configuration asks for, from 3.1 on (`XendConfig.py`, `_memory_sanity_check`).

use xend_wire::datum::Datum;

use crate::python;
use crate::world::Failure;
use crate::world::pairs::{child, integer};

const MIB: i64 = 1 << 20;

/// The four limits of a domain's memory that the daemon keeps, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    static_min: i64,
    static_max: i64,
    dynamic_min: i64,
    dynamic_max: i64,
}

/// Reads the fields `memory` and `maxmem`, in MiB, and the fields of the Xen-API, in bytes. Where `memory` is given, it
/// replaces all of the latter; `maxmem` counts only beside it (`XendConfig.py`, `_sxp_to_xapi`).
///
/// # Errors
/// Returns Python's exception for a value that is not a number. A field of the Xen-API with such a value is ignored.
pub(super) fn read(config: &Datum) -> Result<Memory, Failure> {
    let bytes = |name: &str| child(config, name).and_then(|value| python::number(value).ok()).unwrap_or_default();
    let mib = |name: &str| integer(config, name).map(|value| value.map(|value| value.saturating_mul(MIB)));
    let (target, most) = (mib("memory")?, mib("maxmem")?);
    if let Some(target) = target {
        let static_max = most.unwrap_or(target);
        return Ok(Memory { static_min: 0, static_max, dynamic_min: target, dynamic_max: target });
    }
    Ok(Memory {
        static_min: bytes("memory_static_min"),
        static_max: bytes("memory_static_max"),
        dynamic_min: bytes("memory_dynamic_min"),
        dynamic_max: bytes("memory_dynamic_max"),
    })
}

impl Memory {
    /// Checks that the limits are consistent.
    ///
    /// # Errors
    /// Returns the failure of the first check of the daemon that is not met.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let &Self { static_min, static_max, dynamic_min, dynamic_max } = self;
        let wrong = if static_min > static_max {
            "memory_static_min must be less than or equal to memory_static_max"
        } else if static_min > dynamic_min {
            "memory_static_min must be less than or equal to memory_dynamic_min"
        } else if dynamic_max > static_max {
            "memory_dynamic_max must be less than or equal to memory_static_max"
        } else if dynamic_max <= 0 {
            "memory_dynamic_max must be greater than zero"
        } else if static_max <= 0 {
            "memory_static_max must be greater than zero"
        } else {
            return Ok(());
        };
        Err(Failure::configuration(wrong))
    }

    /// Returns the memory that the domain has, in MiB.
    pub(super) fn target(&self) -> i64 {
        self.dynamic_max / MIB
    }

    /// Returns the most memory that the domain may have, in MiB.
    pub(super) fn most(&self) -> i64 {
        self.static_max / MIB
    }
}
