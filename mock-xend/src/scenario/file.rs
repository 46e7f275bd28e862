//! The TOML of a scenario.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;
use xend_wire::operation::{self, Arguments, Face};
use xend_wire::xmlrpc::{self, Fault};
use xend_wire::{Diagnostic, Release, sexpr};

use super::expectation::{Expectation, Requests};
use super::reply::{Ending, Reply, Status};
use super::{Scenario, value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ScenarioFile {
    release: Option<Spanned<String>>,
    #[serde(default)]
    unexpected: Unexpected,
    #[serde(default)]
    expect: Vec<Spanned<ExpectTable>>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Unexpected {
    #[default]
    Simulate,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectTable {
    face: Option<Spanned<String>>,
    operation: Option<Spanned<String>>,
    args: Option<toml::Table>,
    method: Option<String>,
    path: Option<Spanned<String>>,
    fields: Option<toml::Table>,
    params: Option<Spanned<toml::Value>>,
    #[serde(default)]
    times: Times,
    reply: Spanned<Word>,
    delay: Option<Spanned<String>>,
    cut: Option<usize>,
    then: Option<Ending>,
}

/// A reply as it is written. The files that it names are not read yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Word {
    Simulate,
    Close,
    Hang,
    BadRequest,
    InvalidRequest,
    TooLarge,
    InternalError,
    NotImplemented(String),
    NotFound(String),
    UnknownDomain(String),
    UnknownMethod(String),
    Error(String),
    XendErr(XendErr),
    Sexpr(Text),
    Text(Text),
    BodyFile(BodyFile),
    Fault(FaultTable),
    Value(toml::Value),
    Failure(Vec<String>),
    Raw(String),
    RawBase64(String),
    RawFile(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct XendErr {
    text: String,
    status: Option<u16>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    body: String,
    /// How many times the body is repeated.
    #[serde(default = "once")]
    repeat: usize,
    status: Option<u16>,
    reason: Option<String>,
    content_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BodyFile {
    path: String,
    status: Option<u16>,
    reason: Option<String>,
    content_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultTable {
    code: i32,
    string: String,
}

/// A number, or `"any"`.
struct Times(Option<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Some(1))
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrAny;
        impl Visitor<'_> for NumberOrAny {
            type Value = Times;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 1 on, or \"any\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Times, E> {
                match u64::try_from(number) {
                    Ok(number) if number > 0 => Ok(Times(Some(number))),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Times, E> {
                if text == "any" { Ok(Times(None)) } else { Err(E::invalid_value(de::Unexpected::Str(text), &self)) }
            }
        }
        deserializer.deserialize_any(NumberOrAny)
    }
}

pub(super) fn parse(name: &str, text: &str, folder: &Path) -> Result<Scenario, Diagnostic> {
    let file: ScenarioFile = toml::from_str(text).map_err(|error| {
        Diagnostic::new(name, text.as_bytes(), error.span().unwrap_or_default(), error.message().trim_end())
    })?;
    let source = Source { name, text, folder };
    let release = match &file.release {
        Some(release) => Some(
            release.get_ref().parse::<Release>().map_err(|error| source.wrong(release.span(), error.to_string()))?,
        ),
        None => None,
    };
    let expectations = file.expect.into_iter().map(|expect| source.expectation(expect)).collect::<Result<_, _>>()?;
    Ok(Scenario { release, refuses_unexpected: file.unexpected == Unexpected::Refuse, expectations })
}

/// The file being read, for errors.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
    folder: &'a Path,
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.text.as_bytes(), span, message)
    }

    fn expectation(&self, expect: Spanned<ExpectTable>) -> Result<Expectation, Diagnostic> {
        // The span of a table in an array begins behind its header; the line of that is what people look for.
        let start = self.text[..expect.span().start].rfind("[[expect]]").unwrap_or(expect.span().start);
        let header = start..start + "[[expect]]".len();
        let line = self.text[..start].matches('\n').count() + 1;
        let table = expect.into_inner();
        let face = match &table.face {
            Some(face) => {
                Some(face.get_ref().parse::<Face>().map_err(|error| self.wrong(face.span(), error.to_string()))?)
            }
            None => None,
        };
        let requests = self.requests(&table, face, header)?;
        let delay = match &table.delay {
            Some(delay) => duration(delay.get_ref()).ok_or_else(|| {
                let message = format!("`{}` is no delay, expected a number with ms, s or m: 250ms", delay.get_ref());
                self.wrong(delay.span(), message)
            })?,
            None => Duration::ZERO,
        };
        let span = table.reply.span();
        let reply = self.reply(table.reply)?;
        let faces = reply.faces();
        if face.map_or(faces.len() < Face::ALL.len(), |face| !faces.contains(&face)) {
            let names: Vec<_> = faces.iter().map(|face| format!("`face = \"{face}\"`")).collect();
            return Err(self.wrong(span, format!("this reply needs {}", names.join(" or "))));
        }
        Ok(Expectation { line, requests, times: table.times.0, reply, delay, cut: table.cut, ending: table.then })
    }

    fn requests(&self, table: &ExpectTable, face: Option<Face>, header: Range<usize>) -> Result<Requests, Diagnostic> {
        let ExpectTable { operation, args, method, path, fields, params, .. } = table;
        let unwanted = |keys: &[(&str, bool)], with: &str| match keys.iter().find(|(_, is_given)| *is_given) {
            Some((key, _)) => Err(self.wrong(header.clone(), format!("`{key}` does not go with {with}"))),
            None => Ok(()),
        };
        if let Some(name) = operation {
            unwanted(
                &[
                    ("method", method.is_some()),
                    ("path", path.is_some()),
                    ("fields", fields.is_some()),
                    ("params", params.is_some()),
                ],
                "`operation`",
            )?;
            let Some(operation) = operation::find(name.get_ref()) else {
                let known: Vec<_> = operation::OPERATIONS.iter().map(|operation| operation.name).collect();
                let message = format!("unknown operation `{}`, expected one of {}", name.get_ref(), known.join(", "));
                return Err(self.wrong(name.span(), message));
            };
            let mut arguments = Arguments::new();
            for (name, value) in args.iter().flatten() {
                if operation.arguments.iter().all(|argument| argument.name != name) {
                    let known: Vec<_> = operation.arguments.iter().map(|argument| argument.name).collect();
                    let message = format!("`{}` has no argument `{name}`, only {}", operation.name, known.join(", "));
                    return Err(self.wrong(header, message));
                }
                arguments.push(name, plain(value));
            }
            return Ok(Requests::Operation { face, operation, arguments });
        }
        unwanted(&[("args", args.is_some())], "requests by path or method, only with `operation`")?;
        match face {
            None => Err(self.wrong(header, "an expectation needs `face`, or `operation`")),
            Some(Face::Sxp) => {
                unwanted(&[("params", params.is_some())], "`face = \"sxp\"`")?;
                let path = match path {
                    Some(path) if !path.get_ref().starts_with('/') => {
                        return Err(self.wrong(path.span(), "a path begins with `/`"));
                    }
                    Some(path) => Some(elements(path.get_ref())),
                    None => None,
                };
                let fields = fields.iter().flatten().map(|(name, value)| (name.clone(), plain(value))).collect();
                Ok(Requests::Http { method: method.clone(), path, fields })
            }
            Some(face) => {
                let with = format!("`face = \"{face}\"`");
                unwanted(&[("path", path.is_some()), ("fields", fields.is_some())], &with)?;
                let params = match params {
                    Some(params) => {
                        let wrong = |message| self.wrong(params.span(), message);
                        let items =
                            params.get_ref().as_array().ok_or_else(|| wrong("`params` is a list".to_owned()))?;
                        Some(items.iter().map(value::from_toml).collect::<Result<_, _>>().map_err(wrong)?)
                    }
                    None => None,
                };
                Ok(Requests::Call { face, method: method.clone(), params })
            }
        }
    }

    fn reply(&self, word: Spanned<Word>) -> Result<Reply, Diagnostic> {
        let span = word.span();
        let wrong = |message: String| self.wrong(span.clone(), message);
        let status = |code: Option<u16>, reason: Option<String>| match code.unwrap_or(200) {
            code @ 100..=999 => Ok(Status { code, reason: reason.unwrap_or_else(|| reason_of(code).to_owned()) }),
            code => Err(wrong(format!("{code} is no status, expected three digits"))),
        };
        let read = |path: &str| {
            let path = self.folder.join(path);
            std::fs::read(&path).map_err(|error| wrong(format!("can't read {}: {error}", path.display())))
        };
        Ok(match word.into_inner() {
            Word::Simulate => Reply::Simulate,
            Word::Close => Reply::Close,
            Word::Hang => Reply::Hang,
            Word::BadRequest => Reply::BadRequest,
            Word::InvalidRequest => Reply::InvalidRequest,
            Word::TooLarge => Reply::TooLarge,
            Word::InternalError => Reply::InternalError,
            Word::NotImplemented(operation) => Reply::NotImplemented(operation),
            Word::NotFound(text) => Reply::NotFound(text),
            Word::UnknownDomain(domain) => Reply::UnknownDomain(domain),
            Word::UnknownMethod(method) => Reply::UnknownMethod(method),
            Word::Error(text) => Reply::Error(text),
            Word::XendErr(XendErr { text, status: code, reason }) => {
                Reply::XendErr { text, status: status(code, reason)? }
            }
            Word::Sexpr(Text { content_type: Some(_), .. }) => {
                return Err(wrong("the type of `sexpr` is application/sxp, use `text` for another".to_owned()));
            }
            Word::Sexpr(Text { body, repeat, status: code, reason, .. }) => {
                let body = repeated(body, repeat).map_err(wrong)?;
                sexpr::parse(body.as_bytes()).map_err(|error| wrong(format!("`body` is no S-expression: {error}")))?;
                Reply::Sexpr { body, status: status(code, reason)? }
            }
            Word::Text(Text { body, repeat, status: code, reason, content_type }) => {
                let body = repeated(body, repeat).map_err(wrong)?.into_bytes();
                Reply::Body { body, content_type, status: status(code, reason)? }
            }
            Word::BodyFile(BodyFile { path, status: code, reason, content_type }) => {
                Reply::Body { body: read(&path)?, content_type, status: status(code, reason)? }
            }
            Word::Fault(FaultTable { code, string }) => Reply::Fault(Fault { code, string }),
            Word::Value(value) => {
                let value = value::from_toml(&value).map_err(wrong)?;
                xmlrpc::encode_response(&value).map_err(|error| wrong(error.to_string()))?;
                Reply::Value(value)
            }
            Word::Failure(description) => Reply::Failure(description),
            Word::Raw(text) => Reply::Raw(text.into_bytes()),
            Word::RawBase64(text) => {
                Reply::Raw(BASE64.decode(text.as_bytes()).map_err(|error| wrong(format!("not base64: {error}")))?)
            }
            Word::RawFile(path) => Reply::Raw(read(&path)?),
        })
    }
}

fn once() -> usize {
    1
}

/// A body that is written once and sent many times.
fn repeated(body: String, times: usize) -> Result<String, String> {
    const LONGEST: usize = 256 << 20;
    match body.len().checked_mul(times) {
        Some(length) if length <= LONGEST => Ok(body.repeat(times)),
        _ => Err(format!("a body has at most {LONGEST} bytes")),
    }
}

/// The elements of a path, decoded and without empty ones, as the daemon splits it.
fn elements(path: &str) -> Vec<Vec<u8>> {
    path.split('/').filter(|element| !element.is_empty()).map(|element| percent_decode_str(element).collect()).collect()
}

/// An argument or field as it is sent: text as it is, a number in decimal.
fn plain(value: &toml::Value) -> Vec<u8> {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into_bytes()
}

/// `250ms`, `1.5s`, `2m`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let seconds = match &text[unit..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(text[..unit].trim().parse::<f64>().ok()? * seconds).ok()
}

/// The reason phrases of Xend (`web/http.py`), and those of HTTP where it has none.
fn reason_of(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No content",
        302 => "Found",
        400 => "Bad request",
        403 => "Forbidden",
        404 => "Not found",
        406 => "Invalid request",
        413 => "Request entity too large",
        500 => "Internal server error",
        501 => "Not implemented",
        503 => "Service unavailable",
        _ => "Unknown",
    }
}
