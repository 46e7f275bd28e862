//! The table of operations: everything that a client can ask of Xend, with the request for each face and release.
//!
//! A client builds its requests from this table and reads the replies by it. A mock uses it to find the operation that a
//! request stands for. There is a constant for each operation: [`PAUSE`] is `domain.pause`, [`DEVICE_ATTACH`] is
//! `device.attach`. The requests are checked against captures of the daemon and of real clients.
//!
//! ```
//! use xend_wire::Release;
//! use xend_wire::operation::{self, Arguments, Face};
//!
//! let arguments = Arguments::from_iter([("domain", "vm1")]);
//! let request = operation::PAUSE.request(Face::Sxp, Release::V3_0_3, &arguments)?;
//! assert_eq!((request.method, request.target.as_str()), ("POST", "/xend/domain/vm1"));
//! assert_eq!(request.body, b"op=pause");
//! # Ok::<(), xend_wire::Error>(())
//! ```

mod argument;
mod arguments;
mod face;
mod form;
mod plan;
mod recognise;
mod request;
mod row;
mod table;
#[cfg(test)]
mod tests;

pub use argument::{Argument, ArgumentKind, Unit};
pub use arguments::Arguments;
pub use face::{Face, UnknownFace};
pub use form::Object;
pub use plan::{Plan, StateFilter};
pub use recognise::{recognise_call, recognise_resource};
pub use request::References;
pub(crate) use row::Acknowledgement;
pub use row::{Answer, Effect, Implementation, Operation, Sequence, Unsupported};
pub use table::*;
