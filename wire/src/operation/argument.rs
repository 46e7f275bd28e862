//! What may be given for an argument, before anything is sent.

use std::borrow::Cow;

use super::{Argument, ArgumentKind, Arguments, Operation};
use crate::{Error, ErrorKind, sexpr};

impl Operation {
    /// Whether these are arguments of the operation, all that it must have among them, each in the form of its kind.
    ///
    /// # Errors
    /// [`ErrorKind::MissingArgument`], [`ErrorKind::UnknownArgument`], [`ErrorKind::InvalidArgument`], and for an
    /// S-expression whatever [`sexpr::parse`] finds in it.
    pub fn check(&self, arguments: &Arguments) -> Result<(), Error> {
        if let Some((name, _)) =
            arguments.iter().find(|(name, _)| self.arguments.iter().all(|known| known.name != *name))
        {
            let names: Vec<_> = self.arguments.iter().map(|argument| format!("`{}`", argument.name)).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(" and ") };
            let found = format!("`{name}` of `{}`", self.name);
            return Err(Error::new(ErrorKind::UnknownArgument, 0..0).found(found).expected(known));
        }
        for (at, (name, _)) in arguments.iter().enumerate() {
            if arguments.iter().take(at).any(|(other, _)| other == name) {
                let found = format!("`{name}` of `{}`", self.name);
                return Err(Error::new(ErrorKind::InvalidArgument, 0..0).found(found).expected("it once"));
            }
        }
        for argument in self.arguments {
            match arguments.get(argument.name) {
                Some(value) => argument.check(value)?,
                None if argument.is_required => {
                    let found = format!("`{}` of `{}`", argument.name, self.name);
                    return Err(Error::new(ErrorKind::MissingArgument, 0..0).found(found));
                }
                None => {}
            }
        }
        Ok(())
    }
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
