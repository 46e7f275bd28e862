//! The reader of law files, which are TOML.

use serde::Deserialize;
use toml::Spanned;
use xend_wire::operation::{Face, UnknownFace};
use xend_wire::{Diagnostic, Release, Releases};

use super::definition::Law;
use super::step::{Source, StepTable};
use crate::error::toml_mistake;

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
    let mut source = Source::new(file, text);
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
                name.get_ref().parse().map_err(|error: UnknownFace| wrong(name.span(), error.to_string()))
            };
            faces.iter().map(parse).collect::<Result<_, _>>()?
        }
    };
    let is_common = parsed.common;
    let steps = parsed.step.into_iter().map(|table| source.step(table, is_common)).collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Err(source.wrong(parsed.id.span(), "a law needs at least one [[step]]".to_owned()));
    }
    Ok(Law { id, title: parsed.title, source: parsed.source, releases, faces, is_common, steps })
}
