//! What a client can ask of Xend: each operation once, with its form on each face.
//!
//! A client builds its requests from this table and reads the replies by it; a mock finds the operation behind a request.
//! The forms are checked against captures of the daemon and of real clients.
//!
//! ```
//! use xend_wire::{Release, operation::{self, Arguments, Face}};
//!
//! let pause = operation::find("domain.pause").expect("an operation");
//! let arguments = Arguments::from_iter([("domain", "vm1")]);
//! let request = pause.request(Face::Sxp, Release::V3_0_3, &arguments)?;
//! assert_eq!((request.method, request.target.as_str()), ("POST", "/xend/domain/vm1"));
//! assert_eq!(request.body, b"op=pause");
//! # Ok::<(), xend_wire::Error>(())
//! ```

mod argument;
mod arguments;
mod escaped;
mod face;
mod form;
mod plan;
mod read;
mod recognise;
mod request;
mod table;
#[cfg(test)]
mod tests;

pub use arguments::Arguments;
pub use face::{Face, UnknownFace};
pub use form::{Answer, Argument, ArgumentKind, Effect, Object, Operation, Unit, Unsupported};
pub use plan::{DeviceClass, InState, Plan};
pub use read::{Reply, Returned};
pub use recognise::{recognise_sxp, recognise_xenapi, recognise_xmlrpc};
pub use request::{References, Request};
pub use table::{OPERATIONS, find};
