//! Xend's S-expressions by the strict rules, from the grammar of the protocol reference (§2.1 and §2.2).

mod string;

use data_encoding::BASE64;

use super::{Faults, Refused, change};

enum Open {
    /// How much of the answer there was before the list.
    List(usize),
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    faults: Faults<'a>,
    answer: String,
    open: Vec<Open>,
    items: usize,
    /// What was read last.
    previous: &'static str,
}

/// The names of tokens that begin with these bytes.
const TOKENS: [(u8, &str); 18] = [
    (b'\t', "tab"),
    (b'\n', "line-feed"),
    (0x0B, "vertical-tab"),
    (0x0C, "form-feed"),
    (b'\r', "return"),
    (b' ', "blank"),
    (b'#', "comment"),
    (b'(', "open"),
    (b')', "close"),
    (b'"', "double-quote"),
    (b'\'', "single-quote"),
    (b'{', "opening-brace"),
    (b'}', "closing-brace"),
    (b'<', "less-than"),
    (b'>', "greater-than"),
    (b'[', "opening-bracket"),
    (b']', "closing-bracket"),
    (b';', "semicolon"),
];

/// Reads a document; what comes back is the JSON of an answer.
pub(crate) fn read(document: &[u8], faults: Faults<'_>) -> Result<String, Refused> {
    let input: Vec<u8> = match faults.changes("input").next() {
        Some("crlf-to-lf") => document.iter().copied().filter(|&byte| byte != b'\r').collect(),
        Some("utf-8-only") if str::from_utf8(document).is_err() => return Err(Refused),
        Some("without-byte-order-mark") => document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document).to_vec(),
        Some("nul-ends") => document.split(|&byte| byte == 0).next().unwrap_or_default().to_vec(),
        Some("lower-case") => document.to_ascii_lowercase(),
        _ => document.to_vec(),
    };
    let mut reader = Reader {
        input: &input,
        at: 0,
        faults,
        answer: String::from("["),
        open: Vec::new(),
        items: 0,
        previous: "nothing",
    };
    reader.document()?;
    Ok(reader.answer + "]")
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn is_space(&self, byte: u8) -> bool {
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | 0x0B | 0x0C | b'\r');
        let is_lost = self.faults.changes("space").any(|lost| match lost {
            "no-vertical-tab" => byte == 0x0B,
            "no-form-feed" => byte == 0x0C,
            "no-tab" => byte == b'\t',
            "no-carriage-return" => byte == b'\r',
            _ => false,
        });
        let is_more = self.faults.changes("space").any(|more| match more {
            "controls" => byte < 0x20 && byte != 4,
            "no-break-space" => byte == 0xA0,
            "comma" => byte == b',',
            "separator-controls" => (0x1C..=0x1F).contains(&byte),
            "nul" => byte == 0,
            _ => false,
        });
        is_space && !is_lost || is_more
    }

    fn separates(&self, byte: u8) -> bool {
        let is_one = b"{}<>[];()#".contains(&byte);
        let name = |change: &str| change.strip_prefix("not-").map(str::as_bytes) == Some(&[byte]);
        let more = |change: &str| change.strip_prefix("also-").map(str::as_bytes) == Some(&[byte]);
        is_one && !self.faults.changes("separator").any(name) || self.faults.changes("separator").any(more)
    }

    fn add(&mut self, text: &str) {
        if !self.answer.ends_with(['[']) {
            self.answer.push(',');
        }
        self.answer += text;
        self.items += 1;
    }

    fn add_atom(&mut self, bytes: &[u8], place: &str) -> Result<(), Refused> {
        if bytes.len() > self.faults.limit("atom-length") {
            return Err(Refused);
        }
        let kind = if place == "quoted" { "string" } else { "atom" };
        if bytes.is_empty() {
            let list = if self.open.is_empty() { "" } else { "-in-list" };
            let name = format!("{}{list}", self.previous);
            self.faults.meet_in("empty-string-behind-", &name)?;
            match self.faults.change_in("empty-string-behind-", &name) {
                Some("dropped") => return Ok(()),
                Some("empty-list") => {
                    self.add("{\"list\":[]}");
                    return Ok(());
                }
                _ => {}
            }
        }
        if !bytes.is_ascii() {
            self.faults.meet("non-ascii")?;
        }
        let Ok(text) = str::from_utf8(bytes) else {
            self.faults.meet("atom-bytes")?;
            let json = match self.faults.changes("bytes").next() {
                Some("replaced") => atom(&String::from_utf8_lossy(bytes)),
                Some("latin-1") => atom(&bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
                _ => format!("{{\"atom_base64\":\"{}\"}}", BASE64.encode(bytes)),
            };
            self.add(&json);
            return Ok(());
        };
        let mut text = text.to_owned();
        for how in self.faults.changes(kind).chain(self.faults.changes("any-atom")) {
            text = match how {
                "numbers" => text.parse::<f64>().map_or(text, |number| number.to_string()),
                "empty-dropped" if text.is_empty() => return Ok(()),
                "nil" if matches!(&*text, "nil" | "none" | "None") => {
                    self.add("{\"list\":[]}");
                    return Ok(());
                }
                "keeps-quotes" => format!("'{text}'"),
                "colon-first-dropped" => text.trim_start_matches(':').to_owned(),
                "colon-last-dropped" => text.trim_end_matches(':').to_owned(),
                "backslashes-dropped" => text.replace('\\', ""),
                "quotes-dropped" => text.replace(['"', '\''], ""),
                "pipes-dropped" => text.replace('|', ""),
                "dot-dropped" if text == "." => return Ok(()),
                "at-dropped" if text.starts_with('@') => text[1..].to_owned(),
                "backtick-dropped" => text.trim_start_matches(['`', ',']).to_owned(),
                _ => change::text(how, &text),
            };
        }
        self.add(&atom(&text));
        Ok(())
    }

    fn document(&mut self) -> Result<(), Refused> {
        while let Some(byte) = self.peek() {
            if self.faults.has("document", "first-value") && self.open.is_empty() && self.items > 0 {
                return Ok(());
            }
            self.token(byte)?;
            if self.open.is_empty()
                && !self.is_space(byte)
                && byte != b'#'
                && self.faults.change_in("second-behind-", self.previous).is_some()
            {
                return Ok(());
            }
            let previous = match byte {
                _ if self.is_space(byte) => "space",
                b'#' => "comment",
                b'(' => "open",
                b')' => "close",
                b'"' | b'\'' => "string",
                _ => "atom",
            };
            match byte {
                _ if self.is_space(byte) => self.at += 1,
                b'#' => self.comment()?,
                b';' if self.faults.has("comment", "semicolon") => self.comment()?,
                b'/' if self.faults.has("comment", "slashes") && self.input[self.at..].starts_with(b"//") => {
                    self.comment()?;
                }
                b'(' => self.begin()?,
                b'[' | b'{' if self.faults.has("list", "any-bracket") => self.begin()?,
                b')' => self.end()?,
                b']' | b'}' if self.faults.has("list", "any-bracket") => self.end()?,
                b'"' if !self.faults.has("quotes", "single-only") => self.string(byte)?,
                b'\'' if !self.faults.has("quotes", "double-only") => self.string(byte)?,
                b'|' | b'`' if self.faults.has("quotes", if byte == b'|' { "pipes" } else { "backticks" }) => {
                    self.string(byte)?;
                }
                4 if self.open.is_empty() && !self.faults.has("end-of-transmission", "text") => return Ok(()),
                4 => {
                    self.faults.check("end-of-transmission-in-list")?;
                    self.at = self.input.len();
                    while !self.open.is_empty() {
                        self.end()?;
                    }
                }
                b'!' if self.faults.has("bang", "refused") => return Err(Refused),
                b'\t'..=b'\r' | b' '..=b'~' => self.atom()?,
                _ => {
                    let kind = match byte {
                        0x80.. => "high-byte-first",
                        0x7F => "delete-first",
                        _ => "control-first",
                    };
                    let of_byte = || self.faults.check_in("first-byte-", &byte.to_string());
                    let behind = || self.faults.check_in("control-behind-", self.previous);
                    self.faults.check(kind).or_else(|_| of_byte()).or_else(|_| behind())?;
                    self.atom()?;
                }
            }
            self.previous = previous;
        }
        while !self.open.is_empty() {
            self.faults.check("list-end").or_else(|_| self.faults.check_in("list-end-behind-", self.previous))?;
            self.end()?;
        }
        self.faults.meet_in("end-behind-", self.previous)
    }

    /// A token begins: which one, what stands before it, and whether in a list.
    fn token(&self, byte: u8) -> Result<(), Refused> {
        let name = TOKENS.iter().find(|(first, _)| *first == byte).map_or("atom", |(_, name)| name);
        let place = if self.open.is_empty() { "" } else { "-in-list" };
        self.faults.meet_in("", &format!("{name}-behind-{}{place}", self.previous))
    }

    fn comment(&mut self) -> Result<(), Refused> {
        self.faults.meet("comment")?;
        let ends = |byte: &u8| {
            *byte == b'\n'
                || *byte == b'\r' && self.faults.has("comment", "ends-at-return")
                || *byte == b')' && self.faults.has("comment", "ends-at-parenthesis")
                || matches!(byte, 0x0B | 0x0C) && self.faults.has("comment", "ends-at-form-feed")
        };
        let rest = &self.input[self.at..];
        let length = rest.iter().position(ends);
        if length.is_none() {
            self.faults.meet("comment-at-end")?;
        }
        let is_line = length.is_some_and(|length| rest[length] == b'\n');
        self.at += length.unwrap_or(rest.len()) + usize::from(is_line);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Refused> {
        self.at += 1;
        self.add("");
        self.open.push(Open::List(self.answer.len()));
        if self.open.len() > self.faults.limit("depth") {
            return Err(Refused);
        }
        self.answer += "{\"list\":[";
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refused> {
        self.at += 1;
        let Some(Open::List(start)) = self.open.pop() else {
            return self
                .faults
                .check("unmatched-close")
                .or_else(|_| self.faults.check_in("unmatched-close-behind-", self.previous));
        };
        let is_empty = self.answer.ends_with('[');
        if is_empty {
            self.faults.meet("empty-list")?;
            if self.faults.has("empty-list", "dropped") {
                self.answer.truncate(start);
                if self.answer.ends_with(',') {
                    self.answer.pop();
                }
                return Ok(());
            }
            if self.faults.has("empty-list", "empty-atom") {
                self.answer.truncate(start);
                self.answer += "{\"atom\":\"\"}";
                return Ok(());
            }
        }
        if self.answer.len() - start > self.faults.limit("list-length") {
            return Err(Refused);
        }
        self.answer += "]}";
        Ok(())
    }

    fn atom(&mut self) -> Result<(), Refused> {
        let start = self.at;
        self.at += 1;
        if self.faults.has("separator", "alone") && b"{}<>[];".contains(&self.input[start]) {
            return self.add_atom(&[self.input[start]], "bare");
        }
        while let Some(byte) = self.peek() {
            if self.is_space(byte) || self.separates(byte) {
                break;
            }
            if matches!(byte, b'"' | b'\'') {
                if self.faults.has("quote-in-atom", "ends-it") {
                    break;
                }
                self.faults.meet("quote-in-atom")?;
            }
            if byte == b'\\' && self.faults.has("backslash-in-atom", "escapes") {
                self.at += 1;
            }
            if byte < 0x20 || byte == 0x7F {
                self.faults.meet("control-in-atom")?;
            }
            self.at += 1;
        }
        let end = self.at.min(self.input.len());
        if end == self.input.len() && self.open.is_empty() {
            self.faults.meet("atom-at-end")?;
        }
        let mut bytes = Vec::new();
        for (at, &byte) in self.input[start..end].iter().enumerate() {
            bytes.extend(self.byte(byte, "atom", place(at == 0, start + at + 1 == end))?);
        }
        self.add_atom(&bytes, "bare")
    }
}

/// Where in an atom or a string something stands.
fn place(is_first: bool, is_last: bool) -> &'static str {
    match (is_first, is_last) {
        (true, true) => "alone",
        (true, false) => "start",
        (false, true) => "end",
        (false, false) => "middle",
    }
}

fn atom(text: &str) -> String {
    format!("{{\"atom\":{}}}", serde_json::to_string(text).expect("text is JSON"))
}
