//! Patterns that select cases, and baselines of known failures.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobMatcher};

use crate::{Error, Rules};
use xend_wire::Diagnostic;

/// A pattern that selects cases by their id, and optionally by the rules: `sexpr/quote-*`, `xmlrpc/int-*@spec`,
/// `*@xend-*`.
///
/// Both parts are globs. A pattern without `@` matches by any rules. [`FromStr`] fails for a pattern that is no valid
/// glob or has more than 1,000 bytes.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    id: GlobMatcher,
    rules: Option<GlobMatcher>,
}

impl Pattern {
    /// Returns whether the pattern matches the case with this id when it is read by these rules.
    pub fn matches(&self, id: &str, rules: Rules) -> bool {
        self.matches_id(id) && self.rules.as_ref().is_none_or(|glob| glob.is_match(rules.to_string()))
    }

    /// Returns whether the pattern matches the id, whatever the rules are.
    pub fn matches_id(&self, id: &str) -> bool {
        self.id.is_match(id)
    }
}

/// The longest pattern, in bytes. No id is as long, and a glob is compiled to a regular expression, whose size is
/// limited.
const LONGEST: usize = 1_000;

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::Usage(format!("the pattern has {} bytes, expected at most {LONGEST}", text.len())));
        }
        let glob = |part: &str| match Glob::new(part.trim()) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(Error::Usage(format!("invalid pattern `{text}`: {}", error.kind()))),
        };
        let (id, rules) = match text.split_once('@') {
            Some((id, rules)) => (id, Some(glob(rules)?)),
            None => (text, None),
        };
        Ok(Self { text: text.to_owned(), id: glob(id)?, rules })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A list of failures that are expected, each with its reason.
///
/// A baseline has one entry a line: a [`Pattern`], then `#` and the reason. Empty lines and lines that begin with `#`
/// are ignored.
/// ```text
/// # Known failures of our parser.
/// xmlrpc/int-plus                 # our parser takes a plus sign: tracker 17
/// xmlrpc/base64-* @extended       # no white space in base64 yet
/// ```
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

#[derive(Clone, Debug)]
struct Entry {
    pattern: Pattern,
    reason: String,
    /// The diagnostic that is reported if the entry matches no case.
    stale: Diagnostic,
}

impl Baseline {
    /// Parses the text of a baseline; `file` is the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first entry that has no reason or whose pattern is invalid.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut baseline = Self::default();
        for (number, whole) in text.lines().enumerate() {
            let at = whole.len() - whole.trim_start().len();
            let line = whole.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pattern = line.split('#').next().unwrap_or_default().trim_end();
            let span = at..at + pattern.len();
            let wrong =
                |message: String| Diagnostic::in_line(file, number + 1, whole.as_bytes(), span.clone(), message);
            let reason = line.split_once('#').map_or("", |(_, reason)| reason.trim());
            if reason.is_empty() {
                return Err(wrong("an entry needs its reason, as in `xmlrpc/int-plus  # why it fails`".to_owned()));
            }
            let index = baseline.entries.len();
            let id = pattern.split('@').next().unwrap_or_default().trim();
            match id.contains(['*', '?', '[', ']', '{', '}', '\\', '!']) {
                true => baseline.globs.push(index),
                false => baseline.exact.entry(id.to_owned()).or_default().push(index),
            }
            baseline.entries.push(Entry {
                pattern: pattern.parse().map_err(|error: Error| wrong(error.to_string()))?,
                reason: reason.to_owned(),
                stale: wrong("this entry of the baseline matches no case of the subject's rules".to_owned()),
            });
        }
        Ok(baseline)
    }

    /// Returns the indices of the entries that match the case, in the order of the file.
    fn naming(&self, id: &str, rules: Rules) -> impl Iterator<Item = usize> {
        let exact = self.exact.get(id).into_iter().flatten();
        let mut naming: Vec<_> = exact.chain(&self.globs).copied().collect();
        naming.retain(|&index| self.entries[index].pattern.matches(id, rules));
        naming.sort_unstable();
        naming.into_iter()
    }

    /// Returns the reason why the case is expected to fail by these rules, or `None` if the baseline does not list it.
    /// If several entries match, the first one counts.
    pub fn reason(&self, id: &str, rules: Rules) -> Option<&str> {
        self.naming(id, rules).next().map(|index| &*self.entries[index].reason)
    }

    /// Returns a diagnostic for each entry that matches none of the given cases.
    pub fn stale<'a>(&self, all: impl Iterator<Item = (&'a str, Rules)>) -> Vec<Diagnostic> {
        let mut is_stale = vec![true; self.entries.len()];
        for (id, rules) in all {
            self.naming(id, rules).for_each(|index| is_stale[index] = false);
        }
        let stale = self.entries.iter().zip(is_stale).filter(|&(_, is_stale)| is_stale);
        stale.map(|(entry, _)| entry.stale.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::Codec;

    fn rules() -> Rules {
        Codec::Xmlrpc.default_rules()
    }

    /// The regular expression that such a pattern would be compiled to is too large.
    #[test]
    fn a_pattern_of_150_000_question_marks_is_refused() {
        let message = "?".repeat(150_000).parse::<Pattern>().expect_err("it is too long").to_string();
        assert_eq!(message, "the pattern has 150000 bytes, expected at most 1000");
        let baseline = format!("xmlrpc/a # x\n  {} # why\n", "?".repeat(150_000));
        let diagnostic = Baseline::parse("baseline", &baseline).expect_err("it is too long");
        assert_eq!(diagnostic.place(), "baseline:2:3");
    }

    #[test]
    fn patterns_at_the_limit_compile() {
        for piece in ["?", "*", "[a-z]", "{a,b}", "\u{10ffff}", "**/", "[!\u{e9}]"] {
            let pattern = piece.repeat(LONGEST / piece.len());
            assert!(pattern.parse::<Pattern>().is_ok(), "{piece}");
        }
    }

    #[test]
    fn the_first_entry_that_names_a_case_gives_the_reason() {
        let text = "xmlrpc/a # exact\nxmlrpc/* # pattern\n\nxmlrpc/a @spec # late\nxmlrpc/none # gone\n";
        let baseline = Baseline::parse("baseline", text).expect("it is good");
        assert_eq!(baseline.reason("xmlrpc/a", rules()), Some("exact"));
        assert_eq!(baseline.reason("xmlrpc/b", rules()), Some("pattern"));
        assert_eq!(baseline.reason("sexpr/b", rules()), None);
        let stale = baseline.stale([("xmlrpc/a", rules())].into_iter());
        assert_eq!(stale.iter().map(Diagnostic::place).collect::<Vec<_>>(), ["baseline:5:1"]);
    }

    /// Twice as many entries and cases take twice the work: entries without wildcards are found by their id, and the
    /// cases are gone through once.
    #[test]
    fn the_work_for_a_baseline_grows_with_it() {
        let work = |count: usize| {
            let ids: Vec<_> = (0..count).map(|number| format!("xmlrpc/case-{number}")).collect();
            let text: String = ids.iter().map(|id| format!("{id} # it fails\n")).collect();
            let baseline = Baseline::parse("baseline", &text).expect("it is good");
            let looked_at = Cell::new(0);
            let all = ids.iter().map(|id| {
                let found = baseline.exact.get(id).map_or(0, Vec::len) + baseline.globs.len();
                looked_at.set(looked_at.get() + 1 + found);
                (&**id, rules())
            });
            assert!(baseline.stale(all).is_empty());
            looked_at.get()
        };
        assert_eq!((work(1_000), work(2_000)), (2_000, 4_000));
    }
}
