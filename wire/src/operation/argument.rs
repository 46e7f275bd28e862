//! What an operation takes, and what may be given for it.

use std::borrow::Cow;

use crate::{Error, ErrorKind, sexpr};

/// An argument of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The name by which it is given.
    pub name: &'static str,
    /// What may be given.
    pub kind: ArgumentKind,
    /// Whether it must be given.
    pub is_required: bool,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The name or id of a domain; from 3.1 on also its uuid.
    Domain,
    /// A word from the daemon's list, or any text.
    Text,
    /// The absolute path of a file on the daemon's host.
    Path,
    /// An S-expression: a configuration `(vm (name ...) ...)` or `(vif (bridge ...))`.
    Sexpr,
    /// An integer, in that unit.
    Integer(Unit),
    /// `1` or `true`, `0` or `false`.
    Flag,
    /// One character, from U+0000 to U+00FF.
    Key,
    /// Numbers of processors of the host: `0,1`.
    Cpus,
}

/// What an integer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing but itself: a number, a count, a share.
    One,
    /// Mebibytes.
    MiB,
    /// Nanoseconds.
    Nanoseconds,
}

/// The domain that an operation is about.
pub(super) const DOMAIN: Argument = required("domain", ArgumentKind::Domain);

pub(super) const fn required(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: true }
}

pub(super) const fn optional(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: false }
}

impl Argument {
    /// Whether a value is one of the argument's kind.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], and for an S-expression whatever [`sexpr::parse`] finds in it.
    pub fn check(&self, value: &[u8]) -> Result<(), Error> {
        match self.kind {
            // An empty name is the list of all domains on one face.
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
    number(value).ok_or_else(|| invalid(name, "an integer of 64 bits"))
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
    numbers.ok_or_else(|| invalid(name, "numbers of processors, such as 0,1"))
}
