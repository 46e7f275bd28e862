//! A virtual processor.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{record, seconds};

record! {
    /// A virtual processor: `(vcpu (number 0) (online 1) ...)` (protocol reference §3.3).
    Vcpu, "vcpu", several
}

impl Vcpu {
    /// Its number, from 0.
    pub fn number(&self) -> Option<u32> {
        self.parsed("number")
    }

    /// Whether the domain may use it.
    pub fn is_online(&self) -> bool {
        self.field("online") == Some("1")
    }

    /// Whether it runs right now.
    pub fn is_running(&self) -> bool {
        self.field("running") == Some("1")
    }

    /// Whether it waits for something.
    pub fn is_blocked(&self) -> bool {
        self.field("blocked") == Some("1")
    }

    /// Processor time used.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.field("cpu_time").and_then(seconds)
    }

    /// The processor of the host on which it runs, or last did.
    pub fn cpu(&self) -> Option<u32> {
        self.parsed("cpu")
    }

    /// The processors of the host on which it may run.
    pub fn cpus(&self) -> Vec<u32> {
        let map = self.record().member("cpumap").and_then(Sexpr::value);
        let numbers = map.into_iter().flat_map(Sexpr::items).filter_map(Sexpr::as_str);
        numbers.filter_map(|number| number.parse().ok()).collect()
    }
}
