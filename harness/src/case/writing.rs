//! Cases of the suite `writing`: values, and whether a subject must write or refuse each.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use xend_wire::Diagnostic;

use super::file::listed;
use super::pieces::{Piece, joined};
use super::{CaseAbout, Level};
use crate::error::read_toml;
use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::version::Version;
use crate::{Codec, Error, Rules};

/// A value that a subject is asked to write, with what is expected of it by each set of rules.
#[derive(Clone, Debug)]
pub struct WritingCase {
    /// The id, `CODEC/write-NAME`.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// The [`Rule`](super::Rule) that is tested, by its id.
    pub rule: String,
    /// Where the expectation comes from.
    pub source: String,
    /// The version of the suite that the case came with.
    pub since: Version,
    /// The value as JSON, as it is sent to a subject.
    pub json: String,
    /// The value. It is `None` if no document can have it, such as a string with half a surrogate pair.
    pub value: Option<Tagged>,
    codec: Codec,
    expects: Vec<WritingExpect>,
}

/// What is expected of a writer by some rules.
#[derive(Clone, Debug)]
pub struct WritingExpect {
    /// The rules that the expectation holds for. No two expectations of a case have a rule in common.
    pub rules: Vec<Rules>,
    /// How binding the expectation is.
    pub level: Level,
    /// The features that a subject must declare, or it is not asked.
    pub needs: Vec<Feature>,
    /// Whether the value must be written or refused.
    pub outcome: WritingOutcome,
    /// Documents that are right as they stand, because the daemon writes them.
    pub documents: Vec<String>,
}

/// What a writer may do with a value. What it writes must always be well-formed and mean the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WritingOutcome {
    /// It must write the value.
    Written,
    /// It must refuse the value, because no document can hold it.
    Refused,
    /// It may do either.
    Either,
}

impl WritingOutcome {
    /// Returns the name, as in a case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Refused => "refused",
            Self::Either => "either",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The rules of each expectation that names none.
    rules: Vec<Spanned<String>>,
    case: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    id: Spanned<String>,
    title: String,
    rule: String,
    source: String,
    since: Spanned<String>,
    value: Option<Spanned<toml::Value>>,
    value_json: Option<Spanned<String>>,
    value_generated: Option<Spanned<Vec<Piece>>>,
    expect: Spanned<Vec<Spanned<ExpectTable>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectTable {
    rules: Option<Vec<Spanned<String>>>,
    level: Level,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    outcome: WritingOutcome,
    #[serde(default)]
    documents: Vec<String>,
}

impl WritingCase {
    /// Returns the built-in cases, sorted by id.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        Self::built_in_where(|_| true)
    }

    /// Returns the built-in cases with an id that `is_wanted` accepts, sorted by id. The values of other cases are not
    /// read, which is most of the work.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in_where(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Self>, Error> {
        let mut cases = Vec::new();
        for file in xend_fixtures::files("writing/") {
            cases.extend(parse(&format!("fixtures/{}", file.path), file.bytes(), &is_wanted)?);
        }
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Reads the files `writing/NAME.toml` in a folder of cases, and returns their cases sorted by id.
    ///
    /// # Errors
    /// Returns an error if a file can't be read or is malformed.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, Error> {
        let mut cases = listed(folder, "writing", Self::parse)?;
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Parses a file of cases; `file` is the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Self>, Diagnostic> {
        parse(file, bytes, &|_| true)
    }

    /// Makes a case that stands in no file.
    pub(crate) fn new(codec: Codec, id: String, about: CaseAbout, json: String, expect: WritingExpect) -> Self {
        let CaseAbout { title, rule, source } = about;
        let (value, rule) = (tagged(&json, codec).ok(), rule.unwrap_or_default());
        Self { id, title, rule, source, since: Version::current(), json, value, codec, expects: vec![expect] }
    }

    /// Returns the codec that the value belongs to.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Returns all expectations of the case, in the order of the file.
    pub fn expectations(&self) -> &[WritingExpect] {
        &self.expects
    }

    /// Returns the expectation for these rules, or `None` if the case has none for them.
    pub fn expectation(&self, rules: Rules) -> Option<&WritingExpect> {
        self.expects.iter().find(|expect| expect.rules.contains(&rules))
    }

    /// Returns the declared features by which the value may be written whatever the rules: the extensions that the value
    /// needs, and [`Feature::Ex`]. The list is empty if the value needs no extension, or one that is not declared.
    ///
    /// Few libraries can be told to leave an extension out: whoever writes `<nil/>` writes it always.
    pub fn open_extensions(&self, declared: &[Feature]) -> Vec<Feature> {
        let needed = self.value.as_ref().map(Tagged::extensions).unwrap_or_default();
        if needed.is_empty() || !needed.iter().all(|feature| declared.contains(feature)) {
            return Vec::new();
        }
        declared.iter().copied().filter(|feature| needed.contains(feature) || *feature == Feature::Ex).collect()
    }
}

