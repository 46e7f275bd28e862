//! Patterns that select cases.

use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobMatcher};

use crate::Error;

/// A pattern that selects cases by their id, and optionally by what stands after an `@` in reports: `sexpr/quote-*`,
/// `xmlrpc/int-*@spec`, `*@xend-*`, `laws/pause-*@sxp+tcp`.
///
/// Both parts are globs. What stands after the `@` is the variant: the rules by which a case is read, or the address
/// over which a law is tried. A pattern without `@` matches any variant. [`FromStr`] fails for a pattern that is not a
/// valid glob or has more than 1,000 bytes.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    id: GlobMatcher,
    variant: Option<GlobMatcher>,
}

impl Pattern {
    /// Returns whether the pattern matches the case with this id in this variant.
    pub fn matches(&self, id: &str, variant: &str) -> bool {
        self.matches_id(id) && self.variant.as_ref().is_none_or(|glob| glob.is_match(variant))
    }

    /// Returns whether a text is a glob that matches only itself.
    pub(crate) fn is_literal(text: &str) -> bool {
        !text.contains(['*', '?', '[', ']', '{', '}', '\\', '!'])
    }

    /// Returns whether the pattern matches the id, whatever the variant is.
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
        let (id, variant) = match text.split_once('@') {
            Some((id, variant)) => (id, Some(glob(variant)?)),
            None => (text, None),
        };
        Ok(Self { text: text.to_owned(), id: glob(id)?, variant })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The regular expression that such a pattern would be compiled to is too large.
    #[test]
    fn a_pattern_of_150_000_question_marks_is_refused() {
        let message = "?".repeat(150_000).parse::<Pattern>().expect_err("it is too long").to_string();
        assert_eq!(message, "the pattern has 150000 bytes, expected at most 1000");
    }

    #[test]
    fn patterns_at_the_limit_compile() {
        for piece in ["?", "*", "[a-z]", "{a,b}", "\u{10ffff}", "**/", "[!\u{e9}]"] {
            let pattern = piece.repeat(LONGEST / piece.len());
            assert!(pattern.parse::<Pattern>().is_ok(), "{piece}");
        }
    }
}
