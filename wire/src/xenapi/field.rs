//! Fields of a configuration, each of which is read or refused where it stands.

use std::collections::HashSet;

use crate::sexpr::Sexpr;
use crate::{Error, ErrorKind, visible};

/// `(NAME VALUE)`
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

/// The fields of `(HEAD (NAME VALUE) ...)` that are not empty. Only those of some names may stand several times.
pub(super) fn fields<'d>(list: Sexpr<'d>, several: &[&str]) -> Result<Vec<Field<'d>>, Error> {
    let (mut fields, mut seen) = (Vec::new(), HashSet::new());
    for at in list.items().skip(1) {
        // Names that matter here are ASCII.
        let Some(name) = at.name().and_then(|name| str::from_utf8(name).ok()) else {
            return Err(invalid(at, "a list that begins with a name"));
        };
        let Some(value) = at.value().filter(|value| value.as_atom() != Some(b"")) else { continue };
        if !seen.insert(name) && !several.contains(&name) {
            return Err(invalid(at, "it once"));
        }
        fields.push(Field { at, name, value });
    }
    match list.name() {
        Some(_) => Ok(fields),
        None => Err(invalid(list, "a list that begins with a name")),
    }
}

pub(super) fn no_place(field: &Field<'_>, method: &str, known: &str) -> Error {
    invalid(field.at, &format!("what `{method}` has a place for: {known}"))
}

pub(super) fn invalid(at: Sexpr<'_>, expected: &str) -> Error {
    let found = match at.as_atom().or(at.name()) {
        Some(word) => format!("`{}` in the configuration", visible(word)),
        None => "a list in the configuration".to_owned(),
    };
    Error::new(ErrorKind::InvalidArgument, at.span()).found(found).expected(expected.to_owned())
}
