//! How much memory a domain has, may have, and needs besides.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::{Failure, World};
use crate::python;

impl World {
    pub(super) fn set_memory_target(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let memory = match memory {
            Datum::Int(memory) => *memory,
            Datum::Bool(flag) => i64::from(*flag),
            // A text is shifted up to 3.0.3, and later compared with a number, which is always less.
            other if release <= Release::V3_0_3 => {
                let text = format!("unsupported operand type(s) for <<: '{}' and 'int'", python::type_name(other));
                return Err(Failure::exception(text));
            }
            _ => i64::MAX,
        };
        match release {
            // No check at all (capture `post-mem-neg@3.0.2`).
            Release::V3_0_2 => {}
            Release::V3_0_3 if memory <= 0 => return Err(Failure::refused("Invalid memory size")),
            Release::V3_0_3 => {}
            _ if memory < 0 => {
                let text = "memory_static_min must be less than or equal to memory_dynamic_min";
                return Err(Failure::configuration(text));
            }
            _ if memory == 0 => return Err(Failure::configuration("memory_dynamic_max must be greater than zero")),
            _ if memory > domain.max_memory => {
                let text = "memory_dynamic_max must be less than or equal to memory_static_max";
                return Err(Failure::configuration(text));
            }
            _ => {}
        }
        domain.memory = memory;
        Ok(Datum::None)
    }

    pub(super) fn set_max_memory(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let memory = python::number(memory).map_err(Failure::Exception)?;
        match release {
            Release::V3_0_2 | Release::V3_0_3 => {}
            _ if memory <= 0 && release < Release::V3_3 => return Err(Failure::refused("Invalid memory size")),
            _ if memory < domain.memory => {
                let text = "memory_dynamic_max must be less than or equal to memory_static_max";
                return Err(Failure::configuration(text));
            }
            _ => {}
        }
        domain.max_memory = memory;
        Ok(Datum::Int(0))
    }

    pub(super) fn set_shadow_memory(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let domain = self.find_mut(target)?;
        let memory = python::number(memory).map_err(Failure::Exception)?;
        if memory < 0 {
            return Err(Failure::refused("Invalid memory size"));
        }
        domain.shadow_memory = memory;
        Ok(memory.into())
    }

    /// Whether the host has enough memory for a new domain (`balloon.py`, captures `post-create-toobig`).
    pub(super) fn check_free_memory(&self, memory: i64, max_memory: i64) -> Result<(), Failure> {
        /// What Domain-0 keeps in any case: `dom0-min-mem` of the captures' configuration, in MiB.
        const DOM0_MIN_MEM: i64 = 64;
        let free = self.node.free_memory;
        let of_domain_0 = self.domains.iter().find(|domain| domain.is_privileged()).map_or(0, |domain| domain.memory);
        let available = free.saturating_add(of_domain_0.saturating_sub(DOM0_MIN_MEM).max(0));
        let kib = |mib: i64| mib.saturating_mul(1024);
        let (enough, text) = match self.release {
            Release::V3_0_2 => (
                memory < available,
                format!(
                    "I need {} MiB, but dom0_min_mem is {DOM0_MIN_MEM} and shrinking to {DOM0_MIN_MEM} MiB would \
                     leave only {available} MiB free.",
                    memory.saturating_add(1)
                ),
            ),
            release if release < Release::V3_2 => (
                memory <= available,
                format!(
                    "I need {} KiB, but dom0_min_mem is {} and shrinking to {} KiB would leave only {} KiB free.",
                    kib(memory),
                    kib(DOM0_MIN_MEM),
                    kib(DOM0_MIN_MEM),
                    kib(available)
                ),
            ),
            release => {
                // 3.3 and 3.4 add the page tables of an IOMMU to every domain: 4 KiB for each MiB, in whole MiB.
                let has_tables = Releases::between(Release::V3_3, Release::V3_4).contains(release);
                let tables = if has_tables { max_memory.saturating_add(255) / 256 } else { 0 };
                let needed = memory.saturating_add(tables);
                // The daemon of the captures is configured to take no memory from Domain-0.
                let rows = [(Release::V3_2, "dom0_min_mem is 0"), (Release::V3_3, "enable-dom0-ballooning is False")];
                let why = release.pick(&rows);
                (
                    needed <= free,
                    format!(
                        "Not enough free memory and {why}, so I cannot release any more.  \
                         I need {} KiB but only have {}.",
                        kib(needed),
                        kib(free)
                    ),
                )
            }
        };
        if enough { Ok(()) } else { Err(Failure::refused(text)) }
    }
}
