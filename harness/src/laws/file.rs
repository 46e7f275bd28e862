//! The TOML of a law.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use toml::map::Map;
use xend_wire::Release;
use xend_wire::operation;

use super::{Expected, Law, Step};
use crate::Diagnostic;
use crate::error::toml_mistake;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LawFile {
    id: Spanned<String>,
    title: String,
    source: String,
    releases: Option<Vec<Spanned<String>>>,
    step: Vec<Spanned<StepTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepTable {
    operation: Spanned<String>,
    #[serde(default)]
    args: Map<String, toml::Value>,
    #[serde(default)]
    setup: bool,
    #[serde(default)]
    one_request: bool,
    error: Option<Spanned<OneOrMore>>,
    fields: Option<Map<String, toml::Value>>,
    has: Option<Vec<String>>,
    lacks: Option<Vec<String>>,
    within_seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct OneOrMore(toml::Value);

pub(super) fn parse(path: &str, file: &str, text: &str) -> Result<Law, Diagnostic> {
    let parsed: LawFile = toml::from_str(text).map_err(|error| toml_mistake(file, text, &error))?;
    let wrong = |span, message: String| Diagnostic::new(file, text.as_bytes(), span, message);
    let id = parsed.id.get_ref().clone();
    if path.strip_suffix(".toml") != Some(&*id) {
        return Err(wrong(parsed.id.span(), format!("id `{id}` is not the path of the file, `{path}` without .toml")));
    }
    let releases = match &parsed.releases {
        None => Release::ALL.to_vec(),
        Some(releases) => {
            let parse = |name: &Spanned<String>| {
                name.get_ref().parse().map_err(|error: xend_wire::UnknownRelease| wrong(name.span(), error.to_string()))
            };
            releases.iter().map(parse).collect::<Result<_, _>>()?
        }
    };
    let step = |table: Spanned<StepTable>| {
        let span = table.span();
        let table = table.into_inner();
        let name = table.operation.get_ref();
        let operation = operation::find(name)
            .ok_or_else(|| wrong(table.operation.span(), format!("there is no operation `{name}`")))?;
        let text_of = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs = |map: &Map<String, toml::Value>| -> Vec<_> {
            map.iter().map(|(name, value)| (name.clone(), text_of(value))).collect()
        };
        let arguments = pairs(&table.args);
        if let Some((name, _)) =
            arguments.iter().find(|(name, _)| operation.arguments.iter().all(|it| it.name != *name))
        {
            return Err(wrong(span, format!("`{}` has no argument `{name}`", operation.name)));
        }
        if table.one_request && !table.setup {
            return Err(wrong(span, "`one_request` goes with `setup`".to_owned()));
        }
        let expected = match (&table.error, &table.fields, &table.has, &table.lacks) {
            (None, None, None, None) => Expected::Done,
            (Some(codes), None, None, None) => {
                let one = std::slice::from_ref(&codes.get_ref().0);
                let codes_of = codes.get_ref().0.as_array().map_or(one, Vec::as_slice).iter().map(|code| {
                    text_of(code)
                        .parse()
                        .map_err(|error: xend_wire::failure::UnknownErrorCode| wrong(codes.span(), error.to_string()))
                });
                Expected::Error(codes_of.collect::<Result<_, _>>()?)
            }
            (None, Some(fields), None, None) => Expected::Fields(pairs(fields)),
            (None, None, has, lacks) => {
                Expected::Names { has: has.clone().unwrap_or_default(), lacks: lacks.clone().unwrap_or_default() }
            }
            _ => {
                return Err(wrong(
                    span,
                    "a step has at most one of `error`, `fields`, and `has` with `lacks`".to_owned(),
                ));
            }
        };
        let within = Duration::from_secs(table.within_seconds.unwrap_or_default());
        Ok(Step { operation, arguments, is_setup: table.setup, takes_one_request: table.one_request, expected, within })
    };
    let steps = parsed.step.into_iter().map(step).collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Err(wrong(parsed.id.span(), "a law has at least one [[step]]".to_owned()));
    }
    Ok(Law { id, title: parsed.title, source: parsed.source, releases, steps })
}
