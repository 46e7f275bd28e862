//! What a client can ask of Xend: each operation once, with its form on each face.
//!
//! A client builds its requests from this table and reads the replies by it; a mock finds the operation behind a request.
//! There is a constant for each: [`PAUSE`] is `domain.pause`, [`DEVICE_ATTACH`] is `device.attach`.
//! The forms are checked against captures of the daemon and of real clients.
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
pub use plan::{InState, Plan};
pub use recognise::{recognise_call, recognise_resource};
pub use request::References;
pub(crate) use row::Done;
pub use row::{Answer, Effect, Operation, Sequence, Unsupported, Way};
pub use table::*;
