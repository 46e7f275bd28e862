//! The reader of law files, which are TOML.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use xend_client::PowerState;
use xend_wire::failure::UnknownErrorCode;
use xend_wire::operation::{self, Answer, Argument, ArgumentKind, Face, Operation, Unit};
use xend_wire::{Release, Releases};

use super::definition::{Expected, Law, Step};
use crate::error::toml_mistake;
use xend_wire::Diagnostic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LawFile {
    id: Spanned<String>,
    title: String,
    source: String,
    #[serde(default)]
    common: bool,
    releases: Option<Vec<Spanned<String>>>,
    faces: Option<Vec<Spanned<String>>>,
    step: Vec<Spanned<StepTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    operation: Spanned<String>,
    #[serde(default)]
    args: Pairs,
    #[serde(default)]
    setup: bool,
    #[serde(default)]
    one_request: bool,
    #[serde(default)]
    tried: bool,
    error: Option<Spanned<OneOrMore>>,
    fields: Option<Spanned<Pairs>>,
    has: Option<Spanned<Vec<Spanned<String>>>>,
    lacks: Option<Spanned<Vec<Spanned<String>>>>,
    within_seconds: Option<u64>,
}

type Pairs = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(transparent)]
struct OneOrMore(toml::Value);

impl Law {
    /// Parses the text of a law file.
    ///
    /// `path` is the path of the file below the folder of fixtures, which must be the law's id with `.toml`. `file` is
    /// the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(path: &str, file: &str, text: &str) -> Result<Self, Diagnostic> {
        parse(path, file, text)
    }

    /// Returns the built-in laws, sorted by id.
    ///
    /// # Errors
    /// Returns a diagnostic if a built-in law is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Diagnostic> {
        let files = xend_fixtures::files("laws/").filter(|file| file.path.ends_with(".toml"));
        let parse = |file: xend_fixtures::File| {
            Self::parse(file.path, &format!("fixtures/{}", file.path), &String::from_utf8_lossy(file.bytes()))
        };
        files.map(parse).collect()
    }
}

fn parse(path: &str, file: &str, text: &str) -> Result<Law, Diagnostic> {
    let parsed: LawFile = toml::from_str(text).map_err(|error| toml_mistake(file, text, &error))?;
    let source = Source { file, text };
    let wrong = |span, message: String| source.wrong(span, message);
    let id = parsed.id.get_ref().clone();
    if path.strip_suffix(".toml") != Some(&*id) {
        return Err(wrong(parsed.id.span(), format!("id `{id}` is not the path of the file, `{path}` without .toml")));
    }
    let releases = match &parsed.releases {
        None => Release::ALL.to_vec(),
        Some(releases) => {
            let parse = |range: &Spanned<String>| {
                let parsed = range.get_ref().parse::<Releases>();
                parsed.map_err(|error| wrong(range.span(), error.to_string()))
            };
            let ranges = releases.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
            let holds = |release: &Release| ranges.iter().any(|range| range.contains(*release));
            Release::ALL.iter().copied().filter(holds).collect()
        }
    };
    let faces = match &parsed.faces {
        None => Face::ALL.to_vec(),
        Some(faces) => {
            let parse = |name: &Spanned<String>| {
                name.get_ref()
                    .parse()
                    .map_err(|error: xend_wire::operation::UnknownFace| wrong(name.span(), error.to_string()))
            };
            faces.iter().map(parse).collect::<Result<_, _>>()?
        }
    };
    let is_common = parsed.common;
    let steps = parsed.step.into_iter().map(|table| source.step(table, is_common)).collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Err(wrong(parsed.id.span(), "a law needs at least one [[step]]".to_owned()));
    }
    Ok(Law { id, title: parsed.title, source: parsed.source, releases, faces, is_common, steps })
}

/// The placeholders in arguments and expected values, which a trial replaces by names and configurations of its own.
pub(super) const PLACEHOLDERS: [&str; 5] = ["{config}", "{other_config}", "{same_name}", "{domain}", "{other}"];

/// What a domain is made of in a common law.
const COMMON: &[Argument] = &[
    Argument { name: "name", kind: ArgumentKind::Text, is_required: true },
    Argument { name: "memory", kind: ArgumentKind::Integer(Unit::MiB), is_required: true },
    Argument { name: "vcpus", kind: ArgumentKind::Integer(Unit::One), is_required: true },
];

