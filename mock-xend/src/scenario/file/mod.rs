//! The TOML format of scenario files.

mod replies;
mod requests;
mod table;
mod values;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use xend_wire::{Diagnostic, Release};

use self::table::{Table, Value, found};
pub(super) use self::values::{DESCRIPTIONS, TYPES};
use super::contents::{Scenario, Source, Spans};
use super::expectation::{Expectation, Origin};
use super::times::Times;
use super::words::{CRITERIA, NUMBERS, REPLY, SCENARIO, names};
use crate::error::Error;
use crate::nearest;
use crate::text_file;

/// A scenario file that is being read.
struct File<'a> {
    source: Source,
    /// Where files that the scenario names are looked for.
    folder: &'a Path,
    /// The files that were asked for so far.
    files: &'a RefCell<Vec<PathBuf>>,
}

impl Scenario {
    /// Parses a scenario. `name` is the name of the file that diagnostics show; `folder` is where files that the
    /// scenario names, such as bodies of replies, are looked for.
    ///
    /// # Errors
    /// Returns a diagnostic, with the place in the text, for the first mistake, and for a file named in the scenario
    /// that can't be read.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        Self::parse_naming(name, text, folder, &RefCell::default())
    }

    /// Parses a scenario, and adds the files that it names, those that can't be read among them.
    fn parse_naming(name: &str, text: &str, folder: &Path, files: &RefCell<Vec<PathBuf>>) -> Result<Self, Diagnostic> {
        let source = Source { name: name.to_owned(), text: text.to_owned(), ..Source::default() };
        let table = DeTable::parse(text)
            .map_err(|error| source.wrong(error.span().unwrap_or_default(), error.message().trim_end()))?;
        let scenario = File { source, folder, files }.scenario(table.into_inner())?;
        let releases = scenario.release.as_ref().map_or(Release::ALL, std::slice::from_ref);
        match scenario.check(releases) {
            Ok(()) => Ok(scenario),
            Err(Error::Scenario(diagnostic)) => Err(diagnostic),
            Err(other) => Err(Diagnostic::new(name, text.as_bytes(), 0..0, other.to_string())),
        }
    }

    /// Reads a scenario file. Files that the scenario names are looked for in its folder.
    ///
    /// # Errors
    /// Returns the errors of [`Scenario::parse`], and an error if the file itself can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(path.as_ref(), &RefCell::default())
    }

    /// Reads a scenario file, and adds the files that it names, those that can't be read among them.
    fn read(path: &Path, files: &RefCell<Vec<PathBuf>>) -> Result<Self, Error> {
        let (name, text) = text_file::read(path, "a scenario")?;
        Ok(Self::parse_naming(&name, &text, path.parent().unwrap_or(Path::new(".")), files)?)
    }

    /// Reads a scenario file, and returns the files that it names, also if it has a mistake.
    #[cfg(feature = "program")]
    pub(crate) fn from_file_naming(path: &Path) -> (Result<Self, Error>, Vec<PathBuf>) {
        let files = RefCell::default();
        (Self::read(path, &files), files.into_inner())
    }
}

