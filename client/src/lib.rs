//! A client of Xend, the control daemon of Xen 3 and 4.
//!
//! One API, whichever face of the daemon carries it: S-expressions over HTTP, XML-RPC, or its Xen-API dialect, over TCP
//! or a Unix socket. A result is the same on each, and so is the [`ErrorCode`] of a failure, but where the daemon itself
//! hides it.
//!
//! ```no_run
//! use xend_client::{Client, Uri};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("xmlrpc+unix:///var/run/xend/xmlrpc.sock".parse::<Uri>()?).detect().await?;
//! for name in client.domains().await? {
//!     println!("{name}: {} MiB", client.domain(&name).await?.memory_mib().unwrap_or(0));
//! }
//! client.pause("vm1").await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod call;
mod client;
mod connection;
mod error;
mod heads;
mod operations;
mod records;
mod session;
mod settings;
mod steps;
mod uri;

pub use client::Client;
pub use error::{Error, Fate};
pub use records::{Credit, Device, Domain, Node, PowerState, Sedf, State, Vcpu};
pub use settings::Deadlines;
pub use uri::{Address, InvalidUri, Uri};
pub use xend_wire::Release;
pub use xend_wire::failure::ErrorCode;
pub use xend_wire::http::Reply;
pub use xend_wire::operation::{Arguments, Face, Operation, Unsupported};

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
