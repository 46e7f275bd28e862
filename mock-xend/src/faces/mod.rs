//! The protocols that the daemon speaks: from a request to what is asked of the world, and from an outcome to the bytes
//! of a release.
//!
//! Each face finds the row of the table in [`operations`] that a request is for, has the row's function do it while the
//! request has its turn with the world, and prints what came of it afterwards.

#[cfg(test)]
pub(crate) mod coverage;
mod operations;
mod serve;
mod sxp;
#[cfg(test)]
mod words;
mod work;
pub(crate) mod xenapi;
mod xmlrpc;

pub(crate) use serve::serve;
