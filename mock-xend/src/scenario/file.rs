//! The TOML format of scenario files.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use toml::Spanned;
use xend_wire::operation::{self, Arguments, Face, Operation};
use xend_wire::xmlrpc;
use xend_wire::{Diagnostic, Release, sexpr};

use super::contents::Scenario;
use super::expectation::{Expectation, RequestPattern, no_xenapi, why_impossible};
use super::reply::{Decision, Reply, Scripted, Status};
use super::value;
use crate::error::Error;
use crate::fault::{Fault, Faults, Sent};
use crate::path::UrlPath;
use crate::text_file;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ScenarioFile {
    release: Option<Spanned<toml::Value>>,
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
    args: Option<Spanned<Fields>>,
    method: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    fields: Option<Spanned<Fields>>,
    params: Option<Spanned<toml::Value>>,
    #[serde(default)]
    times: Times,
    reply: Spanned<Word>,
    #[serde(default)]
    faults: Vec<Spanned<Fault>>,
}

type Fields = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

/// A reply as the file writes it. Files that it names are not read yet.
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
    NotImplemented(Spanned<String>),
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
#[serde(deny_unknown_fields, expecting = "a table such as `{ text = \"...\", status = 202 }`")]
struct XendErr {
    text: String,
    status: Option<Spanned<i64>>,
    reason: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as `{ body = \"...\", status = 200 }`"
)]
struct Text {
    body: String,
    /// How many times the body is repeated.
    #[serde(default = "once")]
    repeat: i64,
    status: Option<Spanned<i64>>,
    reason: Option<Spanned<String>>,
    content_type: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as `{ path = \"...\", status = 200 }`"
)]
struct BodyFile {
    path: String,
    status: Option<Spanned<i64>>,
    reason: Option<Spanned<String>>,
    content_type: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as `{ code = 2, string = \"...\" }`")]
struct FaultTable {
    code: i32,
    string: String,
}

/// A positive number, or `"any"`, which is `None`.
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
                f.write_str("a number, 1 or more, or \"any\"")
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

impl Scenario {
    /// Parses a scenario. `name` is the name of the file that diagnostics show; `folder` is where files that the
    /// scenario names, such as bodies of replies, are looked for.
    ///
    /// # Errors
    /// Returns a diagnostic, with the place in the text, for the first mistake, and for a file named in the scenario
    /// that can't be read.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, Diagnostic> {
        parse(name, text, folder)
    }

    /// Reads a scenario file. Files that the scenario names are looked for in its folder.
    ///
    /// # Errors
    /// Returns the errors of [`Scenario::parse`], and an error if the file itself can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (name, text) = text_file::read(path, "a scenario")?;
        Ok(Self::parse(&name, &text, path.parent().unwrap_or(Path::new(".")))?)
    }
}

fn parse(name: &str, text: &str, folder: &Path) -> Result<Scenario, Diagnostic> {
    let file: ScenarioFile = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let message = reword_for_toml(error.message().trim_end(), text.get(span.clone()).unwrap_or_default());
        Diagnostic::new(name, text.as_bytes(), span, message)
    })?;
    let line_feeds = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut source = Source { name, text, line_feeds, folder, release: None };
    if let Some(release) = &file.release {
        let wrong = |message| source.wrong(release.span(), message);
        let text = release.get_ref().as_str();
        let text = text.ok_or_else(|| wrong("the release must be a string, such as \"4.1\"".to_owned()))?;
        source.release = Some(text.parse::<Release>().map_err(|error| wrong(error.to_string()))?);
    }
    let release = source.release;
    let expectations = file.expect.into_iter().map(|expect| source.expectation(expect)).collect::<Result<_, _>>()?;
    let refuses_unexpected = file.unexpected == Unexpected::Refuse;
    Ok(Scenario { release, refuses_unexpected, expectations, name: name.into(), text: text.into() })
}

