//! What a text of a request must be: a text, a pattern, one of several, or anything but one.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// What a text of a request must be, such as an argument of an operation, a header or a path.
///
/// A plain text or number means exactly this text, so it is mostly written without naming the type:
///
/// ```
/// use mock_xend::{Match, expect};
/// use xend_wire::operation::SHUTDOWN;
///
/// let expectation = expect(SHUTDOWN)
///     .arg("domain", Match::regex("vm[0-9]+"))
///     .arg("reason", Match::one_of(["halt", "poweroff"]));
/// ```
#[derive(Clone, Debug)]
pub struct Match(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// This text. One that reads like a pattern is refused.
    Text(Vec<u8>),
    /// This text, even if it reads like a pattern.
    Exact(Vec<u8>),
    Any,
    Regex(Regex),
    /// A pattern that is none, and why.
    NoRegex(String),
    OneOf(Vec<Match>),
    Not(Box<Match>),
}

/// The most memory that a compiled pattern may take, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;
/// How deeply the groups of a pattern may be nested.
const DEEPEST_PATTERN: u32 = 50;

impl Match {
    /// Matches this text alone, even if it reads like a pattern: `Match::exact("vm.*")`.
    pub fn exact(text: impl Into<Vec<u8>>) -> Self {
        Self(Kind::Exact(text.into()))
    }

    /// Matches any text. `Match::not(Match::any())` matches if there is none: no such argument, field or header.
    pub fn any() -> Self {
        Self(Kind::Any)
    }

    /// Matches the texts that a regular expression describes from their first to their last byte, in linear time. The
    /// syntax is that of the crate `regex`, in which classes such as `\d` are those of ASCII.
    ///
    /// A mock with a pattern that is none does not start.
    pub fn regex(pattern: &str) -> Self {
        let build = |pattern: &str| {
            let mut builder = RegexBuilder::new(pattern);
            builder.unicode(false).size_limit(LARGEST_PATTERN).nest_limit(DEEPEST_PATTERN).build()
        };
        // The pattern is tried alone first, so that `a)(b` is refused.
        let built = build(pattern).and_then(|_| build(&format!(r"\A(?:{pattern})\z")));
        Self(match built {
            Ok(regex) => Kind::Regex(regex),
            Err(error) => {
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Kind::NoRegex(format!("`{pattern}` is no regular expression: {why}"))
            }
        })
    }

    /// Matches what any of these matches.
    pub fn one_of<M: Into<Self>>(matches: impl IntoIterator<Item = M>) -> Self {
        Self(Kind::OneOf(matches.into_iter().map(Into::into).collect()))
    }

    /// Matches what the other does not match.
    pub fn not(other: impl Into<Self>) -> Self {
        Self(Kind::Not(Box::new(other.into())))
    }

    /// Returns whether a text matches; `None` stands for one that is missing.
    pub(super) fn is(&self, given: Option<&[u8]>) -> bool {
        match &self.0 {
            Kind::Text(text) | Kind::Exact(text) => given == Some(text),
            Kind::Any => given.is_some(),
            Kind::Regex(regex) => given.is_some_and(|given| regex.is_match(given)),
            Kind::NoRegex(_) => false,
            Kind::OneOf(matches) => matches.iter().any(|one| one.is(given)),
            Kind::Not(other) => !other.is(given),
        }
    }

    /// Returns whether only a text that is missing matches.
    pub(super) fn is_absence(&self) -> bool {
        matches!(&self.0, Kind::Not(other) if matches!(other.0, Kind::Any))
    }

    /// Returns the text, if only one matches.
    pub(super) fn text(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Text(text) | Kind::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the same match with each of its texts changed, but for those that are refused.
    pub(super) fn map_texts(self, change: &impl Fn(&[u8]) -> Vec<u8>) -> Self {
        Self(match self.0 {
            Kind::Text(text) if no_pattern(&text, true).is_ok() => Kind::Text(change(&text)),
            Kind::Exact(text) => Kind::Exact(change(&text)),
            Kind::OneOf(matches) => Kind::OneOf(matches.into_iter().map(|one| one.map_texts(change)).collect()),
            Kind::Not(other) => Kind::Not(Box::new(other.map_texts(change))),
            kind @ (Kind::Text(_) | Kind::Any | Kind::Regex(_) | Kind::NoRegex(_)) => kind,
        })
    }

    /// Checks the match itself, and each of its texts by `check`. `stars` tells whether a text with a `*` in it reads
    /// like a pattern.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(crate) fn check(&self, stars: bool, check: &impl Fn(&[u8]) -> Result<(), String>) -> Result<(), String> {
        match &self.0 {
            Kind::Text(text) => {
                no_pattern(text, stars)?;
                check(text)
            }
            Kind::Exact(text) => check(text),
            Kind::Any | Kind::Regex(_) => Ok(()),
            Kind::NoRegex(why) => Err(why.clone()),
            Kind::OneOf(matches) if matches.is_empty() => {
                Err("`one-of` needs at least one value, or nothing matches".to_owned())
            }
            Kind::OneOf(matches) => matches.iter().try_for_each(|one| one.check(stars, check)),
            Kind::Not(other) => other.check(stars, check),
        }
    }
}

