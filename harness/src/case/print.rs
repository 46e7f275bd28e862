//! A case as a case file.

use data_encoding::BASE64;

use super::pieces::{Piece, texts};
use super::{Case, Expect, Outcome, Permitted};
use crate::tagged::Tagged;

impl Case {
    /// Returns the text of a case file that has this case under another id, `CODEC/NAME`.
    pub(crate) fn to_file(&self, id: &str) -> String {
        let mut text = format!("id = {}\ntitle = {}\n", quoted(id), quoted(&self.title));
        if let Some(rule) = &self.rule {
            text += &format!("rule = {}\n", quoted(rule));
        }
        text += &format!("source = {}\n", quoted(&self.source));
        text += &match str::from_utf8(&self.input) {
            Ok(input) => format!("input = {}\n", quoted(input)),
            Err(_) => format!("input_base64 = {}\n", quoted(&BASE64.encode(&self.input))),
        };
        self.expects.iter().fold(text, |text, expect| text + "\n" + &expectation(expect))
    }
}

fn expectation(expect: &Expect) -> String {
    let list = |words: Vec<String>| words.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
    let rules = expect.rules.iter().map(ToString::to_string).collect();
    let mut text = format!("[[expect]]\nrules = [{}]\nlevel = {}\n", list(rules), quoted(expect.level.name()));
    if !expect.needs.is_empty() {
        text += &format!("needs = [{}]\n", list(expect.needs.iter().map(ToString::to_string).collect()));
    }
    if expect.ordered {
        text += "ordered = true\n";
    }
    text + &match &expect.permitted[..] {
        [Permitted { outcome, .. }] if !matches!(outcome, Outcome::Accept | Outcome::NoAnswer(_)) => {
            format!("{}\n", self::outcome(outcome))
        }
        several => {
            let several: Vec<_> = several.iter().map(|it| format!("{{ {} }}", outcome(&it.outcome))).collect();
            format!("any_of = [{}]\n", several.join(", "))
        }
    }
}

fn outcome(outcome: &Outcome) -> String {
    let values = |values: &Tagged| format!("values_generated = [{{ text = {} }}]", quoted(&values.to_json()));
    match outcome {
        Outcome::Values(it) => values(it),
        Outcome::Generated(it) => values(it.values()),
        Outcome::Accept => "accept = true".to_owned(),
        Outcome::Reject(kind) => format!("reject = {}", quoted(kind.name())),
        Outcome::Refused => format!("reject = {}", quoted(super::file::ANY)),
        Outcome::NoAnswer(end) => format!("no_answer = {}", quoted(end.name())),
    }
}

/// Returns pieces of a text as an array of TOML.
pub(crate) fn pieces(pieces: &[Piece]) -> Result<String, String> {
    let piece = |(text, times): (String, usize)| match times {
        1 => format!("{{ text = {} }}", quoted(&text)),
        _ => format!("{{ repeat = {}, times = {times} }}", quoted(&text)),
    };
    Ok(format!("[{}]", texts(pieces)?.into_iter().map(piece).collect::<Vec<_>>().join(", ")))
}

/// Returns a string of TOML. What can't be seen is written as an escape.
pub(crate) fn quoted(text: &str) -> String {
    // A string in single quotes is shown as it is, but has no quote and no control character in it.
    if text.contains(['"', '\\']) && !text.contains(|it: char| it == '\'' || it != ' ' && !it.is_ascii_graphic()) {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            ' ' => quoted.push(' '),
            it if it.is_ascii_graphic() || it.is_alphanumeric() => quoted.push(it),
            it => quoted += &format!("\\U{:08X}", u32::from(it)),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every built-in case comes back from what is printed of it.
    #[test]
    fn what_is_printed_is_read() {
        let cases =
            Case::built_in_where(|id| !id.contains("long") && !id.contains("000")).expect("they are well-formed");
        for case in cases.iter().filter(|case| case.input.len() < 5_000) {
            let text = case.to_file(&case.id);
            let again = Case::parse(&format!("{}.toml", case.id), "printed", text.as_bytes(), &|_| Err(String::new()));
            let again = again.unwrap_or_else(|why| panic!("{why}\n{text}"));
            assert_eq!((&again.input, &again.title, &again.rule), (&case.input, &case.title, &case.rule));
            let of = |case: &Case| {
                case.expects
                    .iter()
                    .map(|it| {
                        (
                            it.level,
                            it.ordered,
                            it.needs.clone(),
                            it.rules.clone(),
                            it.permitted.iter().map(|it| it.outcome.to_string()).collect::<Vec<_>>(),
                        )
                    })
                    .collect::<Vec<_>>()
            };
            assert_eq!(of(&again), of(case), "{text}");
        }
    }
}
