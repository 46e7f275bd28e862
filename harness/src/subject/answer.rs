//! The JSON lines that are exchanged with subjects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use xend_wire::Release;
use xend_wire::operation;

use super::declaration::PROTOCOL;
use super::operated::OperatedLine;
use super::{Answer, Ask, BuiltIn, Declaration, Fault, Operator, Question, Subject};
use crate::tagged::{AnswerReader, Malformed};
use crate::{Codec, Rules};

/// The first line that is sent to a subject that is kept alive.
pub(crate) const HELLO: &[u8] = b"{\"hello\":{\"protocol\":1}}\n";

/// How long a call or an operation may take if the question does not say.
const DEADLINE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct HelloQuestion {
    hello: Spoken,
}

#[derive(Deserialize)]
struct Spoken {
    protocol: u64,
}

#[derive(Deserialize, Serialize)]
struct QuestionLine<'a> {
    id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<String>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    input: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    value: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    call: Option<CallLine<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    operate: Option<OperateLine<'a>>,
}

/// A text that is not copied unless it has escapes: serde copies an optional `Cow` always.
#[derive(Deserialize, Serialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, Serialize)]
struct CallLine<'a> {
    uri: Cow<'a, str>,
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: &'a RawValue,
    deadline_ms: Option<u64>,
    /// The file with the certificate to trust over TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Serialize)]
struct OperateLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<Cow<'a, str>>,
    operation: Cow<'a, str>,
    #[serde(default)]
    args: BTreeMap<String, String>,
    deadline_ms: Option<u64>,
}

fn raw(json: &str) -> &RawValue {
    serde_json::from_str(json).expect("cases have valid JSON")
}

impl<'a> CallLine<'a> {
    /// Returns what is asked of a caller; `None` if something else is asked.
    fn of(ask: Ask<'a>) -> Option<Self> {
        let Ask::Call { uri, method, params, deadline, ca_file } = ask else { return None };
        let deadline_ms = u64::try_from(deadline.as_millis()).ok();
        let (uri, method, ca_file) = (uri.into(), method.into(), ca_file.map(Cow::from));
        Some(Self { uri, method, params: raw(params), deadline_ms, ca_file })
    }
}

impl<'a> OperateLine<'a> {
    /// Returns what is asked of an operator or an engine; `None` if something else is asked.
    fn of(ask: Ask<'a>) -> Option<Self> {
        let Ask::Operate { xend, operation, arguments, deadline } = ask else { return None };
        Some(Self {
            uri: xend.map(|(uri, _)| uri.into()),
            release: xend.map(|(_, release)| release.as_str().into()),
            operation: operation.name().into(),
            args: arguments.iter().cloned().collect(),
            deadline_ms: u64::try_from(deadline.as_millis()).ok(),
        })
    }
}

/// Returns what a command that is started for each case gets on standard input, and the word for it: a document as it is,
/// or what stands behind that word in the line of a command that is kept alive.
pub(super) fn given_once<'a>(ask: &Ask<'a>) -> (&'static str, Cow<'a, [u8]>) {
    const JSON: &str = "strings are written as JSON";
    match *ask {
        Ask::Read { input, .. } => ("input", input.into()),
        Ask::Write { value, .. } => ("value", value.as_bytes().into()),
        Ask::Call { .. } => ("call", serde_json::to_vec(&CallLine::of(*ask)).expect(JSON).into()),
        Ask::Operate { .. } => ("operate", serde_json::to_vec(&OperateLine::of(*ask)).expect(JSON).into()),
    }
}

/// Returns the JSON line for a question, including the line break.
pub(crate) fn question_line(question: &Question<'_>) -> Vec<u8> {
    let mut line = QuestionLine {
        id: question.id.into(),
        codec: None,
        rules: None,
        input: None,
        value: None,
        call: None,
        operate: None,
    };
    let mut by = |rules: Rules| {
        line.codec = Some(rules.codec().name().into());
        line.rules = Some(rules.to_string());
    };
    match question.ask {
        Ask::Read { rules, input } => {
            by(rules);
            let line = serde_json::to_string(&line).expect("strings are written as JSON");
            return read_line(line, input);
        }
        Ask::Write { rules, value } => {
            by(rules);
            line.value = Some(raw(value));
        }
        Ask::Call { .. } => line.call = CallLine::of(question.ask),
        Ask::Operate { .. } => line.operate = OperateLine::of(question.ask),
    }
    let mut line = serde_json::to_vec(&line).expect("strings are written as JSON");
    line.push(b'\n');
    line
}

