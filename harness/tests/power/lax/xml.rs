//! XML 1.0 as far as XML-RPC needs it, into a tree. Any DOCTYPE is refused, as a reader may.

use super::{Faults, Refused};

/// An element with all that stands in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Whether its name is in the namespace of Apache's types; the name is then without its prefix.
    pub(crate) is_apache: bool,
    pub(crate) children: Vec<Node>,
}

/// What stands in an element.
#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
    Cdata(String),
    /// What a reference stands for.
    Reference(String),
    Comment,
    Instruction,
}

const APACHE: &str = "http://ws.apache.org/xmlrpc/namespaces/extensions";

/// Deeper documents are refused, so that nobody's stack is at risk.
const DEEPEST: usize = 2_000;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    faults: Faults<'a>,
}

/// Reads a document; its root element comes back.
pub(crate) fn parse(document: &[u8], faults: Faults<'_>) -> Result<Element, Refused> {
    let text = line_ends(&decode(document, faults)?, faults);
    if text.chars().any(|c| !is_char(c)) {
        for c in text.chars().filter(|&c| !is_char(c)) {
            faults.check(if c == '\0' {
                "raw-nul"
            } else if c < ' ' {
                "raw-control"
            } else {
                "raw-noncharacter"
            })?;
        }
    }
    if text.contains('\u{7F}') || text.chars().any(|c| ('\u{80}'..'\u{A0}').contains(&c)) {
        faults.meet("c1-controls")?;
    }
    if text.chars().any(|c| c > '\u{FFFF}') {
        faults.meet("astral-characters")?;
    }
    Parser { text: &text, at: 0, faults }.document()
}

fn line_ends(text: &str, faults: Faults<'_>) -> String {
    if !text.contains('\r') || faults.has("line-ends", "kept") {
        return text.to_owned();
    }
    let text = text.replace("\r\n", "\n");
    if faults.has("line-ends", "lone-cr-kept") {
        text
    } else {
        text.replace('\r', if faults.has("line-ends", "lone-cr-dropped") { "" } else { "\n" })
    }
}

/// The characters of XML (production 2).
fn is_char(c: char) -> bool {
    c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}' || matches!(c, '\t' | '\n' | '\r')
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// White space alone.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

fn starts_name(c: char) -> bool {
    c == ':' || c == '_' || c.is_ascii_alphabetic() || c > '\u{BF}' && !matches!(c, '×' | '÷' | '\u{2000}'..'\u{2070}')
}

fn is_in_name(c: char) -> bool {
    starts_name(c) || c == '-' || c == '.' || c.is_ascii_digit() || c == '\u{B7}'
}

