//! A domain's parameters of the schedulers.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{nanoseconds, record};

record! {
    /// A domain's parameters of the credit scheduler: `(credit (weight 256) (cap 0))`.
    Credit, "credit"
}

record! {
    /// A domain's parameters of the SEDF scheduler: `(sedf (domid 1) (period 100000000) ...)`.
    Sedf, "sedf"
}

impl Credit {
    /// Returns the domain's weight: a domain of weight 512 gets twice as much processor time as one of 256.
    pub fn weight(&self) -> Option<u32> {
        self.parsed("weight")
    }

    /// Returns the maximum of the domain's processor time, in percent of one processor. 0 means no maximum.
    pub fn cap_percent(&self) -> Option<u32> {
        self.parsed("cap")
    }
}

impl Sedf {
    /// Returns the length of a scheduling period.
    pub fn period(&self) -> Option<Duration> {
        self.field("period").and_then(nanoseconds)
    }

    /// Returns the processor time that the domain gets in each period.
    pub fn slice(&self) -> Option<Duration> {
        self.field("slice").and_then(nanoseconds)
    }

    /// Returns by how much the period is shortened when the domain becomes ready to run after waiting.
    pub fn latency(&self) -> Option<Duration> {
        self.field("latency").and_then(nanoseconds)
    }

    /// Returns whether the domain gets processor time that no other domain uses.
    pub fn has_extra_time(&self) -> bool {
        self.field("extratime") == Some("1")
    }

    /// Returns the domain's share of the processor time that no other domain uses.
    pub fn weight(&self) -> Option<u32> {
        self.parsed("weight")
    }
}
