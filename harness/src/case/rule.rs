//! The rules that cases hold readers to, from `fixtures/rules`.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::Error;
use crate::error::toml_mistake;

/// One rule of a format, such as the range of an `int`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `FILE/NAME`, by which cases refer to it. FILE is `xmlrpc`, `xml` or `sexpr`.
    pub id: String,
    /// What it says, in one sentence of our own words.
    pub text: String,
    /// Where it is laid down.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    rule: Vec<Rule>,
}

impl Rule {
    /// All rules, in the order of their files, read once. There is none if a file is malformed, which a test of this
    /// project finds.
    pub(super) fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Rule>> = OnceLock::new();
        ALL.get_or_init(|| Self::built_in().unwrap_or_default())
    }

    /// All rules, in the order of their files.
    ///
    /// # Errors
    /// A file is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        let mut rules = Vec::new();
        for file in xend_fixtures::files("rules/") {
            let text = str::from_utf8(file.bytes()).unwrap_or_default();
            let parsed: RuleFile = toml::from_str(text).map_err(|error| toml_mistake(file.path, text, &error))?;
            rules.extend(parsed.rule);
        }
        Ok(rules)
    }
}
