//! The token that stands for one generated question.

use std::fmt;
use std::str::FromStr;

use super::choices::Choices;
use super::question::Family;
use crate::Error;
use crate::verdict::About;

/// Which questions are generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Generated {
    /// So many questions with this seed, of all kinds that the subject can be asked, in turn.
    Many {
        /// The number of questions.
        count: u64,
        /// The seed.
        seed: u64,
    },
    /// One question again.
    One(Token),
}

/// Which question it is: `xmlrpc/value/17/42` is question 17 of the family `xmlrpc/value` with the seed 42. The question
/// is made of nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The kind of the question.
    pub family: Family,
    /// Its number.
    pub index: u64,
    /// The seed of the run.
    pub seed: u64,
}

impl Token {
    /// What the ids of generated questions begin with.
    pub const PREFIX: &str = About::GENERATED;

    /// The id of the question in reports.
    pub(super) fn id(self) -> String {
        format!("{}{}/{}", Self::PREFIX, self.family, self.index)
    }

    /// The choices that make it.
    pub(super) fn choices(self) -> Choices<'static> {
        Choices::random(self.family.seed(self.seed, self.index))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.family, self.index, self.seed)
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (rest, seed) = text.rsplit_once('/')?;
            let (family, index) = rest.rsplit_once('/')?;
            let family = Family::all().find(|it| it.name() == family)?;
            Some(Self { family, index: index.parse().ok()?, seed: seed.parse().ok()? })
        };
        parse().ok_or_else(|| {
            let names: Vec<_> = Family::all().map(Family::name).collect();
            Error::Usage(format!(
                "`{text}` is no token of a generated question, expected FAMILY/INDEX/SEED such as xmlrpc/value/17/42, where FAMILY is one of {}",
                names.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_are_printed() {
        let token: Token = "sexpr/broken/3/18446744073709551615".parse().expect("it is one");
        assert_eq!(token.to_string(), "sexpr/broken/3/18446744073709551615");
        for text in ["", "xmlrpc/value/1", "xmlrpc/other/1/2", "xmlrpc/value/-1/2", "xmlrpc/value/1/2/3"] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