/// From bytes to characters, by the byte order mark, the first characters and the declared encoding.
fn decode(document: &[u8], faults: Faults<'_>) -> Result<String, Refused> {
    let is_little = match document {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Some(true),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Some(false),
        _ => None,
    };
    if let Some(is_little) = is_little {
        faults.meet("utf-16")?;
        if !document.len().is_multiple_of(2) {
            return Err(Refused);
        }
        let unit = |pair: &[u8]| if is_little { [pair[0], pair[1]] } else { [pair[1], pair[0]] };
        let units: Vec<u16> = document.chunks(2).map(|pair| u16::from_le_bytes(unit(pair))).collect();
        let text = String::from_utf16(&units).map_err(|_| Refused)?;
        let own = if is_little { "utf-16le" } else { "utf-16be" };
        return match &*label(&text).unwrap_or_else(|| own.to_owned()) {
            label if label == "utf-16" || label == own => Ok(text.trim_start_matches('\u{FEFF}').to_owned()),
            _ => Err(Refused),
        };
    }
    let body = document.strip_prefix(b"\xEF\xBB\xBF");
    if body.is_some() {
        faults.meet("byte-order-mark")?;
    }
    let bytes = body.unwrap_or(document);
    let declared = label(&String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    let latin = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
    let declared =
        declared.as_deref().map(|label| if faults.check("encoding-name").is_ok() { label.trim() } else { label });
    match declared {
        None | Some("utf-8") if !faults.has("encoding", "latin-1-always") => match str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if faults.has("encoding", "latin-1-if-not-utf-8") => Ok(latin(bytes)),
            Err(_) => faults.check("utf-8").map(|()| String::from_utf8_lossy(bytes).into_owned()),
        },
        Some("iso-8859-1") if faults.has("encoding", "label-ignored") => {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
        Some("iso-8859-1") if body.is_none() => {
            faults.meet("latin-1")?;
            Ok(latin(bytes))
        }
        Some("us-ascii") if bytes.is_ascii() => faults.meet("us-ascii").map(|()| latin(bytes)),
        Some("us-ascii") => faults.check("us-ascii-8-bit").map(|()| latin(bytes)),
        None | Some("utf-8") => Ok(latin(bytes)),
        Some(_) => faults.check("unknown-encoding").map(|()| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// The encoding that a declaration names, in lower case.
fn label(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{FEFF}');
    let declaration = text.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value[1..].split(quote).next()?.to_ascii_lowercase())
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, literal: &str) -> bool {
        let found = self.rest().starts_with(literal);
        self.at += if found { literal.len() } else { 0 };
        found
    }

    fn spaces(&mut self) -> bool {
        let length = self.rest().find(|c| !is_space(c)).unwrap_or(self.rest().len());
        self.at += length;
        length > 0
    }

    /// What stands up to the literal, which is passed over.
    fn until(&mut self, literal: &str) -> Result<&'a str, Refused> {
        let found = self.rest().split_once(literal).ok_or(Refused)?.0;
        self.at += found.len() + literal.len();
        Ok(found)
    }

    fn name(&mut self) -> Result<&'a str, Refused> {
        let rest = self.rest();
        if !rest.starts_with(starts_name) {
            self.faults.check("name-start")?;
        }
        let length = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
        self.at += length;
        if length == 0 { Err(Refused) } else { Ok(&rest[..length]) }
    }

    fn document(&mut self) -> Result<Element, Refused> {
        if self.rest().starts_with("<?xml") && !self.rest()[5..].starts_with(is_in_name) {
            self.declaration()?;
        } else {
            self.faults.meet("no-declaration")?;
        }
        self.miscellany("before", "text-before-root")?;
        let root = self.tree()?;
        self.miscellany("behind", "text-behind-root")?;
        if !self.rest().is_empty() {
            self.faults.check("second-root")?;
        }
        Ok(root)
    }

    fn declaration(&mut self) -> Result<(), Refused> {
        self.at += 5;
        if self.faults.has("declaration", "unread") {
            return self.until("?>").map(|_| ());
        }
        let mut parts = Vec::new();
        loop {
            let has_space = self.spaces();
            if self.skip("?>") {
                break;
            }
            if !has_space {
                self.faults.check("declaration-space")?;
            }
            let name = self.name()?;
            if self.spaces() {
                self.faults.meet("declaration-space-around-equals")?;
            }
            if !self.skip("=") {
                return Err(Refused);
            }
            self.spaces();
            let quote = if self.skip("\"") {
                "\""
            } else if self.skip("'") {
                "'"
            } else {
                return Err(Refused);
            };
            if quote == "'" {
                self.faults.meet("declaration-single-quotes")?;
            }
            parts.push((name, self.until(quote)?));
        }
        let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
        let order = ["version", "encoding", "standalone"];
        let places: Vec<_> = names.iter().map(|name| order.iter().position(|known| known == name)).collect();
        if places.contains(&None) {
            self.faults.check("declaration-part")?;
        }
        if names.first() != Some(&"version") {
            self.faults.check("declaration-version-missing")?;
        }
        if !places.iter().flatten().is_sorted_by(|left, right| left < right) {
            self.faults.check("declaration-order")?;
        }
        for (name, value) in parts {
            match name {
                "version" => {
                    let digits = value.strip_prefix("1.").unwrap_or_default();
                    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                        self.faults.check("declaration-version")?;
                    }
                }
                "standalone" => {
                    self.faults.meet("standalone")?;
                    if value != "yes" && value != "no" {
                        self.faults.check("standalone-word")?;
                    }
                }
                "encoding" => {
                    let is_label = value.starts_with(|c: char| c.is_ascii_alphabetic())
                        && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
                    if !is_label {
                        self.faults.check("encoding-name")?;
                    }
                    if value.starts_with(|c: char| c.is_ascii_lowercase()) {
                        self.faults.meet("encoding-lower-case")?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Comments, instructions and white space outside the root element.
    fn miscellany(&mut self, place: &str, text: &str) -> Result<(), Refused> {
        loop {
            if self.spaces() {
                self.faults.meet_in("space-", place)?;
            }
            if self.rest().is_empty() {
                return Ok(());
            } else if self.rest().starts_with("<!--") {
                self.faults.meet_in("comment-", place)?;
                self.comment()?;
            } else if self.rest().starts_with("<?") {
                self.faults.meet_in("instruction-", place)?;
                self.instruction()?;
            } else if self.rest().starts_with("<!DOCTYPE") {
                self.doctype()?;
            } else if self.rest().starts_with('<') && !self.rest().starts_with("<!") && place == "before" {
                return Ok(());
            } else if self.rest().starts_with('<') {
                return self.faults.check("second-root").map(|()| self.at = self.text.len());
            } else {
                self.faults.check(text)?;
                self.at += self.rest().find('<').unwrap_or(self.rest().len());
            }
        }
    }

    /// A reader that reads on passes over a DOCTYPE as far as its last bracket.
    fn doctype(&mut self) -> Result<(), Refused> {
        self.faults.check("doctype")?;
        let end = self.rest().find("]>").map(|at| at + 2).or(self.rest().find('>').map(|at| at + 1));
        self.at += end.ok_or(Refused)?;
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Refused> {
        self.at += 4;
        if self.faults.has("comment", "ends-at-greater-than") {
            return self.until(">").map(|_| ());
        }
        let inside = self.until("-->")?;
        if inside.contains("--") || inside.ends_with('-') {
            self.faults.check("comment-hyphens")?;
        }
        if inside.is_empty() {
            self.faults.meet("comment-empty")?;
        }
        if inside.contains('<') {
            self.faults.meet("comment-markup")?;
        }
        if inside.contains('&') {
            self.faults.meet("comment-ampersand")?;
        }
        if inside.len() > self.faults.limit("comment-length") { Err(Refused) } else { Ok(()) }
    }

    fn instruction(&mut self) -> Result<(), Refused> {
        self.at += 2;
        let inside = self.until("?>")?;
        let target = inside.split(is_space).next().unwrap_or_default();
        if !target.starts_with(starts_name) || !target.chars().all(is_in_name) {
            self.faults.check("instruction-name")?;
        }
        if target.eq_ignore_ascii_case("xml") {
            self.faults.check("instruction-xml")?;
        }
        if target.len() > 3 && target.to_ascii_lowercase().starts_with("xml") {
            self.faults.meet("instruction-xml-longer")?;
        }
        if target == inside {
            self.faults.meet("instruction-without-data")?;
        }
        if inside.contains('>') {
            self.faults.meet("instruction-greater-than")?;
        }
        Ok(())
    }

    fn tree(&mut self) -> Result<Element, Refused> {
        // An element with its name as written and the prefixes that it declares.
        let mut open: Vec<(Element, &'a str, Vec<(String, String)>)> = Vec::new();
        loop {
            let rest = self.rest();
            let closed = if rest.starts_with("</") {
                self.at += 2;
                let name = self.name()?;
                if self.spaces() {
                    self.faults.meet("end-tag-space")?;
                }
                if !self.skip(">") {
                    self.faults.check("end-tag-attribute")?;
                    self.until(">")?;
                }
                let Some((element, own, _)) = open.pop() else { return Err(Refused) };
                if name != own && !(self.faults.has("names", "any-case") && name.eq_ignore_ascii_case(own)) {
                    self.faults.check("end-tag-name")?;
                }
                element
            } else if rest.is_empty() {
                self.faults.check("truncated")?;
                let Some((element, _, _)) = open.pop() else { return Err(Refused) };
                element
            } else if rest.starts_with("<![CDATA[") {
                self.at += "<![CDATA[".len();
                let text = self.until("]]>")?;
                self.add(&mut open, Node::Cdata(text.to_owned()))?;
                continue;
            } else if rest.starts_with("<!--") {
                self.comment()?;
                self.add(&mut open, Node::Comment)?;
                continue;
            } else if rest.starts_with("<?") {
                self.instruction()?;
                self.add(&mut open, Node::Instruction)?;
                continue;
            } else if rest.starts_with("<!DOCTYPE") {
                self.doctype()?;
                continue;
            } else if rest.starts_with('<') && !rest[1..].starts_with(is_space) {
                self.at += 1;
                let name = self.name()?;
                let (attributes, is_empty) = self.attributes()?;
                let declares = attributes.into_iter().filter(|(name, _)| name.starts_with("xmlns"));
                let declares =
                    declares.map(|(name, uri)| (name[5..].trim_start_matches(':').to_owned(), uri)).collect();
                open.push((Element::default(), name, declares));
                if open.len() > DEEPEST.min(self.faults.limit("elements-deep")) {
                    return Err(Refused);
                }
                let (prefix, local) = name.split_once(':').unwrap_or(("", name));
                let declared = open.iter().rev().flat_map(|(_, _, declares)| declares.iter().rev());
                let uri = declared.clone().find(|(known, _)| known == prefix).map(|(_, uri)| &**uri);
                let is_apache = uri == Some(APACHE) && !self.faults.has("namespace", "unknown")
                    || prefix == "ex" && self.faults.has("namespace", "by-prefix")
                    || uri.is_some_and(|uri| uri.eq_ignore_ascii_case(APACHE))
                        && self.faults.has("namespace", "any-case")
                    || prefix != "" && self.faults.has("namespace", "any");
                let element = &mut open.last_mut().expect("pushed above").0;
                element.is_apache = is_apache;
                let is_bare = is_apache || self.faults.has("names", "without-prefix");
                element.name = if is_bare { local } else { name }.to_owned();
                if !is_empty {
                    continue;
                }
                self.faults.meet("empty-element")?;
                open.pop().expect("pushed above").0
            } else {
                self.characters(&mut open)?;
                continue;
            };
            match open.last_mut() {
                Some((parent, _, _)) => parent.children.push(Node::Element(closed)),
                None => return Ok(closed),
            }
        }
    }

    fn add(&self, open: &mut [(Element, &'a str, Vec<(String, String)>)], node: Node) -> Result<(), Refused> {
        open.last_mut().ok_or(Refused)?.0.children.push(node);
        Ok(())
    }

    /// Text up to the next tag.
    fn characters(&mut self, open: &mut [(Element, &'a str, Vec<(String, String)>)]) -> Result<(), Refused> {
        let rest = self.rest();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest[first..].find('<').map_or(rest.len(), |at| at + first);
        self.at += length;
        let mut text = &rest[..length];
        if text.starts_with('<') {
            self.faults.check("less-than")?;
        }
        if text.contains("]]>") {
            self.faults.check("cdata-end-in-text")?;
        }
        while let Some((before, behind)) = text.split_once('&') {
            if !before.is_empty() {
                self.add(open, Node::Text(before.to_owned()))?;
            }
            let (what, length) = reference(behind, self.faults)?;
            self.add(open, Node::Reference(what))?;
            text = &behind[length..];
        }
        if text.is_empty() { Ok(()) } else { self.add(open, Node::Text(text.to_owned())) }
    }

    /// The attributes of a start tag, and whether it ends as that of an empty element does.
    fn attributes(&mut self) -> Result<(Vec<(String, String)>, bool), Refused> {
        let mut attributes: Vec<(String, String)> = Vec::new();
        loop {
            let has_space = self.spaces();
            if self.rest().starts_with("/>") || self.rest().starts_with('>') {
                if has_space {
                    self.faults.meet("start-tag-space")?;
                }
                let is_empty = self.skip("/");
                self.at += 1;
                return Ok((attributes, is_empty));
            }
            if !has_space {
                self.faults.check("attribute-space")?;
            }
            let name = self.name()?;
            self.faults.meet("attribute")?;
            self.spaces();
            if !self.skip("=") {
                self.faults.check("attribute-value")?;
                continue;
            }
            self.spaces();
            let value = match self.rest().chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    self.at += 1;
                    self.until(if quote == '"' { "\"" } else { "'" })?
                }
                _ => {
                    self.faults.check("attribute-quotes")?;
                    let length = self.rest().find(|c| is_space(c) || c == '>').ok_or(Refused)?;
                    self.at += length;
                    &self.text[self.at - length..self.at]
                }
            };
            if value.contains('<') {
                self.faults.check("attribute-less-than")?;
            }
            if value.contains('>') {
                self.faults.meet("attribute-greater-than")?;
            }
            let mut decoded = String::new();
            let mut rest = value;
            while let Some((before, behind)) = rest.split_once('&') {
                if self.faults.has("attribute", "references-unread") {
                    break;
                }
                let (what, length) = reference(behind, self.faults)?;
                decoded += before;
                decoded += &what;
                rest = &behind[length..];
            }
            decoded += rest;
            if attributes.iter().any(|(known, _)| known == name) {
                self.faults.check("attribute-twice")?;
            }
            attributes.push((name.to_owned(), decoded));
        }
    }
}

/// What stands for a reference, and how long it is behind its ampersand.
fn reference(text: &str, faults: Faults<'_>) -> Result<(String, usize), Refused> {
    let as_it_is = || Ok(("&".to_owned(), 0));
    let Some((inside, _)) = text.split_once(';').filter(|(inside, _)| inside.len() <= 32) else {
        return faults.check("ampersand").and_then(|()| as_it_is());
    };
    let length = inside.len() + 1;
    let Some(number) = inside.strip_prefix('#') else {
        let found = match inside {
            "lt" => "<",
            "gt" => ">",
            "amp" => "&",
            "apos" => "'",
            "quot" => "\"",
            "nbsp" if faults.has("entities", "of-html") => "\u{A0}",
            "eacute" if faults.has("entities", "of-html") => "é",
            "copy" if faults.has("entities", "of-html") => "©",
            _ if faults.has("entities", "any-case") && inside.eq_ignore_ascii_case("lt") => "<",
            _ if faults.has("entities", "empty") => "",
            _ if inside.starts_with(starts_name) && inside.chars().all(is_in_name) => {
                return faults.check("undefined-entity").and_then(|()| as_it_is());
            }
            _ => return faults.check("ampersand").and_then(|()| as_it_is()),
        };
        faults.meet_in("entity-", inside)?;
        return Ok((found.to_owned(), length));
    };
    let hexadecimal = number.strip_prefix('x');
    let hexadecimal = hexadecimal.or(number.strip_prefix('X').filter(|_| faults.check("reference-capital-x").is_ok()));
    let (digits, radix) = hexadecimal.map_or((number, 10), |digits| (digits, 16));
    let digits = if faults.check("reference-space").is_ok() { digits.trim() } else { digits };
    let digits = if faults.check("reference-sign").is_ok() { digits.trim_start_matches('+') } else { digits };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return faults.check("reference-digits").and_then(|()| as_it_is());
    }
    faults.meet(if radix == 16 { "hexadecimal-reference" } else { "decimal-reference" })?;
    if digits.starts_with('0') {
        faults.meet("reference-leading-zeros")?;
    }
    if digits.chars().any(|c| c.is_ascii_uppercase()) {
        faults.meet("reference-capital-digits")?;
    }
    let code = u128::from_str_radix(digits, radix).unwrap_or(u128::MAX);
    let code = if faults.has("references", "32-bits") { code & 0xFFFF_FFFF } else { code };
    let code = if faults.has("references", "16-bits") { code & 0xFFFF } else { code };
    let code = u32::try_from(code).unwrap_or(u32::MAX);
    let windows = faults.has("references", "windows-1252") && (0x80..0xA0).contains(&code);
    match char::from_u32(if windows { 0x20AC } else { code }) {
        Some('\r') if faults.has("references", "cr-is-lf") => Ok(("\n".to_owned(), length)),
        Some(c) if is_char(c) => Ok((c.to_string(), length)),
        Some(c) => {
            faults.check(if c == '\0' {
                "reference-nul"
            } else if c < ' ' {
                "reference-control"
            } else {
                "reference-noncharacter"
            })?;
            Ok((c.to_string(), length))
        }
        None if code > 0x10_FFFF => faults.check("reference-beyond-unicode").map(|()| ("\u{FFFD}".to_owned(), length)),
        None => faults.check("reference-surrogate").map(|()| ("\u{FFFD}".to_owned(), length)),
    }
}
