//! The reader of files of call cases, which are TOML.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use mock_xend::Faults;
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;
use xend_wire::Diagnostic;

use super::case::{CallCase, CallOutcome, METHOD, PARAMS, PATH, WireCheck};
use super::reply::Reply;
use super::value::of_value;
use crate::case::pieces::{Piece, joined};
use crate::case::{Level, WritingCase, WritingOutcome, listed};
use crate::error::read_toml;
use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::{Codec, Error};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    id: Spanned<String>,
    title: String,
    rule: String,
    source: String,
    since: Spanned<String>,
    path: Option<String>,
    call: Option<Spanned<CallTable>>,
    #[serde(default = "one")]
    calls: usize,
    #[serde(default)]
    early: bool,
    reply: Option<Spanned<Reply>>,
    #[serde(default)]
    faults: Faults,
    #[serde(default)]
    wire: Vec<Spanned<String>>,
    requests: Option<usize>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    deadline_ms: Option<u64>,
    level: Level,
    learns: Spanned<Vec<Spanned<toml::Value>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallTable {
    method: String,
    params: Option<toml::Value>,
    params_generated: Option<Vec<Piece>>,
}

fn one() -> usize {
    1
}

impl CallCase {
    /// Returns the built-in cases, sorted by id, those of the values to write included.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        Self::built_in_where(|_| true)
    }

    /// Returns the built-in cases with an id that `is_wanted` accepts, sorted by id. The values of other cases are not
    /// read, which is most of the work.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in_where(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Self>, Error> {
        let mut cases = Vec::new();
        for file in xend_fixtures::files("calls/") {
            cases.extend(parse(&format!("fixtures/{}", file.path), file.bytes(), &is_wanted)?);
        }
        let values = WritingCase::built_in_where(|id| is_wanted(&of_value(id)))?;
        cases.extend(values.iter().filter_map(Self::writing));
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Reads the files `calls/NAME.toml` and `writing/NAME.toml` in a folder of cases, and returns their cases sorted by
    /// id.
    ///
    /// # Errors
    /// Returns an error if a file can't be read or is malformed.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, Error> {
        let mut cases = listed(folder, "calls", Self::parse)?;
        cases.extend(WritingCase::in_folder(folder)?.iter().filter_map(Self::writing));
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// Parses a file of cases; `file` is the name that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Self>, Diagnostic> {
        parse(file, bytes, &|_| true)
    }
}

