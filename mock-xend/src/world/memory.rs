//! Memory of domains: what they have, may have and need.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::{Domain, Failure, World};
use crate::python;

/// The error of 3.1 for a domain that has more memory than it may have.
const ABOVE_MAXIMUM: &str = "memory_dynamic_max must be less than or equal to memory_static_max";

impl World {
    /// Checks all active domains, as the daemon does before it finds, lists or creates any (`XendDomain._refresh`).
    ///
    /// # Errors
    /// In 3.1, returns a failure if a domain has more memory than it may have. The daemon sets the maximum of a running
    /// domain unchecked, and from then on fails until it is started again.
    pub(super) fn refresh(&self) -> Result<(), Failure> {
        let is_above = |domain: &Arc<Domain>| domain.id.is_some() && domain.memory > domain.max_memory;
        if self.release == Release::V3_1 && self.domains.iter().any(is_above) {
            return Err(Failure::configuration(ABOVE_MAXIMUM));
        }
        Ok(())
    }

    pub(super) fn set_memory_target(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        // Up to 3.0.3 the value is shifted; later it is multiplied. Python multiplies a text or a list by repeating it,
        // and takes the result for more than any number.
        let shifted = || python::operand(memory, "<<").map_err(Failure::Exception);
        let memory = match memory {
            memory if release == Release::V3_0_3 && python::compare(memory, 0).map_err(Failure::Exception)?.is_le() => {
                0
            }
            _ if release < Release::V3_1 => shifted()?,
            Datum::Float(memory) => *memory as i64,
            Datum::Bytes(_) | Datum::Text(_) | Datum::List(_) | Datum::Tuple(_) => i64::MAX,
            memory => python::operand(memory, "*").map_err(Failure::Exception)?,
        };
        match release {
            // 3.0.2 checks nothing here (capture `post-mem-neg@3.0.2`).
            Release::V3_0_2 => {}
            Release::V3_0_3 if memory <= 0 => return Err(Failure::refused("Invalid memory size")),
            Release::V3_0_3 => {}
            _ if memory < 0 => {
                let text = "memory_static_min must be less than or equal to memory_dynamic_min";
                return Err(Failure::configuration(text));
            }
            _ if memory == 0 => return Err(Failure::configuration("memory_dynamic_max must be greater than zero")),
            _ if memory > domain.max_memory => return Err(Failure::configuration(ABOVE_MAXIMUM)),
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
            // The daemon refuses the value when it checks the domain the next time.
            Release::V3_1 => {}
            _ if memory < domain.memory => return Err(Failure::configuration(ABOVE_MAXIMUM)),
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

    /// Checks that the host has enough free memory for a new domain (`balloon.py`, captures `post-create-toobig`).
    pub(super) fn check_free_memory(&self, memory: i64, max_memory: i64) -> Result<(), Failure> {
        let dom0_min_mem = self.xend_config.dom0_min_mem(self.release);
        let free = self.node.free_memory;
        let of_domain_0 = self.domains.of_id(0).map_or(0, |at| self.domains[at].memory);
        let available = free.saturating_add(of_domain_0.saturating_sub(dom0_min_mem).max(0));
        let kib = |mib: i64| mib.saturating_mul(1024);
        // 3.3 and 3.4 add the page tables of an IOMMU to every domain: 4 KiB for each MiB, rounded to whole MiB.
        let has_tables = self.release >= Release::V3_3 && self.release < Release::V4_1;
        let tables = if has_tables { max_memory.saturating_add(255) / 256 } else { 0 };
        let needed = memory.saturating_add(tables);
        let in_mib = self.release < Release::V3_0_3;
        let show = |mib: i64| if in_mib { format!("{mib} MiB") } else { format!("{} KiB", kib(mib)) };
        let (in_all, plain) =
            (if in_mib { needed.saturating_add(1) } else { needed }, if in_mib { free } else { kib(free) });
        let by_config = self.release < Release::V3_3;
        let (enough, text) = if by_config && dom0_min_mem != 0 {
            let enough = if in_mib { needed < available } else { needed <= available };
            let least = show(dom0_min_mem);
            let text = format!(
                "I need {}, but dom0_min_mem is {dom0} and shrinking to {least} would leave only {} free.",
                show(in_all),
                show(available),
                dom0 = if in_mib { dom0_min_mem } else { kib(dom0_min_mem) },
            );
            (enough, text)
        } else {
            let why = if by_config { "dom0_min_mem is 0" } else { "enable-dom0-ballooning is False" };
            let text = format!(
                "Not enough free memory and {why}, so I cannot release any more.  I need {} but only have {plain}.",
                show(in_all)
            );
            (in_all <= free, text)
        };
        if enough { Ok(()) } else { Err(Failure::refused(text)) }
    }
}
