//! XML 1.0 as far as XML-RPC needs it, into a tree. Any DOCTYPE is refused, as a reader may.

use super::encoding::{decode, line_ends};
use super::reference::reference;
use super::{Faults, Refused};

/// An element with all that stands in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Whether its name is in the namespace of Apache's types; the name is then without its prefix.
    pub(crate) is_apache: bool,
    /// Whether it is written as an empty-element tag.
    pub(crate) is_empty: bool,
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

/// An open element, its name as it is written, and the namespaces that it declares.
type Open<'a> = (Element, &'a str, Vec<(String, String)>);

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

/// The characters of XML (production 2).
pub(crate) fn is_char(c: char) -> bool {
    c >= ' ' && c != '\u{FFFE}' && c != '\u{FFFF}' || matches!(c, '\t' | '\n' | '\r')
}

/// White space (production 3).
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// White space alone.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// What may begin a name (production 4).
pub(crate) fn starts_name(c: char) -> bool {
    c == ':' || c == '_' || c.is_ascii_alphabetic() || c > '\u{BF}' && !matches!(c, '×' | '÷' | '\u{2000}'..'\u{2070}')
}

/// What may stand in a name (production 4a).
pub(crate) fn is_in_name(c: char) -> bool {
    starts_name(c) || c == '-' || c == '.' || c.is_ascii_digit() || c == '\u{B7}'
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
        let mut open: Vec<Open<'a>> = Vec::new();
        // Where the elements stand whose content is lost.
        let mut lost: Vec<usize> = Vec::new();
        loop {
            let rest = self.rest();
            let mut closed = if rest.starts_with("</") {
                self.at += 2;
                let name = self.name()?;
                if self.spaces() {
                    self.faults.meet("end-tag-space")?;
                    self.faults.meet_in("end-tag-space-in-", name)?;
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
                let before = self.at;
                let (attributes, is_empty) = self.attributes()?;
                if !attributes.is_empty() {
                    lost.extend(self.faults.change_in("attribute-on-", name).map(|_| open.len()));
                } else if self.text[before..self.at].starts_with(is_space) {
                    self.faults.meet_in("start-tag-space-in-", name)?;
                }
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
                    || !prefix.is_empty() && self.faults.has("namespace", "any");
                let element = &mut open.last_mut().expect("pushed above").0;
                element.is_apache = is_apache;
                let is_bare = is_apache || !prefix.is_empty() && self.faults.has("names", "without-prefix");
                element.name = if is_bare { local } else { name }.to_owned();
                if !is_empty {
                    continue;
                }
                self.faults.meet("empty-element")?;
                self.faults.meet_in("empty-element-", name)?;
                Element { is_empty: true, ..open.pop().expect("pushed above").0 }
            } else {
                self.characters(&mut open)?;
                continue;
            };
            if lost.last() == Some(&open.len()) {
                lost.pop();
                closed.children.clear();
            }
            match open.last_mut() {
                Some((parent, _, _)) => parent.children.push(Node::Element(closed)),
                None => return Ok(closed),
            }
        }
    }

    fn add(&self, open: &mut [Open<'a>], node: Node) -> Result<(), Refused> {
        open.last_mut().ok_or(Refused)?.0.children.push(node);
        Ok(())
    }

    /// Text up to the next tag.
    fn characters(&mut self, open: &mut [Open<'a>]) -> Result<(), Refused> {
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