fn parse(file: &str, bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Result<Vec<CallCase>, Diagnostic> {
    let parsed: File = read_toml(file, bytes, "a file of cases must be UTF-8; use raw-base64 for other bytes")?;
    let source = Source { file, bytes };
    let wanted = parsed.case.into_iter().filter(|table| is_wanted(table.id.get_ref()));
    wanted.map(|table| source.case(table)).collect()
}

struct Source<'a> {
    file: &'a str,
    bytes: &'a [u8],
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.bytes, span, message.into())
    }

    fn case(&self, table: Table) -> Result<CallCase, Diagnostic> {
        let id = table.id.span();
        if !table.id.get_ref().starts_with("calls/") {
            return Err(self.wrong(id, "the id of a case is calls/NAME"));
        }
        let since =
            table.since.get_ref().parse().map_err(|error: Error| self.wrong(table.since.span(), error.to_string()))?;
        let path = table.path.unwrap_or_else(|| PATH.to_owned());
        if !path.starts_with('/') || path.contains([' ', '\r', '\n']) {
            return Err(self.wrong(id, "the path of an address begins with / and has no white space"));
        }
        let (method, params) = match table.call {
            None => (METHOD.to_owned(), PARAMS.to_owned()),
            Some(call) => {
                let span = call.span();
                let CallTable { method, params, params_generated } = call.into_inner();
                let params = match (params, params_generated) {
                    (Some(params), None) => serde_json::to_string(&params).map_err(|error| error.to_string()),
                    (None, Some(pieces)) => joined(&pieces),
                    _ => Err("a call has exactly one of params and params_generated".to_owned()),
                };
                (method, params.map_err(|message| self.wrong(span, message))?)
            }
        };
        let call = CallCase::whole(&method, &params).map_err(|message| self.wrong(id.clone(), message))?;
        let (reply, reply_span) = match table.reply {
            Some(reply) => (reply.get_ref().clone(), reply.span()),
            None => (Reply::Value(Reply::VALUE.to_owned()), id.clone()),
        };
        reply.sent().map_err(|message| self.wrong(reply_span, format!("the reply can't be made: {message}")))?;
        let wire = table.wire.iter().map(|name| {
            name.get_ref().parse::<WireCheck>().map_err(|error| self.wrong(name.span(), error.to_string()))
        });
        let needs = table
            .needs
            .iter()
            .map(|name| name.get_ref().parse::<Feature>().map_err(|error| self.wrong(name.span(), error.to_string())));
        let span = table.learns.span();
        let learns: Vec<_> =
            table.learns.into_inner().into_iter().map(|it| self.learned(&it, &reply)).collect::<Result<_, _>>()?;
        if learns.is_empty() {
            return Err(self.wrong(span, "a case says what may be learned: value, fault, error, or a table"));
        }
        Ok(CallCase {
            id: table.id.into_inner(),
            title: table.title,
            rule: table.rule,
            source: table.source,
            since,
            path,
            method,
            params,
            call: Some(call),
            rules: Codec::Xmlrpc.default_rules(),
            outcome: WritingOutcome::Written,
            calls: table.calls.max(1),
            is_early: table.early,
            reply,
            faults: table.faults,
            wire: wire.collect::<Result<_, _>>()?,
            requests: table.requests.unwrap_or(table.calls.max(1)),
            needs: needs.collect::<Result<_, _>>()?,
            deadline: table.deadline_ms.map_or(CallCase::DEADLINE, Duration::from_millis),
            level: table.level,
            learns,
        })
    }

    fn learned(&self, learned: &Spanned<toml::Value>, reply: &Reply) -> Result<CallOutcome, Diagnostic> {
        let span = learned.span();
        let answer = |value: serde_json::Value| self.tagged(&json!([value]).to_string(), &span);
        let value = || answer(json!({ "response": { "string": reply.value() } }));
        match learned.get_ref() {
            toml::Value::String(word) => {
                match word.as_str() {
                    "value" => value().map(CallOutcome::Answer),
                    "fault" => {
                        let (code, string) = reply.fault();
                        let fault = json!({ "code": { "int": code.to_string() }, "string": { "string": string } });
                        answer(json!({ "fault": fault })).map(CallOutcome::Answer)
                    }
                    "error" => Ok(CallOutcome::Error),
                    "value-if-asked" => value().map(CallOutcome::IfAsked),
                    _ => Err(self
                        .wrong(span, format!("unknown word `{word}`, expected value, fault, error or value-if-asked"))),
                }
            }
            toml::Value::Table(table) if table.contains_key("generated") => {
                let pieces: Result<Vec<Piece>, _> = table["generated"].clone().try_into();
                let json = pieces.map_err(|error| error.to_string()).and_then(|pieces| joined(&pieces));
                let json = json.map_err(|message| self.wrong(span.clone(), message))?;
                self.tagged(&json, &span).map(CallOutcome::Answer)
            }
            other => {
                let json = serde_json::to_value(other).map_err(|error| self.wrong(span.clone(), error.to_string()))?;
                answer(json).map(CallOutcome::Answer)
            }
        }
    }

    fn tagged(&self, json: &str, span: &Range<usize>) -> Result<Tagged, Diagnostic> {
        Tagged::from_json(json.as_bytes(), Codec::Xmlrpc).map_err(|error| self.wrong(span.clone(), error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_a_place() {
        let check = |rest: &str, message: &str| {
            let head = "[[case]]\nid = \"calls/a\"\ntitle = \"A\"\nrule = \"http/post\"\nsource = \"none\"\nsince = \"0.1.0\"\n";
            let diagnostic = CallCase::parse("a.toml", format!("{head}{rest}").as_bytes()).expect_err(rest);
            assert!(diagnostic.to_string().contains(message), "{rest}: {diagnostic}");
        };
        let end = "level = \"must\"\nlearns = [\"value\"]\n";
        check("level = \"must\"\nlearns = []\n", "what may be learned");
        check("level = \"must\"\nlearns = [\"success\"]\n", "unknown word `success`");
        check(&format!("wire = [\"get\"]\n{end}"), "unknown check `get`, expected one of post, target");
        check(&format!("reply = {{ raw-base64 = \"?\" }}\n{end}"), "the reply can't be made");
        check(&format!("reply = \"nothing\"\n{end}"), "unknown variant `nothing`");
        check(&format!("path = \"RPC2\"\n{end}"), "begins with /");
        check(&format!("call = {{ method = \"m\" }}\n{end}"), "exactly one of params and params_generated");
        check(&format!("call = {{ method = \"m\", params = [5] }}\n{end}"), "expected an object");
        check(&format!("faults = [\"broken\"]\n{end}"), "broken");
        let malformed =
            b"[[case]]\nid = \"calls/a\"\ntitle = \"A\"\nrule = \"http/post\"\nsource = \"none\"\nsince = \"first\"\n\
            level = \"must\"\nlearns = [\"value\"]\n";
        let diagnostic = CallCase::parse("a.toml", malformed).expect_err("it is no version");
        assert!(diagnostic.to_string().contains("first"), "{diagnostic}");
    }
}
