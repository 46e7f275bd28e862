//! Parses and prints S-expressions as Xend does.
//!
//! A value is an atom, which is a string of bytes without a type, or a list of values. A document is any number of values.
//! Releases of Xend read and write S-expressions differently; [`Rules`] say which release, or other program, to follow.
//!
//! ```
//! use xend_wire::sexpr;
//!
//! let document = sexpr::parse(b"(domain (name vm1) (image (linux (root '/dev/sda1 ro'))))")?;
//! let domain = document.first().expect("a value");
//! assert_eq!(domain.text("domain/name"), Some("vm1"));
//! assert_eq!(domain.text("domain/image/linux/root"), Some("/dev/sda1 ro"));
//! # Ok::<(), xend_wire::Error>(())
//! ```

mod document;
mod escape;
mod libvirt;
mod parser;
mod print;
#[cfg(test)]
mod properties;
mod rules;
#[cfg(test)]
mod tests;

pub use document::{Builder, Document, Items, Sexpr};
pub use parser::{Parser, parse, parse_with};
pub(crate) use print::write_atom;
pub use print::{print, print_value};
pub use rules::{Rules, UnknownRules};
