//! The faces: the protocols that the daemon speaks.
//!
//! Each face finds the row in the table of [`operations`] that a request is for, runs the row's function while the
//! request has exclusive access to the world, and prints the outcome as bytes afterwards.

#[cfg(test)]
pub(crate) mod coverage;
mod operations;
mod recognise;
mod serve;
mod sxp;
#[cfg(test)]
mod words;
mod work;
pub(crate) mod xenapi;
mod xmlrpc;

pub(crate) use recognise::recognise;
pub(crate) use sxp::{form, urlencoded};
