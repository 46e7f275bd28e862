//! The Xen-API face from outside, over streams in memory: the files in `cases` and what they don't reach.

mod cases;
mod events;
mod faces;
mod peer;
mod properties;
mod python;
mod script;
