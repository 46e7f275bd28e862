//! The reader of case files, which are TOML.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;
use mock_xend::{nearest, text_file};
use serde::Deserialize;
use toml::Spanned;
use xend_wire::ErrorKind;

use super::pieces::{Piece, texts};
use super::{Case, Expect, Generated, Level, NoAnswer, Outcome, Permitted, Rule};
use crate::error::read_toml;
use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::version::Version;
use crate::{Codec, Error, Rules};
use xend_wire::Diagnostic;

/// The word for a refusal with any kind of error.
pub(super) const ANY: &str = "any";

const NOT_UTF_8: &str = "a case file must be UTF-8; use input_base64 for other bytes";

/// The longest `deadline` of a case, in seconds.
const LATEST: u64 = 3_600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    id: Spanned<String>,
    title: String,
    rule: Option<Spanned<String>>,
    source: String,
    since: Option<Spanned<String>>,
    input: Option<String>,
    input_base64: Option<Spanned<String>>,
    input_file: Option<Spanned<String>>,
    input_generated: Option<Spanned<Vec<Piece>>>,
    deadline: Option<Spanned<i64>>,
    #[serde(default)]
    expect: Vec<Spanned<ExpectTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectTable {
    rules: Option<Vec<Spanned<String>>>,
    level: Level,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    ordered: bool,
    values: Option<Spanned<toml::Value>>,
    values_generated: Option<Spanned<Vec<Piece>>>,
    reject: Option<Spanned<String>>,
    any_of: Option<Spanned<Vec<Spanned<PermittedTable>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermittedTable {
    values: Option<Spanned<toml::Value>>,
    values_generated: Option<Spanned<Vec<Piece>>>,
    reject: Option<Spanned<String>>,
    accept: Option<bool>,
    no_answer: Option<NoAnswer>,
    #[serde(default)]
    by: Vec<String>,
}

/// The text of a case file, with the name that diagnostics show.
struct Source<'a> {
    file: &'a str,
    bytes: &'a [u8],
    codec: Codec,
}

impl Case {
    /// Parses a case file.
    ///
    /// `path` is the path of the file below the folder of cases, `file` is the name that diagnostics show, and `beside`
    /// reads a file from the same folder or returns why it can't.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(
        path: &str,
        file: &str,
        text: &[u8],
        beside: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, Diagnostic> {
        parse(path, file, text, beside)
    }

    /// Returns the id in a case file, whose name is still to be made of it.
    pub(crate) fn id_of(file: &str, text: &[u8]) -> Result<String, Diagnostic> {
        let parsed: CaseFile = read_toml(file, text, NOT_UTF_8)?;
        let (id, span) = (parsed.id.get_ref(), parsed.id.span());
        let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        match id.split_once('/') {
            Some((codec, name)) if codec.parse::<Codec>().is_ok() && !name.is_empty() && name.chars().all(is_plain) => {
                Ok(id.clone())
            }
            _ => {
                let message =
                    "expected an id CODEC/NAME, with sexpr or xmlrpc for CODEC and letters, digits and `-` for NAME";
                Err(Diagnostic::new(file, text, span, message))
            }
        }
    }

