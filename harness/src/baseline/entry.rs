//! One entry of a baseline.

use std::ops::Range;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use toml::value::Datetime;

use super::date::Date;
use crate::pattern::Pattern;
use crate::verdict::{Evidence, Status, Verdict};
use xend_wire::Diagnostic;

/// What is after the pattern of an entry: the reason alone, or a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Details {
    pub(super) reason: String,
    /// The verdict that is expected; `None` for any failure.
    pub(super) verdict: Option<Status>,
    /// A part of what the subject answers, or of why it failed.
    pub(super) got: Option<String>,
    /// The checks that may fail, in which `*` stands for any text; empty for all.
    pub(super) checks: Vec<String>,
    /// The last day on which the failure is expected.
    pub(super) until: Option<Date>,
    /// Where the failure is tracked.
    pub(super) issue: Option<String>,
    /// Whether a pass is as good as the failure.
    pub(super) is_flaky: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    reason: String,
    verdict: Option<String>,
    got: Option<String>,
    #[serde(default)]
    check: Vec<String>,
    until: Option<Datetime>,
    issue: Option<String>,
    #[serde(default)]
    flaky: bool,
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Details;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the reason of the failure, or a table such as { reason = \"..\", verdict = \"crash\" }")
            }

            fn visit_str<E: serde::de::Error>(self, reason: &str) -> Result<Details, E> {
                Ok(Details { reason: reason.to_owned(), ..Details::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Details, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                table.details().map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl Table {
    fn details(self) -> Result<Details, String> {
        let verdict = |name: String| {
            let failures = || Status::ALL.iter().copied().filter(|status| status.is_failure());
            failures().find(|status| status.name() == name).ok_or_else(|| {
                let names: Vec<_> = failures().map(Status::name).collect();
                format!("`{name}` is no verdict of a failure, expected one of {}", names.join(", "))
            })
        };
        let until = |time: Datetime| match time {
            Datetime { date: Some(date), time: None, offset: None } => Ok(Date::from(date)),
            other => Err(format!("`until = {other}` is no date, expected one such as 2027-01-31")),
        };
        Ok(Details {
            reason: self.reason,
            verdict: self.verdict.map(verdict).transpose()?,
            got: self.got,
            checks: self.check,
            until: self.until.map(until).transpose()?,
            issue: self.issue,
            is_flaky: self.flaky,
        })
    }
}

/// An entry, with its place in the file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    pub(super) details: Details,
    /// The diagnostic that is reported if the entry matches no case.
    pub(super) stale: Diagnostic,
    /// The byte range of the lines of the entry in the file, with the line break.
    pub(super) lines: Range<usize>,
    /// The byte range of the value in the file with what stands between the key and it, such as `= "why"`.
    pub(super) value: Range<usize>,
}

impl Entry {
    /// Returns the text behind the key: up to the end of the value, and from there to the end of the line.
    pub(super) fn behind_key<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        (&text[self.value.clone()], &text[self.value.end..self.lines.end])
    }

    /// Returns the reason for reports, with the issue.
    pub(super) fn reason(&self) -> String {
        match &self.details.issue {
            Some(issue) => format!("{}, {issue}", self.details.reason),
            None => self.details.reason.clone(),
        }
    }

    /// Returns why a failure is not the one that is expected, or `None` if it is.
    pub(super) fn objection(&self, verdict: &Verdict, today: Date) -> Option<String> {
        let Details { verdict: status, got, checks, until, .. } = &self.details;
        if let Some(until) = until.filter(|until| *until < today) {
            return Some(format!("the baseline expects this until {until}"));
        }
        if let Some(status) = status.filter(|status| *status != verdict.status) {
            return Some(format!("the baseline expects the verdict {status}"));
        }
        let evidence = verdict.evidence.as_deref();
        if let Some(got) = got.as_ref().filter(|got| {
            !verdict.why.contains(&***got) && !evidence.is_some_and(|evidence| evidence.got.contains(&***got))
        }) {
            return Some(format!("the baseline expects an answer with `{got}`"));
        }
        let failed: Vec<&str> = evidence.map(Evidence::checks).into_iter().flatten().collect();
        let is_listed = |check: &&&str| checks.iter().any(|pattern| matches(pattern, check));
        if !checks.is_empty()
            && let Some(other) = failed.iter().find(|check| !is_listed(check))
        {
            return Some(format!("the baseline does not expect the check `{other}` to fail"));
        }
        if let Some(check) = checks.first().filter(|_| failed.is_empty()) {
            return Some(format!("the baseline expects the check `{check}` to fail, and the failure names no check"));
        }
        None
    }
}

/// Returns whether a text matches a pattern in which `*` stands for any text and nothing else is special.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let (middle, last) = rest.rsplit_once('*').map_or(("", rest), |(middle, last)| (middle, last));
    let Some(mut text) = text.strip_prefix(first).and_then(|text| text.strip_suffix(last)) else { return false };
    for piece in middle.split('*') {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let check = |pattern: &str, text: &str, expect: bool| {
            assert_eq!(matches(pattern, text), expect, "{pattern} {text}");
        };
        check("values[0]", "values[0]", true);
        check("values[0]", "values[0].list", false);
        check("values[0]*", "values[0].list", true);
        check("header *", "header Date", true);
        check("*response*int*", "values[0].response.int", true);
        check("*int*response*", "values[0].response.int", false);
        check("ab*ba", "aba", false);
        check("*", "", true);
    }
}