/// Completes the line of a question with a document, which may be many megabytes long: base64 needs no escapes.
fn read_line(mut line: String, input: &[u8]) -> Vec<u8> {
    line.truncate(line.trim_end_matches('}').len());
    line.reserve(BASE64.encode_len(input.len()) + 16);
    line += ",\"input\":\"";
    BASE64.encode_append(input, &mut line);
    line += "\"}\n";
    line.into_bytes()
}

impl Answer {
    /// Parses an answer, given without its line break, and returns it with its `id` if it has one.
    ///
    /// # Errors
    /// Returns [`Fault::InvalidAnswer`] if the line is not a valid answer, or has values that do not belong to the
    /// codec.
    pub fn from_line(line: &[u8], codec: Codec) -> Result<(Option<String>, Self), Fault> {
        AnswerReader::read(line, |reader| read(reader, codec)).map_err(|error| Fault::invalid(line, &error.to_string()))
    }

    /// Parses an answer to a question, as [`from_line`](Self::from_line) does.
    pub(crate) fn to(ask: &Ask<'_>, line: &[u8]) -> Result<(Option<String>, Self), Fault> {
        if let Some(codec) = ask.codec() {
            return Self::from_line(line, codec);
        }
        let line_of = |error: serde_json::Error| format!("the answer can't be read: {error}");
        let read = || {
            let mut parsed: OperatedLine = serde_json::from_slice(line).map_err(line_of)?;
            let id = parsed.id.take();
            Ok((id, parsed.read()?.map_or_else(Self::Unsupported, Self::Operated)))
        };
        read().map_err(|why: String| Fault::invalid(line, &why))
    }
}

fn read(mut reader: AnswerReader<'_>, codec: Codec) -> Result<(Option<String>, Answer), Malformed> {
    const KEYS: &str = "values, document, reject, accept, error and unsupported";
    let (mut id, mut answer, mut unknown) = (None, None, Vec::new());
    while let Some(key) = reader.key()? {
        let read = match &*key {
            "id" if id.is_none() => {
                id = Some(reader.text()?);
                continue;
            }
            "id" => return Err(reader.refuse("a second `id`")),
            "values" => Answer::Values(reader.values(codec)?),
            "reject" => Answer::Reject { message: reader.text()?, kind: None },
            "accept" if reader.flag()? => Answer::Accept,
            "accept" => return Err(reader.refuse("`accept` is written {\"accept\":true}")),
            "document" => {
                let text = reader.text()?;
                let bytes = BASE64.decode(text.as_bytes());
                Answer::Document(bytes.map_err(|error| reader.refuse(format!("the document is no base64: {error}")))?)
            }
            "error" => Answer::Error(reader.text()?),
            "unsupported" => Answer::Unsupported(reader.text()?),
            _ => {
                reader.skip()?;
                unknown.push(key);
                continue;
            }
        };
        if answer.replace(read).is_some() {
            return Err(reader.refuse(format!("more than one answer, expected one of {KEYS}")));
        }
    }
    reader.finish()?;
    let answer = answer.ok_or_else(|| {
        let instead = unknown.first().map(|key| format!("; `{key}` is none")).unwrap_or_default();
        Malformed::new(format!("no answer, expected one of {KEYS}{instead}"))
    })?;
    Ok((id, answer))
}