    /// Returns the built-in cases, sorted by id.
    ///
    /// # Errors
    /// Returns an error if a built-in case is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        Self::built_in_where(|_| true)
    }

    /// Returns the built-in cases with an id that `is_wanted` accepts, sorted by id. The files of other cases are not
    /// read, so a few cases cost a small part of the time that all of them take.
    ///
    /// ```
    /// let cases = xend_harness::Case::built_in_where(|id| id.starts_with("sexpr/quote-"))?;
    /// assert!(cases.iter().all(|case| case.id.starts_with("sexpr/quote-")) && !cases.is_empty());
    /// # Ok::<(), xend_harness::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if one of these cases is malformed, which is a mistake of this project.
    pub fn built_in_where(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Self>, Error> {
        let wanted = built_in_files().filter(|(id, _)| is_wanted(id));
        let mut cases =
            wanted.map(|(_, file)| Self::embedded(file.path, file.bytes())).collect::<Result<Vec<_>, _>>()?;
        // The order of the files is another one, because `.` sorts after `-`.
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Returns the ids of the built-in cases, sorted, without reading the cases.
    pub fn built_in_ids() -> Vec<&'static str> {
        let mut ids: Vec<_> = built_in_files().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// Parses a case of the fixtures; `path` is the path of its file below the folder of fixtures.
    ///
    /// # Errors
    /// Returns a diagnostic if the case is malformed.
    pub fn embedded(path: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let (folder, _) = path.rsplit_once('/').unwrap_or_default();
        let beside = |name: &str| match xend_fixtures::file(&format!("{folder}/{name}")) {
            Some(file) => Ok(file.bytes().to_vec()),
            None => Err("no such file".to_owned()),
        };
        Self::parse(path.strip_prefix("cases/").unwrap_or(path), &format!("fixtures/{path}"), bytes, &beside)
    }

    /// Reads all cases in a folder, in files `CODEC/NAME.toml`, and returns them sorted by id.
    ///
    /// # Errors
    /// Returns an error if a file can't be read or is malformed, or if the folder has no case of any suite.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, Error> {
        check_places(folder)?;
        let mut cases = Vec::new();
        for codec in Codec::ALL {
            let folder = folder.join(codec.name());
            let entries = match folder.read_dir() {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|error| Error::io(folder.display(), &error))?,
            };
            for entry in entries {
                let path = entry.map_err(|error| Error::io(folder.display(), &error))?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    let text = text_file::bytes(&path).map_err(|error| Error::io(path.display(), &error))?;
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let beside = |name: &str| text_file::bytes(&folder.join(name)).map_err(|error| error.to_string());
                    cases.push(Self::parse(&format!("{codec}/{name}"), &path.display().to_string(), &text, &beside)?);
                }
            }
        }
        if cases.is_empty() && !LISTS.iter().any(|name| folder.join(name).is_dir()) {
            return Err(Error::Usage(format!("no case in {}: {EXPECTED}", folder.display())));
        }
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }
}

const EXPECTED: &str =
    "expected files CODEC/NAME.toml, with sexpr or xmlrpc for CODEC, writing/NAME.toml or calls/NAME.toml";

/// The folders of files that have several cases each: values to write, and calls.
const LISTS: [&str; 2] = ["writing", "calls"];

/// Parses the files of cases in the folder `name` of a folder of cases, in the order of their names.
pub(crate) fn listed<C>(
    folder: &Path,
    name: &str,
    parse: impl Fn(&str, &[u8]) -> Result<Vec<C>, Diagnostic>,
) -> Result<Vec<C>, Error> {
    let folder = folder.join(name);
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| Error::io(folder.display(), &error))?,
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(|error| Error::io(folder.display(), &error)))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = text_file::bytes(&path).map_err(|error| Error::io(path.display(), &error))?;
        cases.extend(parse(&path.display().to_string(), &text)?);
    }
    Ok(cases)
}

/// Refuses a folder of cases with a file that would not be read, because it is beside the folders of the codecs or in one
/// whose name is misspelt.
fn check_places(folder: &Path) -> Result<(), Error> {
    let failed = |path: &Path, error: io::Error| Error::io(path.display(), &error);
    let is_case = |path: &Path| path.extension().is_some_and(|extension| extension == "toml") && path.is_file();
    let entries = |folder: &Path| -> Result<Vec<PathBuf>, Error> {
        let entries = folder.read_dir().map_err(|error| failed(folder, error))?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| failed(folder, error)))
            .collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        Ok(paths)
    };
    let codecs = Codec::ALL.map(Codec::name);
    let known: Vec<_> = codecs.into_iter().chain(LISTS).collect();
    for path in entries(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_case(&path) {
            return Err(Error::Usage(format!("{} would not be read: {EXPECTED}", path.display())));
        }
        let is_other = path.is_dir() && !known.contains(&&*name) && !name.starts_with('.');
        if is_other && let Some(case) = entries(&path)?.into_iter().find(|path| is_case(path)) {
            let unknown = nearest::unknown("folder", &name, &known);
            return Err(Error::Usage(format!("{} would not be read: {unknown}", case.display())));
        }
    }
    Ok(())
}

/// The files of the built-in cases, each with the id of its case.
fn built_in_files() -> impl Iterator<Item = (&'static str, xend_fixtures::File)> {
    let id = |path: &'static str| path.strip_prefix("cases/")?.strip_suffix(".toml");
    xend_fixtures::files("cases/").filter_map(move |file| Some((id(file.path)?, file)))
}

