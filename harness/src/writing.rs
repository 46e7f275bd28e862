//! Judges what a subject wrote: it must be well-formed, mean the value, and use nothing that the rules lack.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::bytes::{Captures, Regex};
use xend_wire::{Excerpt, visible, xmlrpc};

use crate::case::{WritingCase, WritingExpect, WritingOutcome};
use crate::feature::Feature;
use crate::shorten::{lines, shortened};
use crate::subject::{Answer, Fault};
use crate::suite::Suite;
use crate::tagged::{Difference, Equality, Tagged};
use crate::verdict::{About, Evidence, Status, Verdict};
use crate::{Codec, Rules};

/// The length to which a value, or a line of a document, is shortened in a report, in characters.
const LONGEST: usize = 400;
/// How many lines of a document a report shows if the place of the failure is not known.
const LINES: usize = 12;

/// A case with the rules and the expectation that an answer is judged by.
pub(crate) struct WritingJudgement<'a> {
    pub(crate) case: &'a WritingCase,
    pub(crate) about: Arc<About>,
    pub(crate) rules: Rules,
    pub(crate) expect: &'a WritingExpect,
    pub(crate) equality: Equality,
    /// The features by which the subject may write the value whatever the rules.
    pub(crate) extensions: Vec<Feature>,
}

/// What is wrong with a document that was written.
pub(crate) enum Flaw {
    Malformed(xend_wire::Error),
    Different(Difference, Tagged),
    /// A double of digits alone, and where it stands. Readers take it, but the specification asks a writer for a period.
    NoPeriod(Range<usize>),
    NotRefused,
}

impl Flaw {
    /// Judges a document by the rules, and by what it must mean; `None` as `wanted` if no document can mean it.
    pub(crate) fn of(
        document: &[u8],
        rules: Rules,
        outcome: WritingOutcome,
        wanted: Option<&Tagged>,
        equality: Equality,
    ) -> Option<Self> {
        if outcome == WritingOutcome::Refused {
            return Some(Self::NotRefused);
        }
        match rules.decode(document) {
            Err(error) => Some(Self::Malformed(error)),
            Ok(values) => match wanted.and_then(|wanted| values.difference(wanted, equality)) {
                Some(difference) => Some(Self::Different(difference, values)),
                None if rules.codec() == Codec::Xmlrpc => double_without_period(document).map(Self::NoPeriod),
                None => None,
            },
        }
    }

    /// Returns the verdict, and what is wrong as a phrase.
    pub(crate) fn status(&self) -> (Status, String) {
        match self {
            Self::Malformed(error) => (Status::Fail, format!("what the subject wrote breaks the rules: {error}")),
            Self::Different(..) => (Status::WrongValue, "what the subject wrote means another value".to_owned()),
            Self::NoPeriod(_) => (Status::Fail, "what the subject wrote has a double without a period".to_owned()),
            Self::NotRefused => (Status::Fail, "the subject writes a value that no document can hold".to_owned()),
        }
    }

    /// Returns where what was written differs from the value, as lines.
    pub(crate) fn differences(&self) -> Vec<String> {
        match self {
            Self::Different(difference, _) => vec![difference.to_string()],
            _ => Vec::new(),
        }
    }
}

/// Returns the place of a double that is a sign, if any, and digits (XML-RPC specification,
/// Additional questions and answers).
fn double_without_period(document: &[u8]) -> Option<Range<usize>> {
    static WHOLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)<double>([+-]?[0-9]+)</double>").expect("it is one"));
    WHOLE.captures(document)?.get(1).map(|digits| digits.range())
}

/// Returns a document with spaces in place of the tags of extensions, so that a value of such a type is one without a type.
fn without(extensions: &[Feature], document: &[u8]) -> Vec<u8> {
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)</?([\w.-]+:)?([a-z0-9]+)(?:\s[^<>]*)?/?>").expect("it is one"));
    let spaces = |tag: &Captures<'_>| {
        let is_open = extensions.iter().any(|feature| feature.name().as_bytes() == &tag[2])
            && (tag.get(1).is_none() || extensions.contains(&Feature::Ex));
        if is_open { vec![b' '; tag[0].len()] } else { tag[0].to_vec() }
    };
    TAG.replace_all(document, spaces).into_owned()
}

