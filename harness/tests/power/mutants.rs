//! The broken readers, writers, callers, operators, servers and daemons of `fixtures/mutants`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use xend_harness::Codec;

/// A reader with one thing broken.
#[derive(Clone, Debug, Deserialize)]
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
    /// The places where it is broken, if the row stands for one reader each: their names stand for `{}` in what is
    /// above.
    #[serde(default)]
    places: Vec<String>,
    /// What these places are within, if the row stands for one reader for each place in each of them: their names stand
    /// for `{within}`.
    #[serde(default)]
    within: Vec<String>,
    /// Why it may live: the specification leaves it open, say.
    pub(crate) permitted: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mutant: Vec<Mutant>,
}

/// A writer with one thing broken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriterMutant {
    /// Its name, unique among the writers of its codec.
    pub(crate) id: String,
    /// `xmlrpc` or `sexpr`.
    pub(crate) codec: String,
    /// What it does, in a sentence without a full stop.
    pub(crate) breaks: String,
    /// The rule that it breaks, of `fixtures/rules`.
    pub(crate) rule: String,
    /// Where such a fault was seen, if it was.
    #[expect(dead_code, reason = "it is for people who read the file")]
    pub(crate) seen: Option<String>,
    /// How texts are changed before they are written, by the type of the value.
    pub(crate) change: Option<BTreeMap<String, String>>,
    /// A piece of the document, and what stands instead of it.
    pub(crate) replace: Option<[String; 2]>,
    /// Another one.
    pub(crate) also: Option<[String; 2]>,
    /// Whether references are taken back at last.
    #[serde(default)]
    pub(crate) unescape: bool,
    /// What takes code.
    pub(crate) special: Option<String>,
    /// Why it may live: the specification leaves it open, say.
    pub(crate) permitted: Option<String>,
}

/// A caller or a server with one thing broken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeerMutant {
    /// Its name, by which it knows what to break.
    pub(crate) id: String,
    /// What it does, in a sentence without a full stop.
    pub(crate) breaks: String,
    /// The rule that it breaks, of `fixtures/rules`.
    pub(crate) rule: String,
    /// Where such a fault was seen, if it was.
    #[expect(dead_code, reason = "it is for people who read the file")]
    pub(crate) seen: Option<String>,
    /// A case that catches it.
    pub(crate) case: Option<String>,
    /// Why it may live: the specification leaves it open, say.
    pub(crate) permitted: Option<String>,
}

/// An operator with one thing broken: our own client, and what is changed about it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OperatorMutant {
    /// Its name, unique among the operators.
    pub(crate) id: String,
    /// What it does, in a sentence without a full stop.
    pub(crate) breaks: String,
    /// The rule that it breaks, of `fixtures/rules`.
    pub(crate) rule: String,
    /// Where such a fault was seen, or what says that it is one.
    pub(crate) seen: String,
    /// A case or a law that catches it.
    pub(crate) case: Option<String>,
    /// Why it may live.
    pub(crate) permitted: Option<String>,
    /// The operations that are broken; all if there are none.
    pub(crate) operations: Vec<String>,
    /// Whether nothing is sent, and success is told.
    pub(crate) skip: bool,
    /// The operation that is asked for in place of the one that is meant.
    pub(crate) instead: Option<String>,
    /// Operations with the same domain that precede and follow it.
    pub(crate) before: Option<String>,
    pub(crate) then: Option<String>,
    /// The release that is taken for granted.
    pub(crate) release: Option<String>,
    /// Whether what changes something is asked for again: `always`, or if it came to `error`, `unknown` or `done`.
    pub(crate) again: Option<String>,
    /// An argument, a regular expression of pieces of its value, and what stands instead of them.
    pub(crate) args: Vec<[String; 3]>,
    /// The same for requests and replies on the wire.
    pub(crate) request: Vec<[String; 2]>,
    pub(crate) reply: Vec<[String; 2]>,
    /// Whether only what comes first of a reply is read.
    pub(crate) reads_once: bool,
    /// The same as `args` for the fields of a record that is told, and for a list of names, one a line.
    pub(crate) record: Vec<[String; 3]>,
    pub(crate) names: Vec<[String; 2]>,
    /// `done`, `error`, `unknown` or a code, and what is told instead: one of these, `time-out` or `crash`.
    pub(crate) learns: Vec<[String; 2]>,
}