/// The text of a scenario file, with the name that diagnostics show.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
    /// Where they are, so that no line is counted twice.
    line_feeds: Vec<usize>,
    folder: &'a Path,
    release: Option<Release>,
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.text.as_bytes(), span, message)
    }

    fn expectation(&self, expect: Spanned<ExpectTable>) -> Result<Expectation, Diagnostic> {
        let header = expect.span();
        let line = self.line_feeds.partition_point(|&at| at < header.start) + 1;
        let table = expect.into_inner();
        let face = match &table.face {
            Some(face) => {
                Some(face.get_ref().parse::<Face>().map_err(|error| self.wrong(face.span(), error.to_string()))?)
            }
            None => None,
        };
        let requests = self.requests(&table, face, header)?;
        let span = table.reply.span();
        let reply = self.reply(table.reply)?;
        let faces = reply.as_ref().map_or(&Face::ALL[..], Reply::faces);
        if face.map_or(faces.len() < Face::ALL.len(), |face| !faces.contains(&face)) {
            let names: Vec<_> = faces.iter().map(|face| format!("`face = \"{face}\"`")).collect();
            return Err(self.wrong(span, format!("this reply needs {}", names.join(" or "))));
        }
        let spans: Vec<_> = table.faults.iter().map(Spanned::span).collect();
        let faults: Faults = table.faults.into_iter().map(Spanned::into_inner).collect();
        let checked = faults.check().and_then(|()| match &reply {
            Some(reply) => reply.with_sent(|sent| faults.check_against(sent, face)),
            None => faults.check_against(Sent::Unknown, face),
        });
        checked.map_err(|(at, message)| self.wrong(spans[at].clone(), message))?;
        let decision = match reply {
            Some(reply) => Decision::Scripted(Arc::new(Scripted { reply, faults })),
            None => Decision::World { faults },
        };
        Ok(Expectation { line, requests, times: table.times.0, decision })
    }

    /// Returns the bytes that an argument or a field has in a request.
    fn sent(&self, name: &Spanned<String>, value: &Spanned<toml::Value>) -> Result<Vec<u8>, Diagnostic> {
        match value.get_ref() {
            toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Datetime(_) => {
                let message = format!("`{}` is sent as text, expected a string, a number or a boolean", name.get_ref());
                Err(self.wrong(value.span(), message))
            }
            value => Ok(plain(value)),
        }
    }

    fn requests(
        &self,
        table: &ExpectTable,
        face: Option<Face>,
        header: Range<usize>,
    ) -> Result<RequestPattern, Diagnostic> {
        let ExpectTable { operation, args, method, path, fields, params, .. } = table;
        let given = [
            ("args", args.as_ref().map(Spanned::span)),
            ("method", method.as_ref().map(Spanned::span)),
            ("path", path.as_ref().map(Spanned::span)),
            ("fields", fields.as_ref().map(Spanned::span)),
            ("params", params.as_ref().map(Spanned::span)),
        ];
        let unwanted = |keys: &[&str], with: &str| {
            let mut unwanted = given.iter().filter(|(key, _)| keys.contains(key));
            match unwanted.find_map(|(key, span)| Some((key, span.clone()?))) {
                Some((key, span)) => Err(self.wrong(span, format!("`{key}` does not go with {with}"))),
                None => Ok(()),
            }
        };
        if let Some(name) = operation {
            unwanted(&["method", "path", "fields", "params"], "`operation`")?;
            let Some(operation) = operation::find(name.get_ref()) else {
                let is_one = |operation: &Operation| why_impossible(*operation, None, Release::ALL).is_none();
                let known: Vec<_> = operation::ALL.iter().copied().filter(is_one).map(Operation::name).collect();
                let message = format!("unknown operation `{}`, expected one of {}", name.get_ref(), known.join(", "));
                return Err(self.wrong(name.span(), message));
            };
            let releases = self.release.as_ref().map_or(Release::ALL, std::slice::from_ref);
            if let Some(why) = why_impossible(operation, face, releases) {
                return Err(self.wrong(name.span(), why));
            }
            let mut arguments = Arguments::new();
            for (name, value) in args.iter().flat_map(Spanned::get_ref) {
                let Some(argument) = operation.arguments().iter().find(|argument| argument.name == name.get_ref())
                else {
                    let known: Vec<_> = operation.arguments().iter().map(|argument| argument.name).collect();
                    let known = if known.is_empty() {
                        "it takes no arguments".to_owned()
                    } else {
                        format!("it takes {}", known.join(", "))
                    };
                    let message = format!("`{}` has no argument `{}`: {known}", operation.name(), name.get_ref());
                    return Err(self.wrong(name.span(), message));
                };
                let sent = self.sent(name, value)?;
                argument.check(&sent).map_err(|error| self.wrong(value.span(), error.to_string()))?;
                arguments.push(name.get_ref(), sent);
            }
            return Ok(RequestPattern::Operation { face, operation, arguments, span: name.span() });
        }
        unwanted(&["args"], "an HTTP request or XML-RPC call, only with `operation`; use `fields` or `params`")?;
        if let Some(given) = table.face.as_ref().filter(|_| face == Some(Face::XenApi))
            && let Some(release) = self.release.filter(|release| *release < Release::V3_1)
        {
            return Err(self.wrong(given.span(), no_xenapi(release)));
        }
        match face {
            None => {
                Err(self.wrong(header, "an expectation needs `face` or `operation`, to say which requests it answers"))
            }
            Some(Face::Sxp) => {
                unwanted(&["params"], "`face = \"sxp\"`")?;
                let path = match path {
                    Some(path) if !path.get_ref().starts_with('/') => {
                        return Err(self.wrong(path.span(), "a path must begin with `/`"));
                    }
                    Some(path) if path.get_ref().contains('?') => {
                        return Err(self.wrong(
                            path.span(),
                            "`path` must not contain a query: list the fields of the query under `fields`",
                        ));
                    }
                    Some(path) => Some(UrlPath::parse(path.get_ref().trim_start_matches('/').as_bytes())),
                    None => None,
                };
                if let Some(method) = method
                    && method.get_ref().contains(|c: char| c == '.' || c.is_ascii_lowercase())
                {
                    let message =
                        "on `sxp`, `method` is an HTTP method, such as GET; use `operation` to name an operation";
                    return Err(self.wrong(method.span(), message));
                }
                let fields = fields.iter().flat_map(Spanned::get_ref);
                let fields = fields.map(|(name, value)| Ok((name.get_ref().clone(), self.sent(name, value)?)));
                let fields = fields.collect::<Result<_, _>>()?;
                Ok(RequestPattern::Http { method: method.clone().map(Spanned::into_inner), path, fields })
            }
            Some(face) => {
                let with = format!("`face = \"{face}\"`");
                unwanted(&["path", "fields"], &with)?;
                let params = match params {
                    Some(params) => {
                        let wrong = |message| self.wrong(params.span(), message);
                        let items =
                            params.get_ref().as_array().ok_or_else(|| wrong("`params` must be a list".to_owned()))?;
                        Some(items.iter().map(value::from_toml).collect::<Result<_, _>>().map_err(wrong)?)
                    }
                    None => None,
                };
                let span = table.face.as_ref().map_or(header, Spanned::span);
                Ok(RequestPattern::Call { face, method: method.clone().map(Spanned::into_inner), params, span })
            }
        }
    }

    /// Returns the reply that a word stands for; `None` for `simulate`, where the simulated host answers.
    fn reply(&self, word: Spanned<Word>) -> Result<Option<Reply>, Diagnostic> {
        let span = word.span();
        let wrong = |message: String| self.wrong(span.clone(), message);
        let one_line = |text: Spanned<String>| match text.get_ref().contains(['\r', '\n']) {
            true => Err(self.wrong(
                text.span(),
                "this text must be a single line of the reply's head; use `raw` to send a broken head",
            )),
            false => Ok(text.into_inner()),
        };
        let status = |code: Option<Spanned<i64>>, reason: Option<Spanned<String>>, has_body: bool| {
            let span = code.as_ref().map_or(span.clone(), Spanned::span);
            let wrong = |message: String| self.wrong(span.clone(), message);
            let given = code.map_or(200, Spanned::into_inner);
            let code = u16::try_from(given).ok().filter(|code| (100..=999).contains(code));
            let code =
                code.ok_or_else(|| wrong(format!("{given} is not an HTTP status, expected a number from 100 to 999")))?;
            if has_body && matches!(code, 100..=199 | 204 | 304) {
                return Err(wrong(format!("a reply with status {code} has no body; use `raw` to send one anyway")));
            }
            let reason = reason.map(one_line).transpose()?;
            Ok(Status { code, reason: reason.unwrap_or_else(|| reason_of(code).to_owned()) })
        };
        let read = |path: &str| {
            let path = self.folder.join(path);
            text_file::bytes(&path).map_err(|error| wrong(format!("can't read {}: {error}", path.display())))
        };
        Ok(Some(match word.into_inner() {
            Word::Simulate => return Ok(None),
            Word::Close => Reply::Close,
            Word::Hang => Reply::Hang,
            Word::BadRequest => Reply::BadRequest,
            Word::InvalidRequest => Reply::InvalidRequest,
            Word::TooLarge => Reply::TooLarge,
            Word::InternalError => Reply::InternalError,
            Word::NotImplemented(operation) => Reply::NotImplemented(one_line(operation)?),
            Word::NotFound(text) => Reply::NotFound(text),
            Word::UnknownDomain(domain) => Reply::UnknownDomain(domain),
            Word::UnknownMethod(method) => Reply::UnknownMethod(method),
            Word::Error(text) => Reply::Error(text),
            Word::XendErr(XendErr { text, status: code, reason }) => {
                Reply::XendErr { text, status: status(code, reason, true)? }
            }
            Word::Sexpr(Text { content_type: Some(_), .. }) => {
                return Err(wrong(
                    "the content type of `sexpr` is always application/sxp; use `text` for another".to_owned(),
                ));
            }
            Word::Sexpr(Text { body, repeat, status: code, reason, .. }) => {
                let body = repeated(body, repeat).map_err(wrong)?;
                sexpr::parse(body.as_bytes())
                    .map_err(|error| wrong(format!("`body` is not an S-expression: {error}")))?;
                Reply::Sexpr { status: status(code, reason, !body.is_empty())?, body }
            }
            Word::Text(Text { body, repeat, status: code, reason, content_type }) => {
                let body = repeated(body, repeat).map_err(wrong)?.into_bytes();
                Reply::Body {
                    status: status(code, reason, !body.is_empty())?,
                    content_type: content_type.map(one_line).transpose()?,
                    body,
                }
            }
            Word::BodyFile(BodyFile { path, status: code, reason, content_type }) => {
                let body = read(&path)?;
                Reply::Body {
                    status: status(code, reason, !body.is_empty())?,
                    content_type: content_type.map(one_line).transpose()?,
                    body,
                }
            }
            Word::Fault(FaultTable { code, string }) => Reply::Fault(xmlrpc::Fault { code, string }),
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
        }))
    }
}

