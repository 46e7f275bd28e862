//! The built-in codecs as a subject.

use super::{Answer, Ask, Declaration, Question, Reply, Subject};
use crate::feature::Feature;
use crate::{Codec, Error};

/// The codecs of `xend-wire` as a subject.
///
/// They declare all rules, and all features except those that say what a language can't tell apart.
#[derive(Clone, Debug)]
pub struct BuiltIn(Declaration);

impl BuiltIn {
    /// Returns the built-in codecs as a subject.
    #[expect(clippy::new_without_default, reason = "nothing about it is a default")]
    pub fn new() -> Self {
        Self(Declaration {
            name: concat!("built-in ", env!("CARGO_PKG_VERSION")).to_owned(),
            decodes: Codec::ALL.iter().flat_map(|codec| codec.rules()).collect(),
            features: Feature::ALL.iter().filter(|feature| !feature.is_a_lack()).copied().collect(),
            ..Declaration::default()
        })
    }

    /// Does what is asked with the built-in codecs.
    pub fn answer(ask: &Ask<'_>) -> Answer {
        let Ask::Read { rules, input } = ask;
        match rules.decode(input) {
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
        Ok(Reply { answer: Ok(Self::answer(&question.ask)), stderr: String::new(), previous_fault: None })
    }
}
