//! The reader of `fixtures/serving`, which are TOML.

use std::ops::Range;

use serde::Deserialize;
use serde_json::json;
use toml::Spanned;
use xend_wire::{Diagnostic, xmlrpc};

use super::case::{Answer, HeadCheck, Need, ServingCase};
use crate::case::Level;
use crate::case::pieces::{Piece, joined};
use crate::error::read_toml;
use crate::tagged::Tagged;
use crate::{Codec, Error, Rules};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    id: Spanned<String>,
    title: String,
    rule: String,
    source: String,
    since: String,
    level: Level,
    needs: Option<String>,
    /// A value that is sent to `echo`, and must come back.
    echo: Option<toml::Value>,
    /// The same as JSON that is too long to write out.
    echo_generated: Option<Vec<Piece>>,
    method: Option<String>,
    params: Option<toml::Value>,
    line: Option<String>,
    headers: Option<Vec<String>>,
    body: Option<String>,
    #[serde(default)]
    chunked: bool,
    #[serde(default = "one")]
    pieces: usize,
    #[serde(default = "one")]
    times: usize,
    #[serde(default)]
    pipelined: bool,
    #[serde(default)]
    wire: Vec<Spanned<String>>,
    gives: Option<toml::Value>,
    #[serde(default)]
    answers: Vec<Spanned<String>>,
}

fn one() -> usize {
    1
}

const LINE: &str = "POST {path} HTTP/1.1";
const HEADERS: [&str; 4] =
    ["Host: {host}", "User-Agent: xend-harness", "Content-Type: text/xml", "Content-Length: {length}"];

impl ServingCase {
    /// Returns the built-in cases, sorted by id.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        let mut cases = Vec::new();
        for file in xend_fixtures::files("serving/") {
            cases.extend(Self::parse(&format!("fixtures/{}", file.path), file.bytes())?);
        }
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Parses a file of cases; `file` is the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Self>, Diagnostic> {
        let parsed: File = read_toml(file, bytes, "a file of cases must be UTF-8")?;
        let wrong = |span: Range<usize>, message: String| Diagnostic::new(file, bytes, span, message);
        let case = |table: Table| {
            let span = table.id.span();
            table.case().map_err(|(at, message)| wrong(at.unwrap_or(span), message))
        };
        parsed.case.into_iter().map(case).collect()
    }
}

/// A mistake, with its place if it has one besides that of the case.
type Mistake = (Option<Range<usize>>, String);

impl Table {
    fn case(self) -> Result<ServingCase, Mistake> {
        let plain = |error: Error| (None, error.to_string());
        let id = self.id.into_inner();
        if !id.starts_with("serving/") {
            return Err((None, "the id of a case is serving/NAME".to_owned()));
        }
        let json = |value: toml::Value| serde_json::to_value(value).map_err(|error| (None, error.to_string()));
        let echoed = match (self.echo, self.echo_generated) {
            (Some(value), None) => Some(json(value)?.to_string()),
            (None, Some(pieces)) => Some(joined(&pieces).map_err(|message| (None, message))?),
            _ => None,
        };
        let params = self.params.map(json).transpose()?.map(|params| params.to_string());
        let call = match (&echoed, self.method, params) {
            (Some(value), None, None) => Some(call("echo", &format!("[{value}]"))?),
            (None, Some(method), params) => Some(call(&method, params.as_deref().unwrap_or("[]"))?),
            _ => None,
        };
        let given = self.body.map(String::into_bytes);
        let gives = match (self.gives, echoed) {
            (Some(value), _) => Some(json(value)?.to_string()),
            (None, echoed) => echoed,
        };
        let gives = gives.map(|value| tagged(&format!("[{{\"response\":{value}}}]"))).transpose()?;
        let answer = |word: &Spanned<String>| {
            let wrong = |message: &str| (Some(word.span()), message.to_owned());
            Ok(match word.get_ref().as_str() {
                "value" => Answer::Value(gives.clone().ok_or_else(|| wrong("there is no value that it gives"))?),
                "any-value" => Answer::AnyValue,
                "fault" => Answer::Fault,
                "closed" => Answer::Closed,
                "4xx" => Answer::Hundred(4),
                "5xx" => Answer::Hundred(5),
                status => Answer::Status(status.parse().map_err(|_| {
                    wrong("expected value, any-value, fault, closed, 4xx, 5xx or the number of a status")
                })?),
            })
        };
        let mut answers: Vec<_> = self.answers.iter().map(answer).collect::<Result<_, Mistake>>()?;
        if answers.is_empty() {
            answers.extend(gives.clone().map(Answer::Value));
        }
        if answers.is_empty() {
            return Err((None, "a case says what may come back, in gives or answers".to_owned()));
        }
        let check = |word: &Spanned<String>| {
            word.get_ref().parse::<HeadCheck>().map_err(|error| (Some(word.span()), error.to_string()))
        };
        let headers = self.headers.unwrap_or_else(|| HEADERS.map(str::to_owned).to_vec());
        Ok(ServingCase {
            id,
            title: self.title,
            rule: self.rule,
            source: self.source,
            since: self.since.parse().map_err(plain)?,
            level: self.level,
            needs: self.needs.map(|word| word.parse::<Need>()).transpose().map_err(plain)?,
            line: self.line.unwrap_or_else(|| LINE.to_owned()),
            headers,
            body: given.or(call).unwrap_or_default(),
            is_chunked: self.chunked,
            pieces: self.pieces.max(1),
            times: self.times.max(1),
            is_pipelined: self.pipelined,
            wire: self.wire.iter().map(check).collect::<Result<_, Mistake>>()?,
            answers,
        })
    }
}

/// Returns the document of a call.
pub(super) fn call(method: &str, params: &str) -> Result<Vec<u8>, Mistake> {
    let call = tagged(&format!(r#"[{{"call":{{"method":{},"params":{params}}}}}]"#, json!(method)))?;
    call.encode(Rules::Xmlrpc(xmlrpc::Rules::spec())).map_err(|message| (None, message))
}

fn tagged(json: &str) -> Result<Tagged, Mistake> {
    Tagged::from_json(json.as_bytes(), Codec::Xmlrpc).map_err(|error| (None, error.to_string()))
}
