//! The built-in codecs as a subject.

use super::{Answer, Declaration, Question, Reply, Subject};
use crate::feature::Feature;
use crate::{Codec, Error};

/// The codecs of `xend-wire` as a subject.
///
/// They declare all rules, and all features except `datetime-typed`, because they keep a dateTime as its text.
#[derive(Clone, Debug)]
pub struct BuiltIn(Declaration);

impl BuiltIn {
    /// Returns the built-in codecs as a subject.
    #[expect(clippy::new_without_default, reason = "nothing about it is a default")]
    pub fn new() -> Self {
        let is_typed = |feature: &&Feature| **feature == Feature::DatetimeTyped;
        Self(Declaration {
            name: concat!("built-in ", env!("CARGO_PKG_VERSION")).to_owned(),
            rules: Codec::ALL.iter().flat_map(|codec| codec.rules()).collect(),
            features: Feature::ALL.iter().filter(|feature| !is_typed(feature)).copied().collect(),
        })
    }

    /// Reads the document of a question with the built-in codecs.
    pub fn answer(question: &Question<'_>) -> Answer {
        match question.rules.decode(question.input) {
            Ok(values) => Answer::Values(values),
            Err(error) => Answer::Reject { message: error.to_string(), kind: Some(error.kind()) },
        }
    }
}

impl Subject for BuiltIn {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        Ok(Reply { answer: Ok(Self::answer(question)), stderr: String::new(), previous_fault: None })
    }
}
