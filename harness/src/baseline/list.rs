//! The list itself: read from a file, and held against verdicts.

use std::collections::{HashMap, HashSet};

use toml::Spanned;

use super::date::Date;
use super::entry::{Details, Entry};
use crate::Error;
use crate::error::toml_mistake;
use crate::pattern::Pattern;
use crate::verdict::{Status, Verdict};
use xend_wire::Diagnostic;

/// A list of failures that are expected, each with its reason.
///
/// A baseline is a TOML file with one entry a line. The key is a [`Pattern`], and the value the reason, or a table:
/// ```toml
/// # Known failures of our parser.
/// "xmlrpc/int-plus" = "our parser takes a plus sign"
/// "xmlrpc/base64-*@extended" = { reason = "no white space yet", verdict = "fail", issue = "https://example.org/17" }
/// ```
///
/// | key | meaning |
/// | --- | --- |
/// | `reason` | why it fails, for people |
/// | `verdict` | the verdict that is expected, such as `wrong-value`; without it any failure is |
/// | `got` | a text that stands in what the subject answers, or in why it failed |
/// | `check` | the checks that may fail, such as `["header Date", "values[0].response*"]`; `*` stands for any text |
/// | `until` | the last day on which the failure is expected, such as `2027-01-31` |
/// | `issue` | where the failure is tracked |
/// | `flaky` | `true` if the case may pass as well |
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The entries, in the order of the file.
    entries: Vec<Entry>,
    /// The indices of the entries without wildcards, by the id that they name. A long baseline consists mostly of
    /// these, and a lookup does not go through all of them.
    exact: HashMap<String, Vec<usize>>,
    /// The indices of the entries with wildcards.
    globs: Vec<usize>,
}

/// What a baseline says about a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaselineMatch {
    /// The baseline expects this failure; the text is the reason of the entry.
    Expected(String),
    /// The baseline lists the case with a different failure; the text says how the failures differ.
    Other(String),
    /// The baseline lists the case as a failure, but it passes; the text is the reason of the entry.
    Passes(String),
}

