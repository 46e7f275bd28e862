//! The reader of the steps of law files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use xend_client::PowerState;
use xend_wire::Diagnostic;
use xend_wire::failure::{ErrorCode, UnknownErrorCode};
use xend_wire::operation::{self, Answer, Argument, ArgumentKind, Face, Operation, Unit, UnknownFace};

use super::definition::{Check, Expected, Method, Relation, Step};

/// A step as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTable {
    operation: Option<Spanned<String>>,
    #[serde(default)]
    args: Pairs,
    method: Option<Spanned<String>>,
    session: Option<Spanned<String>>,
    #[serde(default)]
    params: Vec<Spanned<toml::Value>>,
    #[serde(default)]
    setup: bool,
    #[serde(default)]
    one_request: bool,
    #[serde(default)]
    tried: bool,
    error: Option<Spanned<OneOrMore>>,
    marks: Option<Spanned<Pairs>>,
    of: Option<Spanned<String>>,
    fields: Option<Spanned<Pairs>>,
    differs: Option<Spanned<Pairs>>,
    above: Option<Spanned<Pairs>>,
    has: Option<Spanned<Vec<Spanned<String>>>>,
    lacks: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    keep: Pairs,
    after_seconds: Option<u64>,
    within_seconds: Option<u64>,
}

type Pairs = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(transparent)]
struct OneOrMore(toml::Value);

/// The placeholders in arguments and expected values, which a trial replaces by names and configurations of its own.
pub(super) const PLACEHOLDERS: [&str; 8] =
    ["{config}", "{other_config}", "{same_name}", "{domain}", "{other}", "{uuid}", "{other_uuid}", "{kernel}"];

/// What a domain is made of in a common law.
const COMMON: &[Argument] = &[
    Argument { name: "name", kind: ArgumentKind::Text, is_required: true },
    Argument { name: "memory", kind: ArgumentKind::Integer(Unit::MiB), is_required: true },
    Argument { name: "vcpus", kind: ArgumentKind::Integer(Unit::One), is_required: true },
];

/// The text of a law file, for what is wrong in it.
pub(super) struct Source<'t> {
    file: &'t str,
    text: &'t str,
    /// The placeholders that earlier steps keep.
    kept: Vec<String>,
}