/// Refuses a text that reads like a pattern, which would otherwise be compared as a text and never match.
pub(crate) fn no_pattern(text: &[u8], stars: bool) -> Result<(), String> {
    let Ok(text) = str::from_utf8(text) else { return Ok(()) };
    let is_template = text.contains("{{") || text.contains("${");
    if is_template {
        return Err(format!(
            "`{text}` reads like a template, but is compared as text: write `{{ exact = ... }}` if it is meant so"
        ));
    }
    let is_anchored = text.len() > 1 && (text.starts_with('^') || text.ends_with('$'));
    let pieces = [".*", ".+", "\\d", "\\w", "\\s", "\\.", "(?", "[^", "[0-9", "[a-z", "[A-Z"];
    let is_regex = is_anchored || pieces.iter().any(|piece| text.contains(piece)) || (stars && is_alternative(text));
    let placeholder = stars.then(|| placeholder(text)).flatten();
    let is_glob = stars && (text.contains('*') || is_behind_a_letter(text, "?"));
    let pattern = match placeholder {
        _ if is_regex => text.to_owned(),
        Some(name) => text.replace(name, "[^/]+"),
        None if is_glob => text.replace('.', "\\.").replace('*', ".*").replace('?', "."),
        None => return Ok(()),
    };
    Err(format!(
        "`{text}` reads like a pattern, but is compared as text: write `{{ matches = '{pattern}' }}` for the pattern, \
         or `{{ exact = '{text}' }}` for this very text"
    ))
}

/// Returns whether a text lists alternatives, as in `vm1|vm2` or `vm[12]`.
fn is_alternative(text: &str) -> bool {
    let brackets = is_behind_a_letter(text, "[") && text.contains(']');
    brackets || text.split('|').count() > 1 && text.split('|').all(|one| !one.trim().is_empty())
}

fn is_behind_a_letter(text: &str, what: &str) -> bool {
    text.match_indices(what).any(|(at, _)| text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Returns the first placeholder in a text, as routes have them: `{domain}`, or `:domain` as a whole element of a path.
fn placeholder(text: &str) -> Option<&str> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let braces = text.match_indices('{').find_map(|(at, _)| {
        let end = at + text[at..].find('}')?;
        is_name(&text[at + 1..end]).then(|| &text[at..=end])
    });
    braces.or_else(|| text.split('/').find(|element| element.strip_prefix(':').is_some_and(is_name)))
}

impl From<&str> for Match {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.into()))
    }
}

impl From<String> for Match {
    fn from(text: String) -> Self {
        Self(Kind::Text(text.into()))
    }
}

impl From<Vec<u8>> for Match {
    fn from(text: Vec<u8>) -> Self {
        Self(Kind::Text(text))
    }
}

/// Matches the number in decimal.
impl From<i64> for Match {
    fn from(number: i64) -> Self {
        Self(Kind::Exact(number.to_string().into()))
    }
}

/// The match as reports show it: `vm1`, `matching 'vm[0-9]+'`, `one of halt, poweroff`, `not vm1`.
impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text(text) | Kind::Exact(text) => f.write_str(&super::shown::text(text)),
            Kind::Any => f.write_str("anything"),
            Kind::Regex(regex) => {
                let pattern = regex.as_str().trim_start_matches(r"\A(?:").trim_end_matches(r")\z");
                write!(f, "matching '{}'", super::shown::text(pattern.as_bytes()))
            }
            Kind::NoRegex(why) => f.write_str(why),
            Kind::OneOf(matches) => {
                let shown: Vec<_> = matches.iter().map(ToString::to_string).collect();
                write!(f, "one of {}", shown.join(", "))
            }
            Kind::Not(other) if matches!(other.0, Kind::Any) => f.write_str("nothing"),
            Kind::Not(other) => write!(f, "not {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_anchored_at_both_ends() {
        let pattern = Match::regex("vm[0-9]+|db");
        for (text, is_it) in [("vm1", true), ("db", true), ("xvm1", false), ("vm1x", false), ("db2", false)] {
            assert_eq!(pattern.is(Some(text.as_bytes())), is_it, "{text}");
        }
        assert!(!pattern.is(None));
    }

    #[test]
    fn what_is_missing_is_not_anything() {
        assert!(Match::any().is(Some(b"")) && !Match::any().is(None));
        assert!(Match::not(Match::any()).is(None) && Match::not("a").is(None));
        let one = Match::one_of([Match::from("a"), Match::not(Match::regex("[a-z]"))]);
        assert!(one.is(Some(b"a")) && !one.is(Some(b"b")) && one.is(Some(b"B")));
    }

    #[test]
    fn a_pattern_is_bounded() {
        for pattern in ["(a{1000}){1000}", &"(".repeat(300), "a)(b", "[", "\\p{Greek}"] {
            let why = Match::regex(pattern).check(true, &|_| Ok(())).expect_err(pattern);
            assert!(why.contains("is no regular expression: "), "{why}");
        }
    }
}
