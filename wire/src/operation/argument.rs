//! The arguments that an operation takes, and checks of their values.

use std::borrow::Cow;

use crate::{Error, ErrorKind, sexpr};

/// An argument that an operation takes.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The name of the argument, such as `domain`.
    pub name: &'static str,
    /// The kind of values that the argument may have.
    pub kind: ArgumentKind,
    /// Whether a caller must give the argument.
    pub is_required: bool,
}

/// Which values an argument may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The name or id of a domain, or from 3.1 on its uuid.
    Domain,
    /// Any text. The daemon may accept only some words.
    Text,
    /// The absolute path of a file on the daemon's host.
    Path,
    /// An S-expression: a configuration `(vm (name ...) ...)` or `(vif (bridge ...))`.
    Sexpr,
    /// A 64-bit integer in this unit.
    Integer(Unit),
    /// A boolean: `1`, `true`, `0` or `false`.
    Flag,
    /// One character, from U+0000 to U+00FF.
    Key,
    /// A list of the host's processors by their numbers, separated by commas: `0,1`.
    Cpus,
}

/// The unit of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// No unit: the integer is a count, a number or a share.
    One,
    /// Mebibytes.
    MiB,
    /// Nanoseconds.
    Nanoseconds,
}

/// The argument for the domain that an operation acts on.
pub(super) const DOMAIN: Argument = required("domain", ArgumentKind::Domain);

pub(super) const fn required(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: true }
}

pub(super) const fn optional(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: false }
}

impl Argument {
    /// Checks that a value is of the argument's kind.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] if it is not; for an S-expression, the errors of [`sexpr::parse`].
    pub fn check(&self, value: &[u8]) -> Result<(), Error> {
        match self.kind {
            // On the S-expression face an empty name would make the path that of the list of all domains.
            ArgumentKind::Domain if value.is_empty() => Err(invalid(self.name, "the name or id of a domain")),
            ArgumentKind::Path if !value.starts_with(b"/") => Err(invalid(self.name, "an absolute path")),
            ArgumentKind::Domain | ArgumentKind::Path | ArgumentKind::Text => Ok(()),
            ArgumentKind::Sexpr => sexpr::parse(value).map(drop),
            ArgumentKind::Integer(_) => integer(self.name, value).map(drop),
            ArgumentKind::Flag => flag(self.name, value).map(drop),
            ArgumentKind::Key => key(self.name, value).map(drop),
            ArgumentKind::Cpus => cpus(self.name, value).map(drop),
        }
    }
}

pub(super) fn invalid(name: &'static str, expected: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidArgument, 0..0).found(format!("`{name}`")).expected(expected)
}

fn number(value: &[u8]) -> Option<i64> {
    str::from_utf8(value).ok()?.parse().ok()
}

pub(super) fn integer(name: &'static str, value: &[u8]) -> Result<i64, Error> {
    number(value).ok_or_else(|| invalid(name, "a 64-bit integer"))
}

pub(super) fn flag(name: &'static str, value: &[u8]) -> Result<bool, Error> {
    match value {
        b"1" | b"true" => Ok(true),
        b"0" | b"false" => Ok(false),
        _ => Err(invalid(name, "1, 0, true or false")),
    }
}

pub(super) fn key(name: &'static str, value: &[u8]) -> Result<char, Error> {
    let mut characters = str::from_utf8(value).unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(key), None) if u32::from(key) <= 0xFF => Ok(key),
        _ => Err(invalid(name, "one character")),
    }
}

pub(super) fn cpus(name: &'static str, value: &[u8]) -> Result<Vec<i64>, Error> {
    let numbers: Option<Vec<_>> = value.split(|&b| b == b',').map(number).collect();
    numbers.ok_or_else(|| invalid(name, "processor numbers separated by commas, such as 0,1"))
}