impl File<'_> {
    fn scenario(mut self, table: DeTable<'_>) -> Result<Scenario, Diagnostic> {
        let mut scenario = Scenario::default();
        let mut is_in_order = false;
        let mut all_spans = Vec::new();
        let mut release = 0..0;
        {
            let source = &self.source;
            let mut table = Table::of(source, "a scenario", 0..0, table, &names(&[SCENARIO]))?;
            if let Some(value) = table.take("release") {
                let text = value.get_ref().as_str();
                let text =
                    text.ok_or_else(|| source.wrong(value.span(), "the release must be a string, such as \"4.1\""))?;
                release = value.span();
                let parsed = text.parse::<Release>();
                scenario.release = Some(parsed.map_err(|error| source.wrong(value.span(), error.to_string()))?);
            }
            if let Some(value) = table.take("unexpected") {
                let text = source.text("`unexpected`", &value)?;
                scenario.refuses_unexpected = match text.as_str() {
                    "simulate" => false,
                    "refuse" => true,
                    _ => {
                        let message = nearest::unknown("word", &text, &["simulate", "refuse"]);
                        return Err(source.wrong(value.span(), message));
                    }
                };
            }
            if let Some(value) = table.take("in-order") {
                is_in_order = self.flag("`in-order`", &value)?;
            }
            if let Some(value) = table.take("seed") {
                let seed = source.integer("`seed`", &value)?;
                scenario.seed =
                    u64::try_from(seed).map_err(|_| source.wrong(value.span(), "`seed` is a number, 0 or more"))?;
            }
            if let Some(value) = table.take("state") {
                let states = source.states("`state`", value, &mut Spans::default(), "state")?;
                scenario.states = states.into_iter().collect();
            }
            if let Some(value) = table.take("expect") {
                if value.get_ref().is_table() {
                    return Err(source.wrong(value.span(), "an expectation is written with two brackets: `[[expect]]`"));
                }
                // Counted once for all expectations.
                let line_feeds: Vec<_> = source.text.match_indices('\n').map(|(at, _)| at).collect();
                for item in source.list("`expect`", value)? {
                    let line = line_feeds.partition_point(|&at| at < item.span().start) + 1;
                    let (expectation, spans) = self.expectation(item, line, is_in_order)?;
                    scenario.expectations.push(expectation);
                    all_spans.push(spans);
                }
            }
        }
        (self.source.release, self.source.spans) = (release, all_spans);
        scenario.source = Some(Arc::new(self.source));
        scenario.files = self.files.borrow().clone();
        Ok(scenario)
    }

    fn expectation(
        &self,
        value: Value<'_>,
        line: usize,
        is_in_order: bool,
    ) -> Result<(Expectation, Spans), Diagnostic> {
        let source = &self.source;
        let mut spans = Spans::default();
        spans.0.insert(String::new(), value.span());
        let mut known = names(&[CRITERIA, NUMBERS, REPLY]);
        known.dedup();
        let mut table = Table::open(source, "an expectation", value, &known)?;
        let mut expectation = source.requests(&mut table, Expectation::new(Origin::Line(line)), &mut spans)?;
        expectation.is_in_order = is_in_order;
        if let Some(value) = table.take("in-order") {
            expectation.is_in_order = self.flag("`in-order`", &value)?;
        }
        let mut span_of = |key: &str, value: &Value<'_>| spans.0.insert(key.to_owned(), value.span());
        if let Some(value) = table.take("times") {
            span_of("times", &value);
            expectation.times = Some(self.times(value)?);
        }
        if let Some(value) = table.take("every") {
            span_of("every", &value);
            let every = source.integer("`every`", &value)?;
            // 0 is refused with what else is checked.
            expectation.every = Some(u64::try_from(every).unwrap_or_default());
        }
        if let Some(value) = table.take("probability") {
            span_of("probability", &value);
            let number = match value.get_ref() {
                DeValue::Float(number) => number.as_str().parse().ok(),
                DeValue::Integer(_) => table::integer(value.get_ref()).map(|number| number as f64),
                _ => None,
            };
            expectation.probability =
                Some(number.ok_or_else(|| source.unfit(&value, "`probability` is a number from 0 to 1"))?);
        }
        if let Some(value) = table.take("loop") {
            expectation.is_loop = self.flag("`loop`", &value)?;
        }
        let is_never = expectation.times.is_some_and(Times::is_never);
        match table.take_entry("replies") {
            Some(entry) => {
                if let Some(beside) = REPLY.iter().find_map(|key| table.take_entry(key.name)) {
                    let name = beside.name;
                    let reply = if name == "reply" { "" } else { "reply = \"close\", " };
                    let message = format!(
                        "`{name}` does not go with `replies`: write it in one of them, as in \
                         `replies = [{{ {reply}{name} = ... }}]`"
                    );
                    return Err(source.wrong(beside.key, message));
                }
                let span = entry.value.span();
                let items = source.list("`replies`", entry.value)?;
                if items.is_empty() {
                    return Err(source.wrong(span, "`replies` needs at least one reply"));
                }
                for (at, item) in items.into_iter().enumerate() {
                    let mut table = Table::open(source, "one of the `replies`", item, &names(&[REPLY]))?;
                    expectation.steps.push(self.step(&mut table, at, &mut spans, false)?);
                }
            }
            None => expectation.steps.push(self.step(&mut table, 0, &mut spans, is_never)?),
        }
        Ok((expectation, spans))
    }

    fn flag(&self, what: &str, value: &Value<'_>) -> Result<bool, Diagnostic> {
        value.get_ref().as_bool().ok_or_else(|| self.source.unfit(value, &format!("{what} is `true` or `false`")))
    }

    fn times(&self, value: Value<'_>) -> Result<Times, Diagnostic> {
        let source = &self.source;
        let expected = "`times` is a number, 0 or more, \"any\", or a range such as `{ at-least = 1, at-most = 3 }`";
        let span = value.span();
        let number = |value: &Value<'_>| {
            let number = table::integer(value.get_ref()).and_then(|number| u64::try_from(number).ok());
            number.ok_or_else(|| source.wrong(value.span(), expected))
        };
        match value.get_ref() {
            DeValue::Integer(_) => Ok(number(&value)?.into()),
            DeValue::String(text) if text == "any" => Ok(Times::ANY),
            DeValue::Table(_) => {
                let mut table = Table::open(source, "`times`", value, &["at-least", "at-most"])?;
                let (least, most) = (table.take("at-least"), table.take("at-most"));
                if least.is_none() && most.is_none() {
                    return Err(source.wrong(span, expected));
                }
                let least = least.as_ref().map(number).transpose()?.unwrap_or_default();
                Ok(Times::new(least, most.as_ref().map(number).transpose()?))
            }
            other => Err(source.wrong(span, format!("{expected}, found {}", found(other)))),
        }
    }
}