/// A daemon with one thing broken: a mock, and a layer before it that changes what it is asked and what it says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaemonMutant {
    /// Its name, unique among the daemons.
    pub(crate) id: String,
    /// What it does, in a sentence without a full stop.
    pub(crate) breaks: String,
    /// Where such a fault was seen, or the section of the protocol reference that it breaks.
    #[expect(dead_code, reason = "it is for people who read the file")]
    pub(crate) seen: String,
    /// The laws that catch it.
    #[serde(default)]
    pub(crate) laws: Vec<String>,
    /// The release of the mock, if it is not 4.1.
    pub(crate) release: Option<String>,
    /// The only face that is broken, if it is not all of them.
    pub(crate) face: Option<String>,
    /// A regular expression of the requests that are broken, if it is not all of them.
    pub(crate) on: Option<String>,
    /// Regular expressions of pieces of these requests, and what stands instead of them.
    #[serde(default)]
    pub(crate) request: Vec<[String; 2]>,
    /// The same for one more request, which is made of the first one and precedes it.
    pub(crate) also: Option<[String; 2]>,
    /// The same for one more request, which follows it.
    pub(crate) then: Option<[String; 2]>,
    /// The same for their replies.
    #[serde(default)]
    pub(crate) reply: Vec<[String; 2]>,
    /// Whether nothing is done, and success is told.
    #[serde(default)]
    pub(crate) skip: bool,
    /// Whether the first reply comes again and again.
    #[serde(default)]
    pub(crate) stale: bool,
    /// A scenario that the mock plays.
    pub(crate) scenario: Option<String>,
    /// Why it may live.
    pub(crate) permitted: Option<String>,
}

/// All broken daemons.
pub(crate) fn daemons() -> Vec<DaemonMutant> {
    toml::from_str::<FileOf<DaemonMutant>>(&text("daemons.toml")).expect("the mutants are well-formed").mutant
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOf<M> {
    mutant: Vec<M>,
}

/// All broken writers.
pub(crate) fn writers() -> Vec<WriterMutant> {
    toml::from_str::<FileOf<WriterMutant>>(&text("writers.toml")).expect("the mutants are well-formed").mutant
}

/// All broken callers.
pub(crate) fn callers() -> Vec<PeerMutant> {
    toml::from_str::<FileOf<PeerMutant>>(&text("callers.toml")).expect("the mutants are well-formed").mutant
}

/// All broken servers.
pub(crate) fn servers() -> Vec<PeerMutant> {
    toml::from_str::<FileOf<PeerMutant>>(&text("servers.toml")).expect("the mutants are well-formed").mutant
}

/// All broken operators.
pub(crate) fn operators() -> Vec<OperatorMutant> {
    toml::from_str::<FileOf<OperatorMutant>>(&text("operators.toml")).expect("the mutants are well-formed").mutant
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
        let rows = toml::from_str::<File>(&text(&format!("{codec}.toml"))).expect("the mutants are well-formed").mutant;
        let each = |row: Self| if row.places.is_empty() { vec![row] } else { row.in_places() };
        rows.into_iter().flat_map(each).collect()
    }

    fn in_places(&self) -> Vec<Self> {
        let of = |place: &String, within: &str| {
            let named = |text: &str| text.replace("{within}", within).replace("{}", place);
            let mut one = self.clone();
            one.id = named(&self.id).to_ascii_lowercase().replace('.', "-");
            one.breaks = named(&self.breaks);
            for text in [&mut one.allow, &mut one.refuse, &mut one.change].into_iter().flatten() {
                *text = named(text);
            }
            one
        };
        if self.within.is_empty() {
            return self.places.iter().map(|place| of(place, "")).collect();
        }
        self.within.iter().flat_map(|within| self.places.iter().map(|place| of(place, within))).collect()
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