impl WritingJudgement<'_> {
    /// Judges an answer; `is_strict` tells whether a failure at the level `should` fails the run.
    pub(crate) fn verdict(&self, answer: &Result<Answer, Fault>, is_strict: bool) -> Verdict {
        let flaw = match answer {
            Ok(Answer::Document(document)) => self.flaw(document),
            _ => None,
        };
        let (status, why) = self.status(answer, flaw.as_ref());
        let level = self.expect.level;
        Verdict {
            level: Some(level),
            is_unexpected: status == Status::HarnessError || status.counts(level, is_strict),
            evidence: status.is_failure().then(|| Box::new(self.evidence(answer, flaw.as_ref()))),
            why,
            ..Verdict::bare(Suite::Writing, Arc::clone(&self.about), self.rules.to_string(), status)
        }
    }

    fn flaw(&self, document: &[u8]) -> Option<Flaw> {
        if self.expect.documents.iter().any(|right| right.as_bytes() == document) {
            return None;
        }
        let judge = |rules| Flaw::of(document, rules, self.outcome(), self.case.value.as_ref(), self.equality);
        let flaw = judge(self.rules)?;
        if self.extensions.is_empty() {
            return Some(flaw);
        }
        let malformed = || self.rules.decode(&without(&self.extensions, document)).err().map(Flaw::Malformed);
        judge(Rules::Xmlrpc(xmlrpc::Rules::extended())).or_else(malformed)
    }

    fn outcome(&self) -> WritingOutcome {
        match self.expect.outcome {
            WritingOutcome::Refused if !self.extensions.is_empty() => WritingOutcome::Either,
            outcome => outcome,
        }
    }

    fn status(&self, answer: &Result<Answer, Fault>, flaw: Option<&Flaw>) -> (Status, String) {
        match (answer, flaw) {
            (Ok(Answer::Document(_)), None) => (Status::Pass, String::new()),
            (Ok(Answer::Document(_)), Some(flaw)) => flaw.status(),
            (Ok(Answer::Reject { .. }), _) if self.outcome() != WritingOutcome::Written => {
                (Status::Pass, String::new())
            }
            (Ok(Answer::Reject { .. }), _) => {
                (Status::Fail, "the subject refuses a value that it should write".to_owned())
            }
            (Ok(Answer::Unsupported(why)), _) => {
                (Status::Unsupported, format!("the subject says: {}", shortened(&visible(why.as_bytes()), LONGEST)))
            }
            (Ok(_), _) => {
                (Status::InvalidAnswer, "the answer to a value has neither a document nor a reject".to_owned())
            }
            (Err(fault), _) => fault.status(),
        }
    }

    fn evidence(&self, answer: &Result<Answer, Fault>, flaw: Option<&Flaw>) -> Evidence {
        let case = self.case;
        let value = || shortened(&visible(case.json.as_bytes()), LONGEST);
        let excerpt = |document: &[u8]| {
            let span = match flaw {
                Some(Flaw::Malformed(error)) => Some(error.span()),
                Some(Flaw::NoPeriod(span)) => Some(span.clone()),
                // The place of a difference is known by the wanted values; the value that was read stands there instead.
                Some(Flaw::Different(difference, values)) => values.locate_path(&difference.path),
                _ => None,
            };
            span.map_or_else(|| lines(document, LINES, LONGEST), |span| Excerpt::new(document, &span).to_string())
        };
        Evidence {
            input: match answer {
                Ok(Answer::Document(document)) => excerpt(document),
                _ => format!("  | {}\n", value()),
            },
            got: match (answer, flaw) {
                (Ok(Answer::Document(_)), Some(Flaw::Different(_, values))) => shortened(&values.to_json(), LONGEST),
                (Ok(Answer::Document(document)), _) => format!("a document of {} bytes", document.len()),
                (Ok(Answer::Reject { message, .. }), _) => {
                    format!("rejected: {}", shortened(&visible(message.as_bytes()), LONGEST))
                }
                (Ok(_), _) => "another kind of answer".to_owned(),
                (Err(Fault::InvalidAnswer(_, line)), _) => line.clone(),
                (Err(_), _) => "no answer".to_owned(),
            },
            wanted: match self.outcome() {
                WritingOutcome::Refused => format!("a reject of {}", value()),
                WritingOutcome::Written => format!("a document that means {}", value()),
                WritingOutcome::Either => format!("a document that means {}, or a reject", value()),
            },
            differences: flaw.map(Flaw::differences).unwrap_or_default(),
            ..Evidence::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, outcome: &str, answer: Answer, status: Status) {
        let expect = format!("{{ level = \"must\", outcome = \"{outcome}\" }}");
        check_with(&[], value, &expect, answer, status);
    }

    #[track_caller]
    fn check_with(features: &[Feature], value: &str, expects: &str, answer: Answer, status: Status) {
        let text = format!(
            "rules = [\"spec\"]\n[[case]]\nid = \"xmlrpc/write-a\"\ntitle = \"A\"\nrule = \"none\"\nsource = \"none\"\nsince = \"0\"\n\
             value = {value}\nexpect = [{expects}]\n"
        );
        let cases = WritingCase::parse("a.toml", text.as_bytes()).expect("a case");
        let rules = Codec::Xmlrpc.default_rules();
        let expect = cases[0].expectation(rules).expect("an expectation");
        let about = Arc::new(About::default());
        let extensions = cases[0].open_extensions(features);
        let judgement =
            WritingJudgement { case: &cases[0], about, rules, expect, equality: Equality::default(), extensions };
        let verdict = judgement.verdict(&Ok(answer.clone()), false);
        assert_eq!(verdict.status, status, "{answer:?}: {}", verdict.why);
        assert_eq!(verdict.evidence.is_some(), status.is_failure());
    }

    #[test]
    fn documents_are_judged_by_what_they_mean() {
        let document = |inner: &str| {
            let text =
                format!("<methodResponse><params><param><value>{inner}</value></param></params></methodResponse>");
            Answer::Document(text.into_bytes())
        };
        let refused = || Answer::Reject { message: "no".to_owned(), kind: None };
        let value = "{ response = { string = \"a<b\" } }";
        check(value, "written", document("<string>a&lt;b</string>"), Status::Pass);
        check(value, "written", document(" a&#60;b".trim_start()), Status::Pass);
        check(value, "written", document("<string>a<b</string>"), Status::Fail);
        check(value, "written", document("<string>a&amp;lt;b</string>"), Status::WrongValue);
        check(value, "written", document("<ex:nil/>"), Status::Fail);
        check(value, "written", refused(), Status::Fail);
        check(value, "written", Answer::Accept, Status::InvalidAnswer);
        check(value, "either", refused(), Status::Pass);
        check(value, "either", document("<string>b</string>"), Status::WrongValue);
        check(value, "refused", document("<string>a&lt;b</string>"), Status::Fail);
        check(value, "refused", refused(), Status::Pass);
        let whole = "{ response = { double = \"-3\" } }";
        check(whole, "written", document("<double>-3.0</double>"), Status::Pass);
        check(whole, "written", document("<double>-3</double>"), Status::Fail);
    }

    /// Whoever declares an extension may write it by the specification too, but must write it right.
    #[test]
    fn an_extension_is_open_to_those_who_declare_it() {
        let value = "{ response = { nil = true } }";
        let expects = "{ level = \"must\", outcome = \"refused\" }, \
                       { rules = [\"extended\"], level = \"must\", outcome = \"written\", needs = [\"nil\"] }";
        let document = |inner: &str| {
            let text =
                format!("<methodResponse><params><param><value>{inner}</value></param></params></methodResponse>");
            Answer::Document(text.into_bytes())
        };
        let refused = Answer::Reject { message: "no".to_owned(), kind: None };
        check_with(&[Feature::Nil], value, expects, document("<nil/>"), Status::Pass);
        check_with(&[Feature::Nil], value, expects, refused.clone(), Status::Pass);
        check_with(&[Feature::Nil], value, expects, document("<string/>"), Status::WrongValue);
        check_with(&[Feature::I8], value, expects, document("<nil/>"), Status::Fail);
        check_with(&[Feature::I8], value, expects, refused.clone(), Status::Pass);

        let apache = |inner: &str| {
            let text = format!(
                "<methodResponse xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"><params><param><value>\
                 {inner}</value></param></params></methodResponse>"
            );
            Answer::Document(text.into_bytes())
        };
        check_with(&[Feature::Nil, Feature::Ex], value, expects, apache("<ex:nil/>"), Status::Pass);
        check_with(&[Feature::Nil], value, expects, apache("<ex:nil/>"), Status::Fail);

        let value = "{ response = { array = [{ nil = true }, { int = \"1\" }] } }";
        let array =
            |one: &str| document(&format!("<array><data><value><nil/></value><value>{one}</value></data></array>"));
        check_with(&[Feature::Nil], value, expects, array("<int>1</int>"), Status::Pass);
        check_with(&[Feature::Nil], value, expects, array("<i8>1</i8>"), Status::Fail);

        let large = "{ response = { int = \"2147483648\" } }";
        let expects = "{ level = \"must\", outcome = \"refused\" }";
        check_with(&[Feature::I8], large, expects, document("<i8>2147483648</i8>"), Status::Pass);
        check_with(&[Feature::I8], large, expects, document("<i8>2147483647</i8>"), Status::WrongValue);
        check_with(&[Feature::I8], large, expects, document("<int>2147483648</int>"), Status::Fail);
        check_with(&[Feature::Nil], large, expects, document("<i8>2147483648</i8>"), Status::Fail);
        check_with(&[Feature::I8], large, expects, refused, Status::Pass);
    }
}