/// Acts as a subject that is kept alive: answers each line of `input` with the built-in codecs, until the input ends.
///
/// # Errors
/// Returns an error if the input can't be read, if the output can't be written, or if a line is not a valid question.
pub fn serve(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    for (number, line) in (1..).zip(input.lines()) {
        let line = line?;
        let reply = answer_line(&line)
            .or_else(|error| answer_hello(&line).unwrap_or_else(|| Err(format!("is not a valid question: {error}"))))
            .map_err(|why| io::Error::other(format!("line {number} of standard input {why}")))?;
        output.write_all(reply.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

/// Answers the line that opens a conversation; `None` if it is another line.
fn answer_hello(line: &str) -> Option<Result<String, String>> {
    let HelloQuestion { hello: Spoken { protocol } } = serde_json::from_str(line).ok()?;
    Some(match protocol {
        PROTOCOL => Ok(hello_line(BuiltIn::new().declaration())),
        _ => Err(format!("is a hello of protocol {protocol}, and protocol {PROTOCOL} is understood")),
    })
}

fn hello_line(declaration: &Declaration) -> String {
    let named = |all: &[Rules]| {
        let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for rules in all {
            named.entry(rules.codec().name()).or_default().push(rules.to_string());
        }
        named
    };
    let features: Vec<_> = declaration.features.iter().map(|feature| feature.name()).collect();
    let hello = serde_json::json!({
        "name": declaration.name,
        "decodes": named(&declaration.decodes),
        "encodes": named(&declaration.encodes),
        "calls_over": declaration.calls_over,
        "operates": declaration.operates.as_ref().map(Operator::to_json),
        "features": features,
    });
    format!("{}\n", serde_json::json!({ "hello": hello }))
}

fn answer_line(line: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let QuestionLine { id, codec, rules, input, value, call, operate } = serde_json::from_str(line)?;
    let rules = || -> Result<Rules, Box<dyn std::error::Error + Send + Sync>> {
        let codec = codec.as_deref().ok_or("no codec")?.parse::<Codec>()?;
        Ok(codec.single_rules(rules.as_deref().ok_or("no rules")?)?)
    };
    let answer = match (input, value, &call, operate) {
        (Some(input), None, None, None) => {
            let input = BASE64.decode(input.0.as_bytes())?;
            BuiltIn::answer(&Ask::Read { rules: rules()?, input: &input })
        }
        (None, Some(value), None, None) => BuiltIn::answer(&Ask::Write { rules: rules()?, value: value.get() }),
        (None, None, Some(CallLine { uri, method, params, deadline_ms, ca_file }), None) => {
            let deadline = deadline_ms.map_or(DEADLINE, Duration::from_millis);
            let ca_file = ca_file.as_deref();
            BuiltIn::answer(&Ask::Call { uri, method, params: params.get(), deadline, ca_file })
        }
        (None, None, None, Some(OperateLine { uri, release, operation, args, deadline_ms })) => {
            let operation = operation::find(&operation).ok_or_else(|| format!("no operation `{operation}`"))?;
            let release = release.map_or(Ok(Release::default()), |release| release.parse())?;
            let xend = uri.as_deref().map(|uri| (uri, release));
            let arguments: Vec<_> = args.into_iter().collect();
            let deadline = deadline_ms.map_or(DEADLINE, Duration::from_millis);
            BuiltIn::answer(&Ask::Operate { xend, operation, arguments: &arguments, deadline })
        }
        _ => return Err("expected exactly one of input, value, call and operate".into()),
    };
    let mut line = format!("{{\"id\":{},", serde_json::to_string(&id)?);
    let text = |key: &str, text: String| format!("\"{key}\":{}", serde_json::Value::from(text));
    match answer {
        Answer::Values(values) => {
            line += "\"values\":";
            values.write_json(&mut line);
        }
        Answer::Accept => line += "\"accept\":true",
        Answer::Document(bytes) => {
            line += "\"document\":\"";
            BASE64.encode_append(&bytes, &mut line);
            line.push('"');
        }
        Answer::Reject { message, .. } => line += &text("reject", message),
        Answer::Error(message) => line += &text("error", message),
        Answer::Operated(operated) => {
            return Ok(format!("{}\n", serde_json::to_string(&OperatedLine::of(id.into_owned(), operated))?));
        }
        Answer::Unsupported(why) => line += &text("unsupported", why),
    }
    line += "}\n";
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |line: &str, expect: Result<(Option<&str>, Answer), &str>| {
            let got = Answer::from_line(line.as_bytes(), Codec::Sexpr).map_err(|fault| match fault {
                Fault::InvalidAnswer(why, _) => why,
                other => panic!("{other:?}"),
            });
            let expect = expect.map(|(id, answer)| (id.map(str::to_owned), answer)).map_err(str::to_owned);
            assert_eq!(got, expect, "{line}");
        };
        let reject = |message: &str| Answer::Reject { message: message.to_owned(), kind: None };
        let values = crate::Tagged::from_json(br#"[{"atom":"a"}]"#, Codec::Sexpr).expect("values");
        check(r#"{"id":"a","reject":"no"}"#, Ok((Some("a"), reject("no"))));
        check(r#" { "reject" : "no" , "id" : "a" } "#, Ok((Some("a"), reject("no"))));
        check(r#"{"unsupported":"\u00e9"}"#, Ok((None, Answer::Unsupported("é".to_owned()))));
        check(r#"{"values":[{"atom":"a"}],"id":"a"}"#, Ok((Some("a"), Answer::Values(values))));
        check("[]", Err("expected an object, found an array, at column 1"));
        check(r#"{"id":1}"#, Err("expected a string, found a number, at id (column 7)"));
        check(r#"{"reject":"no"} {}"#, Err("not JSON (trailing data), at column 17"));
    }
}
