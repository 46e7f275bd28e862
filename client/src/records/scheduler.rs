//! How schedulers treat a domain.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{nanoseconds, record};

record! {
    /// What the credit scheduler knows of a domain: `(credit (weight 256) (cap 0))`.
    Credit, "credit"
}

record! {
    /// What the SEDF scheduler knows of a domain: `(sedf (domid 1) (period 100000000) ...)`.
    Sedf, "sedf"
}

impl Credit {
    /// Its share; a domain of weight 512 gets twice as much as one of 256.
    pub fn weight(&self) -> Option<u32> {
        self.parsed("weight")
    }

    /// What it may use at most, in percent of one processor; 0 for no limit.
    pub fn cap_percent(&self) -> Option<u32> {
        self.parsed("cap")
    }
}

impl Sedf {
    /// In each period ...
    pub fn period(&self) -> Option<Duration> {
        self.field("period").and_then(nanoseconds)
    }

    /// ... it gets so much time.
    pub fn slice(&self) -> Option<Duration> {
        self.field("slice").and_then(nanoseconds)
    }

    /// By how much its period shrinks when it begins after waiting.
    pub fn latency(&self) -> Option<Duration> {
        self.field("latency").and_then(nanoseconds)
    }

    /// Whether it gets time that nobody else wants.
    pub fn has_extra_time(&self) -> bool {
        self.field("extratime") == Some("1")
    }

    /// Its share of that.
    pub fn weight(&self) -> Option<u32> {
        self.parsed("weight")
    }
}