fn parse(file: &str, bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Result<Vec<WritingCase>, Diagnostic> {
    let parsed: File = read_toml(file, bytes, "a file of cases must be UTF-8; write other characters as \\uXXXX")?;
    let source = Source { file, bytes, rules: &parsed.rules };
    let wanted = parsed.case.into_iter().filter(|table| is_wanted(table.id.get_ref()));
    wanted.map(|table| source.case(table)).collect()
}

struct Source<'a> {
    file: &'a str,
    bytes: &'a [u8],
    rules: &'a [Spanned<String>],
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.bytes, span, message.into())
    }

    fn case(&self, table: Table) -> Result<WritingCase, Diagnostic> {
        let Table { id, title, rule, source, since, value, value_json, value_generated, expect } = table;
        let since = since.get_ref().parse().map_err(|error: Error| self.wrong(since.span(), error.to_string()))?;
        let codec = id.get_ref().split_once("/write-").and_then(|(codec, _)| codec.parse::<Codec>().ok());
        let codec = codec.ok_or_else(|| {
            self.wrong(id.span(), "the id of a case is CODEC/write-NAME, with sexpr or xmlrpc for CODEC")
        })?;
        let (json, value) = match (value, value_json, value_generated) {
            (Some(value), None, None) => {
                let json = serde_json::to_string(value.get_ref())
                    .map_err(|error| self.wrong(value.span(), error.to_string()))?;
                let tagged = self.tagged(&json, codec, value.span())?;
                (json, Some(tagged))
            }
            (None, Some(json), None) => (json.get_ref().clone(), tagged(json.get_ref(), codec).ok()),
            (None, None, Some(pieces)) => {
                let json = joined(pieces.get_ref()).map_err(|message| self.wrong(pieces.span(), message))?;
                let tagged = self.tagged(&json, codec, pieces.span())?;
                (json, Some(tagged))
            }
            _ => return Err(self.wrong(id.span(), "a case needs exactly one of value, value_json and value_generated")),
        };
        let mut expects: Vec<WritingExpect> = Vec::new();
        let span = expect.span();
        for spanned in expect.into_inner() {
            let expect = self.expect(codec, spanned.into_inner())?;
            if expects.iter().any(|other| other.rules.iter().any(|rules| expect.rules.contains(rules))) {
                return Err(self.wrong(span, "two expectations have the same rules"));
            }
            if value.is_none() && expect.outcome != WritingOutcome::Refused {
                return Err(self.wrong(span, "a value that no document can have must be refused"));
            }
            expects.push(expect);
        }
        if expects.is_empty() {
            return Err(self.wrong(span, "a case needs an expectation"));
        }
        Ok(WritingCase { id: id.into_inner(), title, rule, source, since, json, value, codec, expects })
    }

    fn tagged(&self, json: &str, codec: Codec, span: Range<usize>) -> Result<Tagged, Diagnostic> {
        tagged(json, codec).map_err(|message| self.wrong(span, format!("the value: {message}")))
    }

    fn expect(&self, codec: Codec, table: ExpectTable) -> Result<WritingExpect, Diagnostic> {
        let ExpectTable { rules, level, needs, outcome, documents } = table;
        let mut all = Vec::new();
        for name in rules.as_deref().unwrap_or(self.rules) {
            let named = codec.named_rules(name.get_ref());
            all.extend(named.map_err(|error| self.wrong(name.span(), error.to_string()))?);
        }
        let needs = needs
            .iter()
            .map(|name| name.get_ref().parse::<Feature>().map_err(|error| self.wrong(name.span(), error.to_string())));
        Ok(WritingExpect { rules: all, level, needs: needs.collect::<Result<_, _>>()?, outcome, documents })
    }
}

fn tagged(json: &str, codec: Codec) -> Result<Tagged, String> {
    Tagged::from_json(format!("[{json}]").as_bytes(), codec).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = r#"rules = ["spec"]
[[case]]
id = "xmlrpc/write-a"
title = "A"
rule = "xmlrpc/int-form"
source = "none"
since = "0.1.0"
"#;

    #[test]
    fn mistakes_have_a_place() {
        let check = |rest: &str, message: &str| {
            let text = format!("{CASE}{rest}");
            let diagnostic = WritingCase::parse("a.toml", text.as_bytes()).expect_err(rest);
            assert!(diagnostic.to_string().contains(message), "{rest}: {diagnostic}");
        };
        let value = "value = { response = { int = \"5\" } }\n";
        let expect = "expect = [{ level = \"must\", outcome = \"written\" }]\n";
        check(expect, "exactly one of value, value_json and value_generated");
        check(&format!("value = {{ int = \"5\" }}\n{expect}"), "`int` is not allowed at the top");
        check(&format!("{value}expect = []\n"), "a case needs an expectation");
        check(&format!("{value}expect = [{{ level = \"must\", outcome = \"done\" }}]\n"), "unknown variant `done`");
        check(
            &format!("{value}expect = [{{ rules = [\"x\"], level = \"must\", outcome = \"written\" }}]\n"),
            "unknown rules `x`",
        );
        check(
            &format!(
                "{value}expect = [{{ level = \"must\", outcome = \"written\" }}, {{ level = \"may\", outcome = \"either\" }}]\n"
            ),
            "two expectations have the same rules",
        );
        check(
            "value_json = '{\"response\":{\"string\":\"\\ud800\"}}'\nexpect = [{ level = \"must\", outcome = \"written\" }]\n",
            "must be refused",
        );
        let malformed = format!("{CASE}{value}{expect}").replace("0.1.0", "first");
        let diagnostic = WritingCase::parse("a.toml", malformed.as_bytes()).expect_err("it is no version");
        assert!(diagnostic.to_string().contains("first"), "{diagnostic}");
    }
}
