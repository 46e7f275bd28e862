//! The criteria of an expectation in a file.

use toml::de::DeValue;
use xend_wire::Diagnostic;
use xend_wire::operation::{self, Face};

use super::table::{Table, Value, entries, found, plain};
use crate::nearest;
use crate::scenario::check::operation_names;
use crate::scenario::contents::{Source, Spans};
use crate::scenario::expectation::Expectation;
use crate::scenario::matching::Match;

impl Source {
    /// Reads the criteria of an expectation.
    pub(super) fn requests(
        &self,
        table: &mut Table<'_, '_>,
        mut expectation: Expectation,
        spans: &mut Spans,
    ) -> Result<Expectation, Diagnostic> {
        if let Some(value) = table.take("face") {
            spans.0.insert("face".to_owned(), value.span());
            expectation.face = Some(self.face(&value)?);
        }
        if let Some(value) = table.take("operation") {
            spans.0.insert("operation".to_owned(), value.span());
            let name = self.text("`operation`", &value)?;
            let find = || operation::find(&name);
            expectation.operation = Some(find().ok_or_else(|| {
                let message = nearest::unknown("operation", &name, &operation_names());
                self.wrong(value.span(), message)
            })?);
        }
        for key in ["args", "fields", "headers"] {
            for (name, value) in self.named(table, key, spans)? {
                match key {
                    "args" => expectation.args.push((name, value)),
                    "fields" => expectation.fields.push((name, value)),
                    _ => expectation.headers.push((name, value)),
                }
            }
        }
        let mut one = |key: &str| match table.take(key) {
            Some(value) => {
                spans.0.insert(key.to_owned(), value.span());
                self.pattern(&format!("`{key}`"), value).map(Some)
            }
            None => Ok(None),
        };
        expectation.method = one("method")?;
        expectation.body = one("body")?;
        expectation.connection = one("connection")?;
        if let Some(path) = table.take("path") {
            spans.0.insert("path".to_owned(), path.span());
            self.check_path(&path)?;
            expectation = expectation.path(self.pattern("`path`", path)?);
        }
        if let Some(params) = table.take("params") {
            spans.0.insert("params".to_owned(), params.span());
            let items = self.list("`params`", params)?;
            let mut params = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                spans.0.insert(format!("params.{at}"), item.span());
                params.push(self.param(item)?);
            }
            expectation.params = Some(params);
        }
        if let Some(states) = table.take("state") {
            spans.0.insert("state".to_owned(), states.span());
            expectation.state = self.states("`state`", states, spans, "state")?;
        }
        Ok(expectation)
    }

    pub(super) fn face(&self, value: &Value<'_>) -> Result<Face, Diagnostic> {
        let name = self.text("`face`", value)?;
        name.parse::<Face>().map_err(|_| {
            let known: Vec<_> = Face::ALL.iter().map(|face| face.as_str()).collect();
            self.wrong(value.span(), nearest::unknown("face", &name, &known))
        })
    }

    fn check_path(&self, path: &Value<'_>) -> Result<(), Diagnostic> {
        match path.get_ref().as_str() {
            Some(text) if !text.starts_with(['/', '^']) => Err(self.wrong(path.span(), "a path must begin with `/`")),
            Some(text) if text.contains('?') => {
                let message = "`path` must not contain a query: list the fields of the query under `fields`";
                Err(self.wrong(path.span(), message))
            }
            _ => Ok(()),
        }
    }

    /// Reads names with what their values must be.
    fn named(
        &self,
        table: &mut Table<'_, '_>,
        key: &str,
        spans: &mut Spans,
    ) -> Result<Vec<(String, Match)>, Diagnostic> {
        let Some(value) = table.take(key) else { return Ok(Vec::new()) };
        let span = value.span();
        spans.0.insert(key.to_owned(), span.clone());
        let table = match value.into_inner() {
            DeValue::Table(table) => table,
            other => {
                let message = format!("`{key}` is a table such as `{{ domain = \"vm1\" }}`, found {}", found(&other));
                return Err(self.wrong(span, message));
            }
        };
        if table.is_empty() {
            return Err(self.wrong(span, format!("`{key}` is empty, and so says nothing: remove the key")));
        }
        let read = |entry: super::table::Entry<'_>| {
            spans.0.insert(format!("{key}.{}", entry.name), entry.value.span());
            spans.0.insert(format!("{key}.{}.key", entry.name), entry.key);
            let value = self.pattern(&format!("`{}`", entry.name), entry.value)?;
            Ok((entry.name, value))
        };
        entries(table).into_iter().map(read).collect()
    }

    /// Reads states with their values.
    pub(super) fn states(
        &self,
        what: &str,
        value: Value<'_>,
        spans: &mut Spans,
        key: &str,
    ) -> Result<Vec<(String, String)>, Diagnostic> {
        let span = value.span();
        let table = match value.into_inner() {
            DeValue::Table(table) => table,
            other => {
                let message = format!("{what} is a table such as `{{ daemon = \"down\" }}`, found {}", found(&other));
                return Err(self.wrong(span, message));
            }
        };
        let read = |entry: super::table::Entry<'_>| {
            spans.0.insert(format!("{key}.{}", entry.name), entry.value.span());
            Ok((entry.name, self.text("the value of a state", &entry.value)?))
        };
        entries(table).into_iter().map(read).collect()
    }

    /// Reads what a text must be: the text itself, or a table with one of the words `any`, `exact`, `matches`, `one-of`
    /// and `not`.
    fn pattern(&self, what: &str, value: Value<'_>) -> Result<Match, Diagnostic> {
        let span = value.span();
        if let Some(text) = plain(value.get_ref()) {
            return Ok(match value.get_ref() {
                DeValue::String(_) => text.into(),
                _ => Match::exact(text),
            });
        }
        let table = match value.into_inner() {
            DeValue::Table(table) => table,
            other => {
                let message = format!(
                    "{what} is compared as text: expected a string, a number, a boolean, or a table such as \
                     `{{ matches = \"vm[0-9]+\" }}`, found {}",
                    found(&other)
                );
                return Err(self.wrong(span, message));
            }
        };
        let mut entries = entries(table);
        let known = super::values::DESCRIPTIONS;
        let (Some(entry), true) = (entries.pop(), entries.is_empty()) else {
            return Err(self.wrong(span, format!("{what} is described by one of the words {}", known.join(", "))));
        };
        match entry.name.as_str() {
            "any" if entry.value.get_ref().as_bool() == Some(true) => Ok(Match::any()),
            "any" => Err(self.wrong(entry.value.span(), "any value is written `{ any = true }`")),
            "exact" => match plain(entry.value.get_ref()) {
                Some(text) => Ok(Match::exact(text)),
                None => Err(self.unfit(&entry.value, "`exact` is a string")),
            },
            "matches" => self.regex(&entry.value),
            "one-of" => {
                let items = self.list("`one-of`", entry.value)?;
                let items = items.into_iter().map(|item| self.pattern(what, item)).collect::<Result<Vec<_>, _>>()?;
                Ok(Match::one_of(items))
            }
            "not" => Ok(Match::not(self.pattern(what, entry.value)?)),
            name => Err(self.wrong(entry.key, nearest::unknown("word", name, &known))),
        }
    }
}
