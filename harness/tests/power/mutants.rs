//! The broken readers of `fixtures/mutants`.

use std::path::Path;

use serde::Deserialize;
use xend_harness::Codec;

/// A reader with one thing broken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// Its name, unique among the readers of its codec.
    pub(crate) id: String,
    /// What it does, in a sentence without a full stop.
    pub(crate) breaks: String,
    /// The rule that it breaks, of `fixtures/rules`.
    pub(crate) rule: String,
    /// Where such a fault was seen, if it was.
    #[expect(dead_code, reason = "it is for people who read the file")]
    pub(crate) seen: Option<String>,
    /// The check that it lacks.
    pub(crate) allow: Option<String>,
    /// What it can't read.
    pub(crate) refuse: Option<String>,
    /// What it alters, beside that or alone.
    pub(crate) change: Option<String>,
    /// What it makes of it.
    pub(crate) to: Option<String>,
    /// Why it may live: the specification leaves it open, say.
    pub(crate) permitted: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mutant: Vec<Mutant>,
}

/// Cases that catch no mutant, and why they stay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Idle {
    pub(crate) why: String,
    pub(crate) cases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdleFile {
    idle: Vec<Idle>,
}

impl Mutant {
    /// All readers of a codec.
    pub(crate) fn of(codec: Codec) -> Vec<Self> {
        toml::from_str::<File>(&text(&format!("{codec}.toml"))).expect("the mutants are well-formed").mutant
    }

    /// Whether it shows only in long documents, so that it is worth the time that they take.
    pub(crate) fn is_about_length(&self) -> bool {
        self.to.as_ref().is_some_and(|to| to.bytes().any(|b| b.is_ascii_digit()))
    }
}

/// The cases that catch nothing, by the reason why they stay.
pub(crate) fn idle() -> Vec<Idle> {
    toml::from_str::<IdleFile>(&text("idle.toml")).expect("the list is well-formed").idle
}

/// They are read from their folder, and embedded in no program.
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mutants").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
