//! The protocols that the daemon speaks: from a request to what is asked of the world, and from an outcome to the bytes
//! of a release.

mod serve;
pub(crate) mod sxp;
#[cfg(test)]
mod words;
pub(crate) mod xenapi;
pub(crate) mod xmlrpc;

pub(crate) use serve::serve;
