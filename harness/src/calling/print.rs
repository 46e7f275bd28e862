//! A case of the suite `calling` as a case file.

use data_encoding::BASE64;
use serde_json::json;

use super::case::{CallCase, CallOutcome, METHOD, PARAMS, PATH};
use super::reply::Reply;
use crate::case::pieces::Piece;
use crate::case::print::{pieces, quoted};
use crate::tagged::Tagged;

impl CallCase {
    /// Returns the text of a case file that has this case alone, under another id, `calls/NAME`.
    ///
    /// # Errors
    /// Returns a message if a part of the case has no form in such a file, which none has that was read from one.
    pub(crate) fn to_file(&self, id: &str) -> Result<String, String> {
        let mut text = format!(
            "[[case]]\nid = {}\ntitle = {}\nrule = {}\nsource = {}\nsince = \"{}\"\n",
            quoted(id),
            quoted(&self.title),
            quoted(&self.rule),
            quoted(&self.source),
            self.since,
        );
        let mut line = |name: &str, is_said: bool, value: String| {
            if is_said {
                text += &format!("{name} = {value}\n");
            }
        };
        let list = |words: Vec<String>| format!("[{}]", words.join(", "));
        let names = |words: Vec<&str>| list(words.into_iter().map(quoted).collect());
        line("path", self.path != PATH, quoted(&self.path));
        let call = format!(
            "{{ method = {}, params_generated = {} }}",
            quoted(&self.method),
            pieces(&Piece::of(&self.params))?
        );
        line("call", (&*self.method, &*self.params) != (METHOD, PARAMS), call);
        line("calls", self.calls != 1, self.calls.to_string());
        line("early", self.is_early, "true".to_owned());
        line("reply", true, reply(&self.reply)?);
        let faults = toml::Value::try_from(&self.faults).map_err(|error| error.to_string())?;
        line("faults", !self.faults.is_empty(), faults.to_string());
        let checks = self.wire.iter().map(|check| check.name()).collect();
        line("wire", !self.wire.is_empty(), names(checks));
        line("requests", self.requests != self.calls, self.requests.to_string());
        let needs = self.needs.iter().map(|feature| feature.name()).collect();
        line("needs", !self.needs.is_empty(), names(needs));
        line("deadline_ms", self.deadline != Self::DEADLINE, self.deadline.as_millis().to_string());
        line("level", true, quoted(self.level.name()));
        let learns: Result<Vec<_>, _> = self.learns.iter().map(|it| learned(it, &self.reply)).collect();
        line("learns", true, list(learns?));
        Ok(text)
    }
}

fn reply(reply: &Reply) -> Result<String, String> {
    Ok(match reply {
        Reply::Close => quoted("close"),
        Reply::Hang => quoted("hang"),
        Reply::InternalError => quoted("internal-error"),
        Reply::Value(text) => format!("{{ value = {} }}", quoted(text)),
        Reply::Fault { code, string } => format!("{{ fault = {{ code = {code}, string = {} }} }}", quoted(string)),
        Reply::Raw(text) => format!("{{ raw = {} }}", quoted(text)),
        Reply::RawBase64(text) => format!("{{ raw-base64 = {} }}", quoted(text)),
        Reply::RawGenerated(of) => format!("{{ raw-generated = {} }}", pieces(of)?),
    })
}

fn learned(learned: &CallOutcome, reply: &Reply) -> Result<String, String> {
    let values = |values: &Tagged| Ok(format!("{{ generated = {} }}", pieces(&Piece::of(&values.to_json()))?));
    let is_of_reply = |values: &Tagged| {
        let of_reply = json!([{ "response": { "string": reply.value() } }]).to_string();
        values.to_json() == of_reply
    };
    match learned {
        CallOutcome::Answer(it) => values(it),
        CallOutcome::Error => Ok(quoted("error")),
        CallOutcome::IfAsked(it) if is_of_reply(it) => Ok(quoted("value-if-asked")),
        CallOutcome::IfAsked(_) => {
            Err("only the value of the reply can be learned by who asked for its coding".to_owned())
        }
    }
}

impl Reply {
    /// Returns a reply of these bytes, after which the connection is closed.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => match &Piece::of(text)[..] {
                [_] => Self::Raw(text.to_owned()),
                pieces => Self::RawGenerated(pieces.to_vec()),
            },
            Err(_) => Self::RawBase64(BASE64.encode(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every built-in case of a file comes back from what is printed of it.
    #[test]
    fn what_is_printed_is_read() {
        let is_of_a_file = |id: &str| !id.starts_with("calls/write-");
        for case in CallCase::built_in_where(is_of_a_file).expect("they are well-formed") {
            let text = case.to_file(&case.id).unwrap_or_else(|why| panic!("{}: {why}", case.id));
            let again = CallCase::parse("printed", text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"));
            let [again] = &again[..] else { panic!("one case: {text}") };
            assert_eq!(format!("{again:?}"), format!("{case:?}"), "{text}");
        }
    }
}
