//! A client of Xend, the control daemon of Xen 3 and 4.
//!
//! The crate has one API for all three faces (protocols) of the daemon: S-expressions over HTTP, XML-RPC, and the
//! Xen-API, a dialect of XML-RPC. Each is reached over TCP or a Unix socket, and the last two over TLS with the feature
//! `tls`. An operation gives the same result on
//! every face, and a failure has the same [`ErrorCode`], except where the daemon itself hides the cause.
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
#[cfg(feature = "tls")]
mod tls;
mod uri;
mod xml_rpc;

pub use client::Client;
pub use error::{Error, Fate, TlsFailure};
pub use records::{Credit, Device, Domain, Node, PowerState, Sedf, State, Vcpu};
pub use settings::Deadlines;
#[cfg(feature = "tls")]
pub use tls::{InvalidTls, Tls};
pub use uri::{Address, InvalidUri, Uri};
pub use xend_wire::Release;
pub use xend_wire::failure::ErrorCode;
pub use xend_wire::http::Reply;
pub use xend_wire::operation::{Arguments, Face, Operation, Unsupported};
pub use xend_wire::sexpr::{Document, Sexpr};
pub use xend_wire::xmlrpc::{Response, Value};
pub use xml_rpc::{CallError, XmlRpc};

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
