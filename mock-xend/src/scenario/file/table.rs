//! Reading of TOML with the place of every key and value.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use xend_wire::Diagnostic;

use crate::nearest;
use crate::scenario::contents::Source;

/// A value of TOML with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The entries of a table that are not read yet.
pub(super) struct Table<'s, 'i> {
    source: &'s Source,
    /// What the table is, in errors: `an expectation`.
    what: &'s str,
    span: Range<usize>,
    entries: Vec<Entry<'i>>,
}

/// An entry of a table.
pub(super) struct Entry<'i> {
    pub(super) name: String,
    pub(super) key: Range<usize>,
    pub(super) value: Value<'i>,
}

/// Returns the entries of a table in the order of the file.
pub(super) fn entries(table: DeTable<'_>) -> Vec<Entry<'_>> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let span = key.span();
        entries.push(Entry { name: key.into_inner().into_owned(), key: span, value });
    }
    entries.sort_by_key(|entry| entry.key.start);
    entries
}

impl<'s, 'i> Table<'s, 'i> {
    /// Opens a table that may have these keys.
    ///
    /// # Errors
    /// Returns a diagnostic if the value is not a table, or for the first key that is not known.
    pub(super) fn open(
        source: &'s Source,
        what: &'s str,
        value: Value<'i>,
        known: &[&str],
    ) -> Result<Self, Diagnostic> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Self::of(source, what, span, table, known),
            other => Err(source.wrong(span, format!("{what} is a table, found {}", found(&other)))),
        }
    }

    pub(super) fn of(
        source: &'s Source,
        what: &'s str,
        span: Range<usize>,
        table: DeTable<'i>,
        known: &[&str],
    ) -> Result<Self, Diagnostic> {
        let entries = entries(table);
        if let Some(entry) = entries.iter().find(|entry| !known.contains(&entry.name.as_str())) {
            let message = format!("{what} has no key `{}`{}", entry.name, nearest::hint(&entry.name, known));
            return Err(source.wrong(entry.key.clone(), message));
        }
        Ok(Self { source, what, span, entries })
    }

    /// Takes the value of a key.
    pub(super) fn take(&mut self, name: &str) -> Option<Value<'i>> {
        self.take_entry(name).map(|entry| entry.value)
    }

    /// Takes the entry of a key.
    pub(super) fn take_entry(&mut self, name: &str) -> Option<Entry<'i>> {
        let at = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(at))
    }

    /// Takes the value of a key that must be there.
    pub(super) fn need(&mut self, name: &str) -> Result<Value<'i>, Diagnostic> {
        let missing = || self.source.wrong(self.span.clone(), format!("{} needs the key `{name}`", self.what));
        match self.entries.iter().position(|entry| entry.name == name) {
            Some(at) => Ok(self.entries.remove(at).value),
            None => Err(missing()),
        }
    }
}

/// Returns the kind of a value for people, with its article.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Source {
    /// Returns a text.
    pub(super) fn text(&self, what: &str, value: &Value<'_>) -> Result<String, Diagnostic> {
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| self.unfit(value, &format!("{what} is a string")))
    }

    /// Returns an integer.
    pub(super) fn integer(&self, what: &str, value: &Value<'_>) -> Result<i64, Diagnostic> {
        integer(value.get_ref()).ok_or_else(|| match value.get_ref() {
            DeValue::Integer(_) => {
                self.wrong(value.span(), format!("{what} is a number from {} to {}", i64::MIN, i64::MAX))
            }
            _ => self.unfit(value, &format!("{what} is a number")),
        })
    }

    /// Returns the items of a list.
    pub(super) fn list<'i>(&self, what: &str, value: Value<'i>) -> Result<Vec<Value<'i>>, Diagnostic> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => Ok(items.into_iter().collect()),
            other => Err(self.wrong(span, format!("{what} is a list, found {}", found(&other)))),
        }
    }

    /// Returns the diagnostic for a value of the wrong kind.
    pub(super) fn unfit(&self, value: &Value<'_>, expected: &str) -> Diagnostic {
        self.wrong(value.span(), format!("{expected}, found {}", found(value.get_ref())))
    }
}

/// Returns an integer of 64 bits.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// Returns the text of a value that is sent as text: a text unchanged, a number in decimal.
pub(super) fn plain(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(_) => integer(value)?.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}
