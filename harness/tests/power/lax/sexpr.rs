//! Xend's S-expressions by the strict rules, from the grammar of the protocol reference (§2.1 and §2.2).

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
}

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
    let mut reader = Reader { input: &input, at: 0, faults, answer: String::from("["), open: Vec::new(), items: 0 };
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
                0x80.. => self.faults.check("high-byte-first").and_then(|()| self.atom())?,
                0x7F => self.faults.check("delete-first").and_then(|()| self.atom())?,
                _ => self.faults.check("control-first").and_then(|()| self.atom())?,
            }
        }
        while !self.open.is_empty() {
            self.faults.check("list-end")?;
            self.end()?;
        }
        Ok(())
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
        self.at += length.unwrap_or(rest.len());
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
            return self.faults.check("unmatched-close");
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
        let bytes = self.input[start..end].to_vec();
        self.add_atom(&bytes, "bare")
    }

    fn string(&mut self, quote: u8) -> Result<(), Refused> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                self.faults.check("string-end")?;
                break;
            };
            self.at += 1;
            match byte {
                _ if byte == quote => {
                    if self.peek() == Some(quote) && self.faults.has("quotes", "doubled") {
                        self.at += 1;
                        bytes.push(quote);
                        continue;
                    }
                    break;
                }
                b'"' | b'\'' if self.faults.has("quotes", "any-ends") => break,
                b'\n' if self.faults.has("string", "one-line") => return Err(Refused),
                b'#' if self.faults.has("string", "comments") => {
                    self.at -= 1;
                    self.comment()?;
                }
                b'\\' => self.escape(&mut bytes)?,
                0..0x20 | 0x7F => {
                    self.faults.meet(if byte == b'\n' { "line-end-in-string" } else { "control-in-string" })?;
                    bytes.push(byte);
                }
                _ => bytes.push(byte),
            }
        }
        if self.faults.has("adjacent", "joined") && self.peek().is_some_and(|byte| matches!(byte, b'"' | b'\'')) {
            let next = self.input[self.at];
            self.at += 1;
            while let Some(byte) = self.peek() {
                self.at += 1;
                if byte == next {
                    break;
                }
                bytes.push(byte);
            }
        }
        if self.peek().is_some_and(|byte| !self.is_space(byte) && byte != b')') {
            self.faults.meet("token-behind-string")?;
        }
        self.add_atom(&bytes, "quoted")
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Refused> {
        let Some(byte) = self.peek() else { return self.faults.check("string-end") };
        self.at += 1;
        let plain = match byte {
            _ if self.faults.has("escapes", "kept") => {
                bytes.push(b'\\');
                byte
            }
            b'a' => 0x07,
            b'b' => 0x08,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 0x0B,
            b'f' => 0x0C,
            b'r' => b'\r',
            b'\\' | b'\'' | b'"' => byte,
            b'0'..=b'7' => return self.octal(byte, bytes),
            b'x' => return self.hexadecimal(bytes),
            b'X' if self.faults.has("escapes", "capital-x") => return self.hexadecimal(bytes),
            b'\n' if self.faults.has("escapes", "line-ends-joined") => return Ok(()),
            b'\r' if self.faults.has("escapes", "line-ends-joined") => {
                self.at += usize::from(self.peek() == Some(b'\n'));
                return Ok(());
            }
            b'e' if self.faults.has("escapes", "e") => 0x1B,
            b'u' if self.faults.has("escapes", "u") => {
                let digits = self.input.get(self.at..self.at + 4).ok_or(Refused)?;
                let code = str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
                self.at += 4;
                let c = char::from_u32(code.ok_or(Refused)?).ok_or(Refused)?;
                bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => {
                self.faults.check("unknown-escape")?;
                if self.faults.has("unknown-escape", "kept") {
                    bytes.push(b'\\');
                }
                if self.faults.has("unknown-escape", "dropped") {
                    return Ok(());
                }
                byte
            }
        };
        let letter = char::from(byte);
        self.faults.meet_in("escape-", letter.encode_utf8(&mut [0; 4]))?;
        bytes.push(if self.faults.has("escapes", "letters-plain") { byte } else { plain });
        Ok(())
    }

    fn octal(&mut self, first: u8, bytes: &mut Vec<u8>) -> Result<(), Refused> {
        let mut value = u32::from(first - b'0');
        let mut digits = 1;
        let most = match self.faults.changes("octal").next() {
            Some("greedy") => 9,
            Some("two-digits") => 2,
            Some("one-digit") => 1,
            _ => 3,
        };
        while let Some(byte @ b'0'..=b'7') = self.peek().filter(|_| digits < most) {
            value = value * 8 + u32::from(byte - b'0');
            self.at += 1;
            digits += 1;
        }
        if digits < 3 {
            self.faults.meet("octal-short")?;
            if self.faults.has("octal", "decimal") {
                value = value % 8 + value / 8 * 10;
            }
        }
        match u8::try_from(value) {
            Ok(byte) if self.faults.has("octal", "characters") && byte >= 0x80 => {
                bytes.extend(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
            }
            Ok(byte) if self.faults.has("octal", "seven-bits") => bytes.push(byte & 0x7F),
            Ok(byte) => bytes.push(byte),
            Err(_) => {
                self.faults.check("octal-range")?;
                bytes.push(if self.faults.has("octal", "saturates") { 0xFF } else { value as u8 });
            }
        }
        Ok(())
    }

    fn hexadecimal(&mut self, bytes: &mut Vec<u8>) -> Result<(), Refused> {
        let rest = &self.input[self.at..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let most = if self.faults.has("hexadecimal", "greedy") { 8 } else { 2 };
        let taken = digits.min(most);
        if taken < 2 {
            self.faults.check(if taken == 0 { "hexadecimal-digits" } else { "hexadecimal-one-digit" })?;
        }
        let text = str::from_utf8(&rest[..taken]).unwrap_or_default();
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.faults.meet("hexadecimal-capital")?;
        }
        if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
            self.faults.meet("hexadecimal-small")?;
        }
        let value = if self.faults.has("hexadecimal", "as-the-daemon") {
            // The daemon takes `a` for 0 (`sxp.py state_hex`).
            text.bytes().fold(0, |value, byte| {
                let digit = if byte.is_ascii_digit() { byte - b'0' } else { byte.to_ascii_uppercase() - b'A' };
                value * 16 + u32::from(digit)
            })
        } else {
            u32::from_str_radix(text, 16).unwrap_or_default()
        };
        self.at += taken;
        if self.faults.has("hexadecimal", "characters") && value >= 0x80 {
            bytes.extend(char::from(value as u8).encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            bytes.push(value as u8);
        }
        Ok(())
    }
}

fn atom(text: &str) -> String {
    format!("{{\"atom\":{}}}", serde_json::to_string(text).expect("text is JSON"))
}
