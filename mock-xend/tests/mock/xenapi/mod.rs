//! The Xen-API face from outside, over streams in memory: what no exchange of `fixtures/exchanges/xenapi.jsonl` shows.

mod budgets;
mod calls;
mod events;
mod faces;
mod properties;
mod python;
mod values;