fn parse(
    path: &str,
    file: &str,
    bytes: &[u8],
    beside: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Case, Diagnostic> {
    let parsed: CaseFile = read_toml(file, bytes, NOT_UTF_8)?;
    let wrong = |span, message: String| Diagnostic::new(file, bytes, span, message);

    let id = parsed.id.get_ref().clone();
    if path.strip_suffix(".toml") != Some(&*id) {
        return Err(wrong(parsed.id.span(), format!("id `{id}` is not the path of the file, `{path}` without .toml")));
    }
    let codec = match id.split('/').next().unwrap_or_default().parse::<Codec>() {
        Ok(codec) => codec,
        Err(error) => return Err(wrong(parsed.id.span(), error.to_string())),
    };
    if let Some(rule) = &parsed.rule {
        let known: Vec<_> = Rule::all().iter().map(|rule| &*rule.id).collect();
        if !known.contains(&rule.get_ref().as_str()) {
            let near = nearest::nearest(rule.get_ref(), known);
            let hint =
                near.map_or("leave it out if there is none".to_owned(), |near| format!("did you mean `{near}`?"));
            return Err(wrong(rule.span(), format!("unknown rule `{}`, {hint}", rule.get_ref())));
        }
    }
    let source = Source { file, bytes, codec };
    let input = source.input(&parsed, beside)?;
    let deadline = parsed.deadline.as_ref().map(|deadline| source.deadline(deadline)).transpose()?;
    if parsed.expect.is_empty() {
        return Err(wrong(parsed.id.span(), "a case needs at least one [[expect]]".to_owned()));
    }
    let since = parsed
        .since
        .as_ref()
        .map(|since| since.get_ref().parse::<Version>().map_err(|error| source.wrong(since.span(), error.to_string())));
    let since = since.transpose()?;
    let expects = source.expects(parsed.expect)?;
    Ok(Case {
        id,
        title: parsed.title,
        rule: parsed.rule.map(Spanned::into_inner),
        source: parsed.source,
        since,
        input,
        deadline,
        codec,
        expects,
    })
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.bytes, span, message)
    }

    fn input(&self, case: &CaseFile, beside: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Vec<u8>, Diagnostic> {
        match case {
            CaseFile { input: Some(text), input_base64: None, input_file: None, input_generated: None, .. } => {
                Ok(text.clone().into_bytes())
            }
            CaseFile { input: None, input_base64: Some(text), input_file: None, input_generated: None, .. } => BASE64
                .decode(text.get_ref().as_bytes())
                .map_err(|error| self.wrong(text.span(), format!("not base64: {error}"))),
            CaseFile { input: None, input_base64: None, input_file: Some(name), input_generated: None, .. } => {
                beside(name.get_ref()).map_err(|why| self.wrong(name.span(), format!("can't read `input_file`: {why}")))
            }
            CaseFile { input: None, input_base64: None, input_file: None, input_generated: Some(pieces), .. } => {
                self.generate(pieces)
            }
            _ => Err(self.wrong(
                case.id.span(),
                "a case needs exactly one of input, input_base64, input_file and input_generated",
            )),
        }
    }

    fn deadline(&self, seconds: &Spanned<i64>) -> Result<Duration, Diagnostic> {
        match u64::try_from(*seconds.get_ref()) {
            Ok(seconds @ 1..=LATEST) => Ok(Duration::from_secs(seconds)),
            _ => {
                Err(self
                    .wrong(seconds.span(), format!("a deadline must be a whole number of seconds from 1 to {LATEST}")))
            }
        }
    }

    fn generate(&self, pieces: &Spanned<Vec<Piece>>) -> Result<Vec<u8>, Diagnostic> {
        let texts = self.pieces(pieces)?;
        Ok(texts.iter().map(|(text, times)| text.as_bytes().repeat(*times)).collect::<Vec<_>>().concat())
    }

    /// Texts, and how often each comes.
    fn pieces(&self, pieces: &Spanned<Vec<Piece>>) -> Result<Vec<(String, usize)>, Diagnostic> {
        texts(pieces.get_ref()).map_err(|message| self.wrong(pieces.span(), message))
    }

    fn expects(&self, tables: Vec<Spanned<ExpectTable>>) -> Result<Vec<Expect>, Diagnostic> {
        let mut expects: Vec<Expect> = Vec::new();
        let mut default = None;
        for spanned in tables {
            let span = spanned.span();
            let table = spanned.into_inner();
            let mut rules = Vec::new();
            for name in table.rules.iter().flatten() {
                let named = self.codec.named_rules(name.get_ref());
                let named = named.map_err(|error| self.wrong(name.span(), error.to_string()))?;
                if named.iter().any(|named| rules.contains(named) || expects.iter().any(|it| it.rules.contains(named)))
                {
                    return Err(self
                        .wrong(name.span(), format!("another [[expect]] already has the rules `{}`", name.get_ref())));
                }
                rules.extend(named);
            }
            if table.rules.is_some() && rules.is_empty() {
                return Err(self.wrong(span, "`rules` is empty; leave it out to make this [[expect]] the default"));
            }
            if rules.is_empty() && default.replace(expects.len()).is_some() {
                return Err(self.wrong(span, "a second [[expect]] has no `rules`; only one may be the default"));
            }
            let permitted = self.permitted(&span, &table)?;
            let needs = table.needs.iter().map(|name| {
                name.get_ref().parse::<Feature>().map_err(|error| self.wrong(name.span(), error.to_string()))
            });
            let needs = needs.collect::<Result<_, _>>()?;
            expects.push(Expect { rules, level: table.level, needs, ordered: table.ordered, permitted });
        }
        if let Some(default) = default {
            let is_free = |rules: &Rules| !expects.iter().any(|expect| expect.rules.contains(rules));
            expects[default].rules = self.codec.rules().into_iter().filter(is_free).collect();
        }
        Ok(expects)
    }

    fn permitted(&self, span: &Range<usize>, table: &ExpectTable) -> Result<Vec<Permitted>, Diagnostic> {
        let ExpectTable { values, values_generated, reject, any_of, .. } = table;
        let outcome = match (values, values_generated, reject, any_of) {
            (Some(values), None, None, None) => self.values(values)?,
            (None, Some(pieces), None, None) => self.generated_values(pieces)?,
            (None, None, Some(kind), None) => self.reject(kind)?,
            (None, None, None, Some(outcomes)) if !outcomes.get_ref().is_empty() => {
                return outcomes.get_ref().iter().map(|outcome| self.one_of(outcome)).collect();
            }
            _ => {
                let message = "an [[expect]] needs exactly one of values, values_generated, reject and any_of";
                return Err(self.wrong(span.clone(), message));
            }
        };
        Ok(vec![Permitted { outcome, by: Vec::new() }])
    }

    fn one_of(&self, table: &Spanned<PermittedTable>) -> Result<Permitted, Diagnostic> {
        let PermittedTable { values, values_generated, reject, accept, no_answer, by } = table.get_ref();
        let outcome = match (values, values_generated, reject, accept, no_answer) {
            (Some(values), None, None, None, None) => self.values(values)?,
            (None, Some(pieces), None, None, None) => self.generated_values(pieces)?,
            (None, None, Some(kind), None, None) => self.reject(kind)?,
            (None, None, None, Some(true), None) => Outcome::Accept,
            (None, None, None, None, Some(end)) => Outcome::NoAnswer(*end),
            _ => {
                let message =
                    "an outcome is exactly one of values, values_generated, reject, no_answer and accept = true";
                return Err(self.wrong(table.span(), message));
            }
        };
        Ok(Permitted { outcome, by: by.clone() })
    }

    /// The values of a case are those of an answer, written as TOML.
    fn values(&self, values: &Spanned<toml::Value>) -> Result<Outcome, Diagnostic> {
        let json =
            serde_json::to_vec(values.get_ref()).map_err(|error| self.wrong(values.span(), error.to_string()))?;
        self.values_from_json(&json, values.span())
    }

    /// The pieces make the JSON of an answer. It is read here with few repetitions only, for some are very long.
    fn generated_values(&self, pieces: &Spanned<Vec<Piece>>) -> Result<Outcome, Diagnostic> {
        const FEW: usize = 2;
        let texts = self.pieces(pieces)?;
        let short: String = texts.iter().map(|(text, times)| text.repeat((*times).min(FEW))).collect();
        self.values_from_json(short.as_bytes(), pieces.span())?;
        Ok(Outcome::Generated(Generated::new(texts, self.codec)))
    }

    fn values_from_json(&self, json: &[u8], span: Range<usize>) -> Result<Outcome, Diagnostic> {
        let tagged = Tagged::from_json(json, self.codec);
        tagged.map(Outcome::Values).map_err(|error| self.wrong(span, format!("values: {error}")))
    }

    fn reject(&self, name: &Spanned<String>) -> Result<Outcome, Diagnostic> {
        if name.get_ref() == ANY {
            return Ok(Outcome::Refused);
        }
        ErrorKind::ALL.iter().find(|kind| kind.name() == name.get_ref()).map(|&kind| Outcome::Reject(kind)).ok_or_else(
            || {
                let known: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
                let message = format!(
                    "unknown kind of error `{}`, expected {ANY} or one of {}",
                    name.get_ref(),
                    known.join(", ")
                );
                self.wrong(name.span(), message)
            },
        )
    }
}