/// Rewords a message of serde, which speaks of serde's data model, for people who write TOML. `place` is the text that
/// the message is about.
fn reword_for_toml(message: &str, place: &str) -> String {
    if message == "invalid type: unit variant, expected newtype variant" {
        return format!("this reply needs a value, write `reply = {{ {} = ... }}`", place.trim_matches(['"', '\'']));
    }
    if message.starts_with("wanted exactly 1 element") {
        return "expected one word: `\"WORD\"`, or `{ WORD = VALUE }`".to_owned();
    }
    if message.starts_with("expected table, found ") {
        return "this reply takes no value, write `reply = \"WORD\"`".to_owned();
    }
    if message == "invalid type: map, expected a sequence" && place.starts_with("[expect") {
        return "an expectation is written with two brackets: `[[expect]]`".to_owned();
    }
    message
        .replace("invalid type: map", "invalid type: table")
        .replace("invalid type: sequence", "invalid type: list")
        .replace("expected a map", "expected a table such as `{ domain = \"vm1\" }`")
        .replace("expected a sequence", "expected a list")
        .replace("expected a nonzero usize", "expected a number, 1 or more")
        .replace("expected usize", "expected a number")
        .replace("expected i64", "expected a number")
        .replace("expected i32", "expected a number of 32 bits")
}

fn once() -> i64 {
    1
}

/// Returns a body repeated a number of times, or why that is not possible.
fn repeated(body: String, times: i64) -> Result<String, String> {
    const LONGEST: usize = 256 << 20;
    let times = usize::try_from(times).ok().filter(|&times| times > 0);
    let times = times.ok_or("`repeat` is the number of times that the body is sent, expected 1 or more")?;
    match body.len().checked_mul(times) {
        Some(length) if length <= LONGEST => Ok(body.repeat(times)),
        _ => Err(format!("a body has at most {LONGEST} bytes")),
    }
}

/// Returns an argument or a field as a request contains it: a text unchanged, a number in decimal.
fn plain(value: &toml::Value) -> Vec<u8> {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).into_bytes()
}

/// Returns the reason phrase of Xend for a status (`web/http.py`), or that of HTTP if Xend has none.
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