struct Source<'t> {
    file: &'t str,
    text: &'t str,
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.text.as_bytes(), span, message)
    }

    fn step(&self, table: Spanned<StepTable>, is_common: bool) -> Result<Step, Diagnostic> {
        let span = table.span();
        let table = table.into_inner();
        let name = table.operation.get_ref();
        let operation = operation::find(name)
            .ok_or_else(|| self.wrong(table.operation.span(), format!("there is no operation `{name}`")))?;
        // In a common law a domain is made without a configuration, which is Xend's own.
        let known = match is_common && [operation::CREATE, operation::DEFINE].contains(&operation) {
            true => COMMON,
            false => operation.arguments(),
        };
        for (name, value) in &table.args {
            let argument = known.iter().find(|it| it.name == name.get_ref());
            let message = || format!("`{}` has no argument `{}`", operation.name(), name.get_ref());
            let argument = argument.ok_or_else(|| self.wrong(name.span(), message()))?;
            let given = text_of(value.get_ref());
            self.check_placeholders(&given, value.span())?;
            argument.check(given.as_bytes()).map_err(|error| self.wrong(value.span(), error.to_string()))?;
        }
        let arguments = pairs(&table.args);
        let is_missing = |it: &&Argument| it.is_required && arguments.iter().all(|(name, _)| name != it.name);
        if let Some(argument) = known.iter().find(is_missing) {
            let message = format!("`{}` needs the argument `{}`", operation.name(), argument.name);
            return Err(self.wrong(table.operation.span(), message));
        }
        if table.one_request && !table.setup {
            return Err(self.wrong(span, "`one_request` is only allowed together with `setup`"));
        }
        if table.tried && !table.setup {
            return Err(self.wrong(span, "`tried` is only allowed together with `setup`"));
        }
        let expected = self.expected(&table, operation, span)?;
        let within = Duration::from_secs(table.within_seconds.unwrap_or_default());
        let takes_one_request = table.one_request;
        Ok(Step { operation, arguments, is_setup: table.setup, takes_one_request, expected, within })
    }

    fn expected(&self, table: &StepTable, operation: Operation, span: Range<usize>) -> Result<Expected, Diagnostic> {
        match (&table.error, &table.fields, &table.has, &table.lacks) {
            (None, None, None, None) if table.tried => Ok(Expected::Tried),
            (None, None, None, None) => Ok(Expected::Done),
            (Some(codes), None, None, None) => {
                let one = std::slice::from_ref(&codes.get_ref().0);
                let codes_of = codes.get_ref().0.as_array().map_or(one, Vec::as_slice).iter().map(|code| {
                    let parsed = text_of(code).parse();
                    parsed.map_err(|error: UnknownErrorCode| self.wrong(codes.span(), error.to_string()))
                });
                Ok(Expected::Error(codes_of.collect::<Result<_, _>>()?))
            }
            (None, Some(fields), None, None) => {
                if !matches!(operation.answer(), Answer::Record(_)) {
                    return Err(self.wrong(
                        fields.span(),
                        format!(
                            "`fields` needs an operation that returns a record, and `{}` does not",
                            operation.name()
                        ),
                    ));
                }
                for (name, value) in fields.get_ref() {
                    let given = text_of(value.get_ref());
                    self.check_placeholders(&given, value.span())?;
                    let states = PowerState::ALL.map(PowerState::as_str);
                    if name.get_ref() == "power_state" && given != "*" && !states.contains(&&*given) {
                        let message = format!("unknown power state, expected one of {}", states.join(", "));
                        return Err(self.wrong(value.span(), message));
                    }
                }
                Ok(Expected::Fields(pairs(fields.get_ref())))
            }
            (None, None, has, lacks) => {
                for names in [has, lacks].into_iter().flatten() {
                    if operation.answer() != Answer::Names {
                        return Err(self.wrong(
                            names.span(),
                            format!("a list of names is expected, and `{}` does not return one", operation.name()),
                        ));
                    }
                    for name in names.get_ref() {
                        self.check_placeholders(name.get_ref(), name.span())?;
                    }
                }
                let names = |given: &Option<Spanned<Vec<Spanned<String>>>>| {
                    given.iter().flat_map(Spanned::get_ref).map(|name| name.get_ref().clone()).collect()
                };
                Ok(Expected::Names { has: names(has), lacks: names(lacks) })
            }
            _ => Err(self.wrong(span, "a step has at most one of `error`, `fields`, and `has` with `lacks`")),
        }
    }

    /// Checks that braces in a text are used only for the known placeholders.
    fn check_placeholders(&self, text: &str, span: Range<usize>) -> Result<(), Diagnostic> {
        let left = PLACEHOLDERS.iter().fold(text.to_owned(), |text, word| text.replace(word, ""));
        match left.contains(['{', '}']) {
            true => Err(self.wrong(span, format!("unknown placeholder, expected one of {}", PLACEHOLDERS.join(", ")))),
            false => Ok(()),
        }
    }
}

fn text_of(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pairs(pairs: &Pairs) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.get_ref().clone(), text_of(value.get_ref()))).collect()
}