impl<'t> Source<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, kept: Vec::new() }
    }

    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.text.as_bytes(), span, message)
    }

    /// Reads a step, with the placeholders that the steps before it have kept.
    pub(super) fn step(&mut self, table: Spanned<StepTable>, is_common: bool) -> Result<Step, Diagnostic> {
        let span = table.span();
        let table = table.into_inner();
        let (operation, method) = match (&table.operation, &table.method) {
            (Some(name), None) => (self.operation(name, &table, is_common)?, None),
            // Failures of methods are told as those of an operation that does what most methods do.
            (None, Some(name)) => (operation::INFO, Some(self.method(name, &table)?)),
            _ => return Err(self.wrong(span, "a step has either an `operation` or a `method`")),
        };
        if table.one_request && !table.setup {
            return Err(self.wrong(span, "`one_request` is only allowed together with `setup`"));
        }
        if table.tried && !table.setup {
            return Err(self.wrong(span, "`tried` is only allowed together with `setup`"));
        }
        let answer = if method.is_some() { Shape::Any } else { Shape::of(operation) };
        let expected = self.expected(&table, (operation, answer), span)?;
        for (name, field) in &table.keep {
            if !answer.has_fields() {
                let message = format!("`keep` needs fields, and `{}` returns none", operation.name());
                return Err(self.wrong(field.span(), message));
            }
            self.kept.push(format!("{{{}}}", name.get_ref()));
        }
        Ok(Step {
            operation,
            method,
            arguments: pairs(&table.args),
            is_setup: table.setup,
            takes_one_request: table.one_request,
            expected,
            marks: self.marks(&table)?,
            of: self.of(&table, answer)?,
            kept: pairs(&table.keep).into_iter().map(|(name, field)| (format!("{{{name}}}"), field)).collect(),
            after: Duration::from_secs(table.after_seconds.unwrap_or_default()),
            within: Duration::from_secs(table.within_seconds.unwrap_or_default()),
        })
    }

    fn operation(&self, name: &Spanned<String>, table: &StepTable, is_common: bool) -> Result<Operation, Diagnostic> {
        let operation = operation::find(name.get_ref())
            .ok_or_else(|| self.wrong(name.span(), format!("there is no operation `{}`", name.get_ref())))?;
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
            // A placeholder may stand for a number, which is known only when the law is tried.
            if !given.starts_with('{') {
                argument.check(given.as_bytes()).map_err(|error| self.wrong(value.span(), error.to_string()))?;
            }
        }
        let is_given = |argument: &Argument| table.args.keys().any(|name| name.get_ref() == argument.name);
        if let Some(argument) = known.iter().find(|it| it.is_required && !is_given(it)) {
            let message = format!("`{}` needs the argument `{}`", operation.name(), argument.name);
            return Err(self.wrong(name.span(), message));
        }
        Ok(operation)
    }

    fn method(&self, name: &Spanned<String>, table: &StepTable) -> Result<Method, Diagnostic> {
        if let Some((name, _)) = table.args.first_key_value() {
            return Err(self.wrong(name.span(), "a method has `params` in place of `args`"));
        }
        for param in &table.params {
            self.check_param(param.get_ref(), param.span())?;
        }
        if let Some(session) = &table.session {
            self.check_placeholders(session.get_ref(), session.span())?;
        }
        Ok(Method {
            name: name.get_ref().clone(),
            session: table.session.as_ref().map(|session| session.get_ref().clone()),
            params: table.params.iter().map(|param| param.get_ref().clone()).collect(),
        })
    }

    fn expected(
        &self,
        table: &StepTable,
        (operation, answer): (Operation, Shape),
        span: Range<usize>,
    ) -> Result<Expected, Diagnostic> {
        let has_fields = table.fields.is_some() || table.differs.is_some() || table.above.is_some();
        let has_error = table.error.is_some() || table.marks.is_some();
        match (has_error, has_fields, table.has.is_some() || table.lacks.is_some()) {
            (false, false, false) if table.tried => Ok(Expected::Tried),
            (false, false, false) => Ok(Expected::Done),
            (true, false, false) => Ok(Expected::Error(self.codes(table)?)),
            (false, true, false) => self.fields(table, operation, answer),
            (false, false, true) => {
                let lists = [&table.has, &table.lacks];
                for names in lists.into_iter().flatten() {
                    if !answer.has_names() {
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
                Ok(Expected::Names { has: names(lists[0]), lacks: names(lists[1]) })
            }
            _ => Err(self.wrong(
                span,
                "a step expects either a failure (`error`, `marks`), fields (`fields`, `differs`, `above`), or names \
                 (`has`, `lacks`)",
            )),
        }
    }

    fn codes(&self, table: &StepTable) -> Result<Vec<ErrorCode>, Diagnostic> {
        let Some(given) = &table.error else { return Ok(Vec::new()) };
        let one = std::slice::from_ref(&given.get_ref().0);
        let parse =
            |code| text_of(code).parse().map_err(|error: UnknownErrorCode| self.wrong(given.span(), error.to_string()));
        given.get_ref().0.as_array().map_or(one, Vec::as_slice).iter().map(parse).collect()
    }

    fn marks(&self, table: &StepTable) -> Result<Vec<(Face, String)>, Diagnostic> {
        let parse = |(face, mark): (&Spanned<String>, &Spanned<toml::Value>)| {
            let parsed = face.get_ref().parse();
            let parsed = parsed.map_err(|error: UnknownFace| self.wrong(face.span(), error.to_string()))?;
            Ok((parsed, text_of(mark.get_ref())))
        };
        table.marks.iter().flat_map(Spanned::get_ref).map(parse).collect()
    }

    /// The name by which one record of several is picked.
    fn of(&self, table: &StepTable, answer: Shape) -> Result<Option<String>, Diagnostic> {
        let Some(of) = &table.of else { return Ok(None) };
        if answer != Shape::Records {
            return Err(self.wrong(of.span(), "`of` picks a record among several, and the step returns none"));
        }
        self.check_placeholders(of.get_ref(), of.span())?;
        Ok(Some(of.get_ref().clone()))
    }

    fn fields(&self, table: &StepTable, operation: Operation, answer: Shape) -> Result<Expected, Diagnostic> {
        let given =
            [(Relation::Equal, &table.fields), (Relation::Different, &table.differs), (Relation::Above, &table.above)];
        let mut checks = Vec::new();
        for (relation, fields) in given.into_iter().filter_map(|(relation, fields)| Some((relation, fields.as_ref()?)))
        {
            if !answer.has_fields() {
                let message =
                    format!("fields are expected, and `{}` returns neither records nor lists", operation.name());
                return Err(self.wrong(fields.span(), message));
            }
            for (name, value) in fields.get_ref() {
                if answer.is_list(table.of.is_some()) && name.get_ref() != "count" {
                    return Err(self.wrong(name.span(), "the only field of a list is its `count`"));
                }
                let given = text_of(value.get_ref());
                self.check_placeholders(&given, value.span())?;
                let states = PowerState::ALL.map(PowerState::as_str);
                if table.method.is_none()
                    && name.get_ref() == "power_state"
                    && given != "*"
                    && !states.contains(&&*given)
                    && !self.kept.contains(&given)
                {
                    let message = format!("unknown power state, expected one of {}", states.join(", "));
                    return Err(self.wrong(value.span(), message));
                }
                checks.push(Check { field: name.get_ref().clone(), relation, value: given });
            }
        }
        Ok(Expected::Fields(checks))
    }

    fn check_param(&self, param: &toml::Value, span: Range<usize>) -> Result<(), Diagnostic> {
        match param {
            toml::Value::String(text) => self.check_placeholders(text, span),
            toml::Value::Array(items) => items.iter().try_for_each(|item| self.check_param(item, span.clone())),
            toml::Value::Table(members) => members.values().try_for_each(|it| self.check_param(it, span.clone())),
            _ => Ok(()),
        }
    }

    /// Checks that braces in a text are used only for the known placeholders.
    fn check_placeholders(&self, text: &str, span: Range<usize>) -> Result<(), Diagnostic> {
        let known = || PLACEHOLDERS.into_iter().chain(self.kept.iter().map(String::as_str));
        let left = known().fold(text.to_owned(), |text, word| text.replace(word, ""));
        match left.contains(['{', '}']) {
            true => {
                let known = known().collect::<Vec<_>>().join(", ");
                Err(self.wrong(span, format!("unknown placeholder, expected one of {known}")))
            }
            false => Ok(()),
        }
    }
}

/// What an answer consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Nothing,
    /// A record, or a text.
    Record,
    Records,
    /// A list of names, which has a `count`, too.
    Names,
    /// A list of devices, of which only the `count` is told.
    Devices,
    /// The value of a method, which is known only when it comes.
    Any,
}

impl Shape {
    fn of(operation: Operation) -> Self {
        match operation.answer() {
            Answer::Nothing | Answer::Device => Self::Nothing,
            Answer::Record(_) | Answer::Text => Self::Record,
            Answer::Records(_) => Self::Records,
            Answer::Names | Answer::References => Self::Names,
            Answer::Devices => Self::Devices,
        }
    }

    fn has_fields(self) -> bool {
        self != Self::Nothing
    }

    fn is_list(self, has_pick: bool) -> bool {
        matches!(self, Self::Names | Self::Devices) || self == Self::Records && !has_pick
    }

    fn has_names(self) -> bool {
        matches!(self, Self::Names | Self::Any)
    }
}

fn text_of(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn pairs(pairs: &Pairs) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (name.get_ref().clone(), text_of(value.get_ref()))).collect()
}
