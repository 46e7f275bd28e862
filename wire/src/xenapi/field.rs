//! Reads the fields of a configuration, and says where a field is wrong.

use std::collections::HashSet;

use crate::sexpr::Sexpr;
use crate::{Error, ErrorKind, visible};

/// A field of a configuration, `(NAME VALUE)`.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub(super) at: Sexpr<'d>,
    pub(super) name: &'d str,
    pub(super) value: Sexpr<'d>,
}

impl<'d> Field<'d> {
    pub(super) fn text(&self) -> Result<&'d str, Error> {
        match self.value.as_atom().map(str::from_utf8) {
            Some(Ok(text)) => Ok(text),
            Some(Err(_)) => Err(Error::new(ErrorKind::NotRepresentable, self.value.span()).expected("UTF-8")),
            None => Err(invalid(self.value, "one value")),
        }
    }
}

/// The fields of `(HEAD (NAME VALUE) ...)` that are not empty. Only the names in `several` may be given several times.
pub(super) fn fields<'d>(list: Sexpr<'d>, several: &[&str]) -> Result<Vec<Field<'d>>, Error> {
    let (mut fields, mut seen) = (Vec::new(), HashSet::new());
    for at in list.items().skip(1) {
        // The names of all known fields are ASCII.
        let Some(name) = at.name().and_then(|name| str::from_utf8(name).ok()) else {
            return Err(invalid(at, "a list that begins with a name"));
        };
        let Some(value) = at.value().filter(|value| value.as_atom() != Some(b"")) else { continue };
        if !seen.insert(name) && !several.contains(&name) {
            return Err(invalid(at, "each field once"));
        }
        fields.push(Field { at, name, value });
    }
    match list.name() {
        Some(_) => Ok(fields),
        None => Err(invalid(list, "a list that begins with a name")),
    }
}

pub(super) fn unsupported_field(field: &Field<'_>, method: &str, known: &str) -> Error {
    invalid(field.at, &format!("a field that `{method}` supports: {known}"))
}

pub(super) fn invalid(at: Sexpr<'_>, expected: &str) -> Error {
    let found = match at.as_atom().or(at.name()) {
        Some(word) => format!("`{}` in the configuration", visible(word)),
        None => "a list in the configuration".to_owned(),
    };
    Error::new(ErrorKind::InvalidArgument, at.span()).found(found).expected(expected.to_owned())
}
