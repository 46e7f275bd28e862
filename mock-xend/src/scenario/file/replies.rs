//! The replies of an expectation in a file, and what happens beside them.

use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use toml::de::DeValue;
use xend_wire::{Diagnostic, sexpr};

use super::File;
use super::table::{Table, Value, entries, found, integer};
use super::values::no_template;
use crate::fault::{self, Fault};
use crate::nearest;
use crate::scenario::change::Change;
use crate::scenario::contents::Spans;
use crate::scenario::reply::{LONGEST_BODY, Reply, Status, one_line};
use crate::scenario::step::Step;
use crate::scenario::template::Text;
use crate::scenario::words::{BODY_FILE, CHANGES, FAULT, SEXPR, Shape, TEXT, WORDS, XEND_ERR, names};
use crate::text_file;

impl File<'_> {
    /// Reads a reply with everything that is written beside it. `is_never` tells whether no reply is needed.
    pub(super) fn step(
        &self,
        table: &mut Table<'_, '_>,
        at: usize,
        spans: &mut Spans,
        is_never: bool,
    ) -> Result<Step, Diagnostic> {
        let mut step = Step::default();
        let place = |spans: &mut Spans, key: &str, value: &Value<'_>| {
            spans.0.insert(format!("replies.{at}.{key}"), value.span());
        };
        if let Some(faults) = table.take("faults") {
            place(spans, "faults", &faults);
            let mut read = Vec::new();
            for (number, item) in self.source.list("`faults`", faults)?.into_iter().enumerate() {
                spans.0.insert(format!("replies.{at}.faults.{number}"), item.span());
                read.push(self.fault(item)?);
            }
            step.faults = read.into_iter().collect();
        }
        if let Some(change) = table.take("change") {
            place(spans, "change", &change);
            step.changes = match change.get_ref() {
                DeValue::Array(_) => {
                    let items = self.source.list("`change`", change)?;
                    items.into_iter().map(|item| self.change(item)).collect::<Result<_, _>>()?
                }
                _ => vec![self.change(change)?],
            };
        }
        if let Some(states) = table.take("next-state") {
            spans.0.insert("next-state".to_owned(), states.span());
            step.next_state = self.source.states("`next-state`", states, spans, "next-state")?;
        }
        let reply = match table.take("reply") {
            None if is_never => None,
            None => Some(table.need("reply")?),
            reply => reply,
        };
        if let Some(reply) = reply {
            place(spans, "reply", &reply);
            step.reply = self.reply(reply)?;
        }
        Ok(step)
    }

    fn duration(&self, key: &str, value: &Value<'_>) -> Result<Duration, Diagnostic> {
        value.get_ref().as_str().and_then(fault::duration).ok_or_else(|| {
            let given = self.source.text.get(value.span()).unwrap_or_default().trim_matches('"');
            let example = if given.parse::<f64>().is_ok() { format!("{given}s") } else { "250ms".to_owned() };
            let message = format!(
                "`{given}` is no time for `{key}`, expected a string such as \"{example}\", with the unit ms, s or m"
            );
            self.source.wrong(value.span(), message)
        })
    }

    /// Reads a fault. What serde says of a mistake speaks of its own data model, and is reworded.
    fn fault(&self, value: Value<'_>) -> Result<Fault, Diagnostic> {
        let span = value.span();
        Fault::deserialize(toml::de::ValueDeserializer::from(value)).map_err(|error| {
            let span = error.span().filter(|span| !span.is_empty()).unwrap_or(span);
            let place = self.source.text.get(span.clone()).unwrap_or_default();
            self.source.wrong(span, reworded(error.message().trim_end(), place))
        })
    }

    fn change(&self, value: Value<'_>) -> Result<Change, Diagnostic> {
        let span = value.span();
        let table = match value.into_inner() {
            DeValue::Table(table) => table,
            other => {
                let message = format!("a change is a table such as `{{ crash = \"vm1\" }}`, found {}", found(&other));
                return Err(self.source.wrong(span, message));
            }
        };
        let known = names(&[CHANGES]);
        let mut entries = entries(table);
        let (Some(entry), true) = (entries.pop(), entries.is_empty()) else {
            let message = format!("a change is one word with its value, expected one of {}", known.join(", "));
            return Err(self.source.wrong(span, message));
        };
        let text = || self.source.text(&format!("`{}`", entry.name), &entry.value);
        Ok(match entry.name.as_str() {
            "crash" => Change::Crash(text()?),
            "power-off" => Change::PowerOff(text()?),
            "reboot" => Change::Reboot(text()?),
            "destroy" => Change::Destroy(text()?),
            "pause" => Change::Pause(text()?),
            "unpause" => Change::Unpause(text()?),
            "create" => Change::Create(text()?),
            "free-memory" => Change::FreeMemory(self.source.integer("`free-memory`", &entry.value)?),
            "advance" => Change::Advance(self.duration("advance", &entry.value)?),
            other => return Err(self.source.wrong(entry.key, nearest::unknown("change", other, &known))),
        })
    }

    /// Reads a reply; `None` stands for `simulate`, where the simulated host answers.
    fn reply(&self, value: Value<'_>) -> Result<Option<Reply>, Diagnostic> {
        let span = value.span();
        let wrong = |message: String| self.source.wrong(span.clone(), message);
        let known: Vec<_> = WORDS.iter().map(|word| word.name).collect();
        match value.into_inner() {
            DeValue::String(name) => {
                let word = WORDS.iter().find(|word| word.name == name);
                match word.ok_or_else(|| wrong(nearest::unknown("reply", &name, &known)))?.value {
                    Shape::Nothing => Ok(alone(&name)),
                    _ => Err(wrong(format!("this reply needs a value, write `reply = {{ {name} = ... }}`"))),
                }
            }
            DeValue::Table(table) => {
                let mut entries = entries(table);
                let (Some(entry), true) = (entries.pop(), entries.is_empty()) else {
                    return Err(wrong(
                        "a reply is one word, write `reply = \"WORD\"` or `reply = { WORD = VALUE }`".to_owned(),
                    ));
                };
                let unknown = || self.source.wrong(entry.key.clone(), nearest::unknown("reply", &entry.name, &known));
                let word = WORDS.iter().find(|word| word.name == entry.name).ok_or_else(unknown)?;
                if matches!(word.value, Shape::Nothing) {
                    let message = format!("this reply takes no value, write `reply = \"{}\"`", word.name);
                    return Err(self.source.wrong(entry.key, message));
                }
                self.with_value(word.name, entry.value).map(Some)
            }
            other => Err(wrong(format!(
                "a reply is one word, write `reply = \"WORD\"` or `reply = {{ WORD = VALUE }}`, found {}",
                found(&other)
            ))),
        }
    }

    /// Reads the value of a word.
    fn with_value(&self, word: &str, value: Value<'_>) -> Result<Reply, Diagnostic> {
        let what = format!("the value of `{word}`");
        let span = value.span();
        let wrong = |message: String| self.source.wrong(span.clone(), message);
        Ok(match word {
            "not-implemented" => {
                let text = self.echoed(&what, &value)?;
                if let Text::Literal(text) = &text {
                    one_line(text).map_err(wrong)?;
                }
                Reply::NotImplemented(text)
            }
            "not-found" => Reply::NotFound(self.echoed(&what, &value)?),
            "unknown-domain" => Reply::UnknownDomain(self.echoed(&what, &value)?),
            "unknown-method" => Reply::UnknownMethod(self.echoed(&what, &value)?),
            "error" => Reply::Error(self.echoed(&what, &value)?),
            "value" => Reply::Value(self.source.template(value)?),
            "failure" => {
                let items = self.source.list(&what, value)?;
                let words = items.iter().map(|item| self.echoed("a word of a failure", item));
                Reply::Failure(words.collect::<Result<_, _>>()?)
            }
            "raw" => Reply::Raw(self.source.text(&what, &value)?.into_bytes()),
            "raw-base64" => {
                let text = self.source.text(&what, &value)?;
                Reply::Raw(BASE64.decode(text.as_bytes()).map_err(|error| wrong(format!("not base64: {error}")))?)
            }
            "raw-file" => Reply::Raw(self.file(&value)?),
            "xend-err" => {
                let mut table = self.table(word, value, &names(&[XEND_ERR]))?;
                let text = self.echoed("the text of the error", &table.need("text")?)?;
                Reply::XendErr { text, status: self.status(&mut table, true)? }
            }
            "sexpr" => {
                let mut table = self.table(word, value, &names(&[SEXPR]))?;
                let body = table.need("body")?;
                let body_at = body.span();
                let body = self.body(&body, &mut table)?;
                sexpr::parse(body.as_bytes())
                    .map_err(|error| self.source.wrong(body_at, format!("`body` is not an S-expression: {error}")))?;
                Reply::Sexpr { status: self.status(&mut table, !body.is_empty())?, body }
            }
            "text" => {
                let mut table = self.table(word, value, &names(&[TEXT]))?;
                let body = table.need("body")?;
                let body = self.body(&body, &mut table)?.into_bytes();
                self.any_body(body, &mut table)?
            }
            "body-file" => {
                let mut table = self.table(word, value, &names(&[BODY_FILE]))?;
                let body = self.file(&table.need("path")?)?;
                self.any_body(body, &mut table)?
            }
            _ => {
                let mut table = self.table(word, value, &names(&[FAULT]))?;
                let code = table.need("code")?;
                let number = integer(code.get_ref()).and_then(|code| i32::try_from(code).ok());
                let number = number.ok_or_else(|| self.source.unfit(&code, "`code` is a number of 32 bits"))?;
                Reply::Fault { code: number, string: self.echoed("the text of a fault", &table.need("string")?)? }
            }
        })
    }

    fn table<'s, 'i>(&'s self, word: &'s str, value: Value<'i>, known: &[&str]) -> Result<Table<'s, 'i>, Diagnostic> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => Table::of(&self.source, word, span, table, known),
            other => {
                let example = WORDS.iter().find(|known| known.name == word).map_or("", |known| known.example);
                let message = format!("`{word}` takes a table, such as `{example}`, found {}", found(&other));
                Err(self.source.wrong(span, message))
            }
        }
    }

    /// Reads a text of a reply, in which a part of the request may stand.
    fn echoed(&self, what: &str, value: &Value<'_>) -> Result<Text, Diagnostic> {
        match value.get_ref() {
            DeValue::String(text) => {
                no_template(text).map_err(|message| self.source.wrong(value.span(), message))?;
                Ok(Text::Literal(text.to_string()))
            }
            DeValue::Table(table) if table.len() == 1 => {
                let entry = entries(table.clone()).pop().expect("there is one entry");
                match entry.name.as_str() {
                    "echo" => self.source.echo(&entry.value).map(Text::Echo),
                    _ => Err(self.source.wrong(entry.key, nearest::unknown("word", &entry.name, &["echo"]))),
                }
            }
            _ => Err(self.source.unfit(
                value,
                &format!("{what} is a string, or a part of the request such as `{{ echo = \"args.domain\" }}`"),
            )),
        }
    }

    fn status(&self, table: &mut Table<'_, '_>, has_body: bool) -> Result<Status, Diagnostic> {
        let mut status = Status::default();
        let code = table.take("status");
        if let Some(code) = &code {
            let given = self.source.integer("`status`", code)?;
            let wrong = || {
                let message = format!("{given} is not an HTTP status, expected a number from 100 to 999");
                self.source.wrong(code.span(), message)
            };
            status = u16::try_from(given).map_err(|_| wrong())?.into();
            status.check(has_body).map_err(|message| self.source.wrong(code.span(), message))?;
        }
        if let Some(reason) = table.take("reason") {
            status.reason = self.source.text("`reason`", &reason)?;
            one_line(&status.reason).map_err(|message| self.source.wrong(reason.span(), message))?;
        }
        Ok(status)
    }

    fn any_body(&self, body: Vec<u8>, table: &mut Table<'_, '_>) -> Result<Reply, Diagnostic> {
        let content_type = match table.take("content-type") {
            Some(value) => {
                let text = self.source.text("`content-type`", &value)?;
                one_line(&text).map_err(|message| self.source.wrong(value.span(), message))?;
                Some(text)
            }
            None => None,
        };
        Ok(Reply::Body { status: self.status(table, !body.is_empty())?, body, content_type })
    }

    /// Reads a body, which may be repeated.
    fn body(&self, body: &Value<'_>, table: &mut Table<'_, '_>) -> Result<String, Diagnostic> {
        let text = self.source.text("`body`", body)?;
        let Some(repeat) = table.take("repeat") else { return Ok(text) };
        let times = usize::try_from(self.source.integer("`repeat`", &repeat)?).ok().filter(|&times| times > 0);
        let times = times.ok_or_else(|| {
            self.source
                .wrong(repeat.span(), "`repeat` is the number of times that the body is sent, expected 1 or more")
        })?;
        match text.len().checked_mul(times) {
            Some(length) if length <= LONGEST_BODY => Ok(text.repeat(times)),
            _ => Err(self.source.wrong(repeat.span(), format!("a body has at most {LONGEST_BODY} bytes"))),
        }
    }

    /// Reads a file that the scenario names.
    fn file(&self, path: &Value<'_>) -> Result<Vec<u8>, Diagnostic> {
        let full = self.folder.join(self.source.text("a path", path)?);
        self.files.borrow_mut().push(full.clone());
        text_file::bytes(&full)
            .map_err(|error| self.source.wrong(path.span(), format!("can't read {}: {error}", full.display())))
    }
}

/// Returns the reply of a word without a value.
fn alone(word: &str) -> Option<Reply> {
    Some(match word {
        "close" => Reply::Close,
        "hang" => Reply::Hang,
        "bad-request" => Reply::BadRequest,
        "invalid-request" => Reply::InvalidRequest,
        "too-large" => Reply::TooLarge,
        "internal-error" => Reply::InternalError,
        _ => return None,
    })
}

/// Rewords what serde says of a fault for people who write TOML. `place` is the text that the message is about.
fn reworded(message: &str, place: &str) -> String {
    if message == "invalid type: unit variant, expected newtype variant" {
        return format!("this fault needs a value, write `{{ {} = ... }}`", place.trim_matches(['"', '\'']));
    }
    if message.starts_with("wanted exactly 1 element") {
        return "a fault is one word, write `\"WORD\"` or `{ WORD = VALUE }`".to_owned();
    }
    if message.starts_with("expected table, found ") {
        return "this fault takes no value, write `\"WORD\"`".to_owned();
    }
    fault::reworded(message)
}
