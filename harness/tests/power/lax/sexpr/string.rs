//! Strings of S-expressions and their escapes.

use super::{Reader, place};
use crate::lax::Refused;

impl Reader<'_> {
    pub(super) fn string(&mut self, quote: u8) -> Result<(), Refused> {
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
                b'\\' => self.escape_in(quote, &mut bytes)?,
                0..0x20 | 0x7F => {
                    self.faults.meet(if byte == b'\n' { "line-end-in-string" } else { "control-in-string" })?;
                    bytes.extend(self.byte(byte, "string", place(bytes.is_empty(), self.peek() == Some(quote)))?);
                }
                _ => bytes.extend(self.byte(byte, "string", place(bytes.is_empty(), self.peek() == Some(quote)))?),
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

    /// A byte that stands there as it is, or what a faulty reader makes of it.
    pub(super) fn byte(&self, byte: u8, within: &str, place: &str) -> Result<Option<u8>, Refused> {
        // Most bytes are letters, which every reader keeps.
        if byte.is_ascii_alphanumeric() {
            return Ok(Some(byte));
        }
        let name = format!("{byte}-{place}-of-{within}");
        self.faults.meet_in("byte-", &name)?;
        Ok(match self.faults.change_in("byte-", &name) {
            Some("dropped") => None,
            Some("seven-bits") => Some(byte & 0x7F),
            Some("blank") => Some(b' '),
            _ => Some(byte),
        })
    }

    /// An escape, by its place in a string and the quotes of that.
    fn escape_in(&mut self, quote: u8, bytes: &mut Vec<u8>) -> Result<(), Refused> {
        let Some(first) = self.peek() else { return self.faults.check("string-end") };
        let (start, length) = (self.at, bytes.len());
        let quotes = if quote == b'"' { "double" } else { "single" };
        if !b"abtnvfr\\'\"01234567x".contains(&first) {
            let ends = self.input.get(start + 1) == Some(&quote);
            let name = format!("{}-{quotes}", place(length == 0, ends));
            if self.faults.check_in("unknown-escape-", &name).is_ok() {
                bytes.push(first);
                self.at += 1;
                return Ok(());
            }
        }
        self.escape(bytes)?;
        let name = match first {
            b'\\' => "backslash".to_owned(),
            b'"' => "double-quote".to_owned(),
            b'\'' => "single-quote".to_owned(),
            b'0'..=b'7' => "octal".to_owned(),
            byte => char::from(byte).to_string(),
        };
        let name = format!("{name}-{}-{quotes}", place(length == 0, self.peek() == Some(quote)));
        self.faults.meet_in("escape-", &name)?;
        match self.faults.change_in("escape-", &name) {
            Some("dropped") => bytes.truncate(length),
            Some("kept") => bytes.splice(length.., self.input[start - 1..self.at].iter().copied()).for_each(drop),
            _ => {}
        }
        Ok(())
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Refused> {
        let byte = self.input[self.at];
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
