//! The description of a virtual processor.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{record, seconds};

record! {
    /// The description of a virtual processor: `(vcpu (number 0) (online 1) ...)` (protocol reference §3.3).
    Vcpu, "vcpu", several
}

impl Vcpu {
    /// Returns the number of the virtual processor in its domain, counted from 0.
    pub fn number(&self) -> Option<u32> {
        self.parsed("number")
    }

    /// Returns whether the virtual processor is online, which means that the domain may use it.
    pub fn is_online(&self) -> bool {
        self.field("online") == Some("1")
    }

    /// Returns whether the virtual processor is running right now.
    pub fn is_running(&self) -> bool {
        self.field("running") == Some("1")
    }

    /// Returns whether the virtual processor is waiting for an event.
    pub fn is_blocked(&self) -> bool {
        self.field("blocked") == Some("1")
    }

    /// Returns the processor time that the virtual processor has used.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.field("cpu_time").and_then(seconds)
    }

    /// Returns the host's processor on which the virtual processor is running or last ran.
    pub fn cpu(&self) -> Option<u32> {
        self.parsed("cpu")
    }

    /// Returns the host's processors on which the virtual processor may run.
    pub fn cpus(&self) -> Vec<u32> {
        let map = self.record().member("cpumap").and_then(Sexpr::value);
        let numbers = map.into_iter().flat_map(Sexpr::items).filter_map(Sexpr::as_str);
        numbers.filter_map(|number| number.parse().ok()).collect()
    }
}