impl Baseline {
    /// Parses the text of a baseline; `file` is the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake: a text that is not TOML, an entry without reason, or an invalid
    /// pattern.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let parsed: HashMap<Spanned<String>, Spanned<Details>> =
            toml::from_str(text).map_err(|error| toml_mistake(file, text, &error))?;
        let mut parsed: Vec<_> = parsed.into_iter().collect();
        parsed.sort_by_key(|(key, _)| key.span().start);
        let mut baseline = Self::default();
        for (key, details) in parsed {
            let line_start = text[..key.span().start].rfind('\n').map_or(0, |at| at + 1);
            let behind = &text[details.span().end..];
            let lines = line_start..details.span().end + behind.find('\n').map_or(behind.len(), |at| at + 1);
            let value = key.span().end..details.span().end;
            let details = details.into_inner();
            let wrong = |message: String| Diagnostic::new(file, text.as_bytes(), key.span(), message);
            if details.reason.trim().is_empty() {
                return Err(wrong(
                    "an entry needs its reason, as in \"xmlrpc/int-plus\" = \"why it fails\"".to_owned(),
                ));
            }
            let pattern = key.get_ref().parse::<Pattern>().map_err(|error: Error| wrong(error.to_string()))?;
            let index = baseline.entries.len();
            let id = key.get_ref().split('@').next().unwrap_or_default().trim();
            match Pattern::is_literal(id) {
                false => baseline.globs.push(index),
                true => baseline.exact.entry(id.to_owned()).or_default().push(index),
            }
            let stale = wrong("this entry of the baseline matches no case".to_owned());
            baseline.entries.push(Entry { pattern, details, stale, lines, value });
        }
        Ok(baseline)
    }

    /// Returns the entries, in the order of the file.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Returns the indices of the entries that match the case, in the order of the file.
    fn naming(&self, id: &str, variant: &str) -> impl Iterator<Item = usize> {
        let exact = self.exact.get(id).into_iter().flatten();
        let mut naming: Vec<_> = exact.chain(&self.globs).copied().collect();
        naming.retain(|&index| self.entries[index].pattern.matches(id, variant));
        naming.sort_unstable();
        naming.into_iter()
    }

    /// Returns the reason why the case is expected to fail in this variant, or `None` if the baseline does not list
    /// it. If several entries match, the first one counts.
    pub fn reason(&self, id: &str, variant: &str) -> Option<&str> {
        self.naming(id, variant).next().map(|index| &*self.entries[index].details.reason)
    }

    /// Returns what the baseline says about a verdict, or `None` if it does not list the case or the case was not
    /// judged.
    ///
    /// If several entries match, the first one that expects this failure counts, or else the first one.
    pub fn find(&self, verdict: &Verdict) -> Option<BaselineMatch> {
        let naming: Vec<_> = self.naming(verdict.id(), &verdict.variant).map(|index| &self.entries[index]).collect();
        let first = naming.first()?;
        if verdict.status.is_failure() {
            let today = Date::today();
            let agrees = naming.iter().find(|entry| entry.objection(verdict, today).is_none());
            return Some(match agrees {
                Some(entry) => BaselineMatch::Expected(entry.reason()),
                None => BaselineMatch::Other(first.objection(verdict, today).unwrap_or_default()),
            });
        }
        let passes = verdict.status == Status::Pass && !naming.iter().any(|entry| entry.details.is_flaky);
        passes.then(|| BaselineMatch::Passes(first.reason()))
    }

    /// Returns a diagnostic for each entry that matches none of the given cases, each an id and a variant. `elsewhere`
    /// has the ids of cases of which nobody says in which variants they are asked.
    pub fn stale<'a>(
        &self,
        all: impl Iterator<Item = (&'a str, &'a str)>,
        elsewhere: impl Iterator<Item = &'a str>,
    ) -> Vec<Diagnostic> {
        // Most runs have no baseline, and tens of thousands of cases.
        if self.entries.is_empty() {
            return Vec::new();
        }
        let mut is_stale = vec![true; self.entries.len()];
        let mut known = HashSet::new();
        for (id, variant) in all {
            known.insert(id);
            self.naming(id, variant).for_each(|index| is_stale[index] = false);
        }
        // Clients, engines and servers are asked the laws, each over addresses of its own.
        for id in elsewhere.filter(|id| !known.contains(id) || id.starts_with("laws/")) {
            let exact = self.exact.get(id).into_iter().flatten();
            let globs = self.globs.iter().filter(|&&index| self.entries[index].pattern.matches_id(id));
            exact.chain(globs).for_each(|&index| is_stale[index] = false);
        }
        let stale = self.entries.iter().zip(is_stale).filter(|&(_, is_stale)| is_stale);
        stale.map(|(entry, _)| entry.stale.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fmt::Write;

    use super::*;
    use crate::verdict::About;

    #[test]
    fn the_first_entry_that_names_a_case_gives_the_reason() {
        let text =
            "'xmlrpc/a' = 'exact'\n'xmlrpc/*' = 'pattern'\n\n'xmlrpc/a @spec' = 'late'\n'xmlrpc/none' = 'gone'\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        assert_eq!(baseline.reason("xmlrpc/a", "spec"), Some("exact"));
        assert_eq!(baseline.reason("xmlrpc/b", "spec"), Some("pattern"));
        assert_eq!(baseline.reason("sexpr/b", "strict"), None);
        let stale = |elsewhere: &[&'static str]| {
            let stale = baseline.stale([("xmlrpc/a", "spec")].into_iter(), elsewhere.iter().copied());
            stale.iter().map(Diagnostic::place).collect::<Vec<_>>()
        };
        assert_eq!(stale(&[]), ["baseline:5:1"]);
        assert!(stale(&["xmlrpc/none"]).is_empty());
        // Of a case that is asked, the variants are known.
        let baseline = Baseline::parse("baseline", "'xmlrpc/a@strict' = 'no such rules'\n").expect("it is good");
        assert_eq!(baseline.stale([("xmlrpc/a", "spec")].into_iter(), ["xmlrpc/a"].into_iter()).len(), 1);
        let baseline = Baseline::parse("baseline", "'laws/a@sxp+unix' = 'another server'\n").expect("it is good");
        assert!(baseline.stale([("laws/a", "sxp+tcp")].into_iter(), ["laws/a"].into_iter()).is_empty());
    }

    /// Comments, order, reasons and expiry stay; what passes or matches nothing goes; what is new comes at the end.
    #[test]
    fn an_update_changes_only_what_is_not_so_any_more() {
        let text = "# Numbers.\n\"xmlrpc/a\" = \"it fails\"  # still\n\"xmlrpc/b\" = { reason = \"half\", until = 9999-01-31 }\n\n\
                    # Gone.\n\"xmlrpc/c\" = \"it was mended\"\n\"xmlrpc/none\" = \"renamed\"\n\"xmlrpc/other-*\" = \"not asked\"\n\
                    \"xmlrpc/over\" = { reason = \"late\", until = 2001-01-31 }\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        let verdict = |id: &str, variant: &str, status: Status| {
            let about = std::sync::Arc::new(About { id: id.to_owned(), ..About::default() });
            let mut verdict = Verdict::bare(crate::suite::Suite::Reading, about, variant, status);
            verdict.is_unexpected |= status == Status::UnexpectedPass;
            verdict.why = "the subject refuses it".to_owned();
            verdict
        };
        let verdicts = [
            verdict("xmlrpc/a", "spec", Status::ExpectedFailure),
            verdict("xmlrpc/a", "extended", Status::ExpectedFailure),
            verdict("xmlrpc/b", "spec", Status::ExpectedFailure),
            verdict("xmlrpc/b", "extended", Status::UnexpectedPass),
            verdict("xmlrpc/c", "spec", Status::UnexpectedPass),
            verdict("xmlrpc/new", "spec", Status::Fail),
            verdict("xmlrpc/new", "extended", Status::Fail),
            verdict("xmlrpc/newer", "spec", Status::Crash),
            verdict("xmlrpc/newer", "extended", Status::Pass),
            verdict("xmlrpc/over", "spec", Status::Fail),
        ];
        let updated = baseline.updated(text, &verdicts, &[], &|place| place == "baseline:7:1");
        let expected = "# Numbers.\n\"xmlrpc/a\" = \"it fails\"  # still\n\"xmlrpc/b@spec\" = { reason = \"half\", until = 9999-01-31 }\n\n\
                        # Gone.\n\"xmlrpc/other-*\" = \"not asked\"\n\"xmlrpc/over\" = { reason = \"late\", until = 2001-01-31 }\n\n\
                        # New failures: say why each is known, or mend it.\n\
                        \"xmlrpc/new\" = { reason = \"new: the subject refuses it\", verdict = \"fail\" }\n\
                        \"xmlrpc/newer@spec\" = { reason = \"new: the subject refuses it\", verdict = \"crash\" }\n";
        assert_eq!(updated.text, expected);
        assert_eq!((updated.added, updated.removed.len(), updated.narrowed, updated.over), (2, 2, 1, 1));
    }

    /// A key stands once, whether it had an entry before, comes of two patterns, or is of a new failure.
    #[test]
    fn an_update_writes_no_key_twice() {
        let text = "\"xmlrpc/dbl-*\" = \"glob\"\n\"xmlrpc/dbl-ws\" = \"mine\"\n\"xmlrpc/d*\" = \"wider\"\n\
                    \"xmlrpc/odd\" = { reason = \"now and then\", verdict = \"fail\", flaky = true }\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        let verdict = |id: &str, status: Status| {
            let about = std::sync::Arc::new(About { id: id.to_owned(), ..About::default() });
            let mut verdict = Verdict::bare(crate::suite::Suite::Reading, about, "spec", status);
            verdict.is_unexpected |= status == Status::UnexpectedPass;
            verdict
        };
        let verdicts = [
            verdict("xmlrpc/dbl-e", Status::ExpectedFailure),
            verdict("xmlrpc/dbl-ok", Status::UnexpectedPass),
            verdict("xmlrpc/dbl-ws", Status::ExpectedFailure),
            verdict("xmlrpc/odd", Status::Crash),
        ];
        let updated = baseline.updated(text, &verdicts, &[], &|_| false);
        let expected = "\"xmlrpc/dbl-e\" = \"glob\"\n\"xmlrpc/dbl-ws\" = \"mine\"\n\
                        \"xmlrpc/odd\" = { reason = \"now and then\", verdict = \"fail\", flaky = true }\n";
        assert_eq!(updated.text, expected);
        assert_eq!((updated.added, updated.removed.len(), updated.narrowed), (0, 1, 1));
        Baseline::parse("baseline", &updated.text).expect("it can be read again");
    }

    /// An entry that covers more than was asked goes on covering the rest, and its comment is written once.
    #[test]
    fn an_update_keeps_what_was_not_asked() {
        let text = "\"xmlrpc/a-*\" = \"glob\"  # once\n\"xmlrpc/b\" = \"all rules\"  # twice?\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        let verdict = |id: &str, status: Status| {
            let about = std::sync::Arc::new(About { id: id.to_owned(), ..About::default() });
            let mut verdict = Verdict::bare(crate::suite::Suite::Reading, about, "spec", status);
            verdict.is_unexpected |= status == Status::UnexpectedPass;
            verdict.why = "no".to_owned();
            verdict
        };
        let verdicts = [
            verdict("xmlrpc/a-1", Status::UnexpectedPass),
            verdict("xmlrpc/a-2", Status::ExpectedFailure),
            verdict("xmlrpc/b", Status::UnexpectedPass),
            verdict("xmlrpc/c", Status::Fail),
        ];
        let unchosen = [
            ("xmlrpc/a-1", "extended"),
            ("xmlrpc/a-3", "spec"),
            ("xmlrpc/b", "extended"),
            ("xmlrpc/b", "xend-4.1"),
            ("xmlrpc/c", "extended"),
        ];
        let unchosen = unchosen.map(|(id, variant)| (id.to_owned(), variant.to_owned()));
        let updated = baseline.updated(text, &verdicts, &unchosen, &|_| false);
        let expected = "\"xmlrpc/a-1@extended\" = \"glob\"  # once\n\"xmlrpc/a-2\" = \"glob\"\n\"xmlrpc/a-3\" = \"glob\"\n\
                        \"xmlrpc/b@{extended,xend-4.1}\" = \"all rules\"  # twice?\n\n\
                        # New failures: say why each is known, or mend it.\n\
                        \"xmlrpc/c@spec\" = { reason = \"new: no\", verdict = \"fail\" }\n";
        assert_eq!(updated.text, expected);
        assert_eq!((updated.added, updated.removed.len(), updated.narrowed), (1, 0, 2));
    }

    /// A failure that came by other rules before, and was not looked at since, stays one entry.
    #[test]
    fn an_update_joins_what_says_the_same() {
        let text = "# Strings.\n\"xmlrpc/a@spec\" = \"mine\"  # see below\n\"xmlrpc/a@extended\" = \"mine\"\n\n\
                    # New failures: say why each is known, or mend it.\n\
                    \"xmlrpc/b@spec\" = { reason = \"new: no\", verdict = \"fail\" }\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        let verdict = |id: &str, variant: &str, status: Status| {
            let about = std::sync::Arc::new(About { id: id.to_owned(), ..About::default() });
            let bare = Verdict::bare(crate::suite::Suite::Reading, about, variant, status);
            Verdict { why: "no".to_owned(), ..bare }
        };
        let mut verdicts = vec![
            verdict("xmlrpc/a", "spec", Status::ExpectedFailure),
            verdict("xmlrpc/a", "extended", Status::ExpectedFailure),
            verdict("xmlrpc/b", "spec", Status::ExpectedFailure),
            verdict("xmlrpc/b", "extended", Status::Fail),
        ];
        let updated = baseline.updated(text, &verdicts, &[], &|_| false);
        let joined = "# Strings.\n\"xmlrpc/a\" = \"mine\"  # see below\n\n\
                      # New failures: say why each is known, or mend it.\n\
                      \"xmlrpc/b\" = { reason = \"new: no\", verdict = \"fail\" }\n";
        assert_eq!(updated.text, joined);
        assert_eq!((updated.added, updated.removed.len(), updated.narrowed, updated.merged), (0, 0, 0, 2));
        verdicts.push(verdict("xmlrpc/c", "spec", Status::Crash));
        let updated = baseline.updated(text, &verdicts, &[], &|_| false);
        // It comes under the heading that is there.
        let crash = "\"xmlrpc/c\" = { reason = \"new: no\", verdict = \"crash\" }\n";
        assert_eq!(updated.text, format!("{joined}{crash}"));
        assert_eq!((updated.added, updated.merged), (1, 2));
    }

    #[test]
    fn a_pattern_of_150_000_question_marks_is_refused() {
        let text = format!("\"xmlrpc/a\" = \"x\"\n  \"{}\" = \"why\"\n", "?".repeat(150_000));
        let diagnostic = Baseline::parse("baseline", &text).expect_err("it is too long");
        assert_eq!(diagnostic.place(), "baseline:2:3");
    }

    /// Twice as many entries and cases take twice the work: entries without wildcards are found by their id, and the
    /// cases are gone through once.
    #[test]
    fn the_work_for_a_baseline_grows_with_it() {
        let work = |count: usize| {
            let ids: Vec<_> = (0..count).map(|number| format!("xmlrpc/case-{number}")).collect();
            let mut text = String::new();
            for id in &ids {
                writeln!(text, "\"{id}\" = \"it fails\"").expect("a string takes whatever is written");
            }
            let baseline = Baseline::parse("baseline", &text).expect("it is good");
            let looked_at = Cell::new(0);
            let all = ids.iter().map(|id| {
                let found = baseline.exact.get(id).map_or(0, Vec::len) + baseline.globs.len();
                looked_at.set(looked_at.get() + 1 + found);
                (&**id, "spec")
            });
            assert!(baseline.stale(all, std::iter::empty()).is_empty());
            looked_at.get()
        };
        assert_eq!((work(1_000), work(2_000)), (2_000, 4_000));
    }
}
