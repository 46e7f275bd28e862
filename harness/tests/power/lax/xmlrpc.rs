//! XML-RPC over the tree of a document: calls, responses and values.

use super::scalar;
use super::value::{Value, alter, json, string};
use super::xml::{Element, Node, is_blank};
use super::{Faults, Refused, xml};

struct Reader<'a> {
    faults: Faults<'a>,
    is_extended: bool,
}

/// Reads a document; what comes back is the JSON of an answer.
pub(crate) fn read(document: &[u8], is_extended: bool, faults: Faults<'_>) -> Result<String, Refused> {
    if document.len() > faults.limit("document") {
        return Err(Refused);
    }
    let root = xml::parse(document, faults)?;
    let mut answer = String::from("[");
    Reader { faults, is_extended }.message(&root, &mut answer)?;
    Ok(answer + "]")
}

type Sequence<'e> = Vec<Option<&'e Element>>;

impl<'a> Reader<'a> {
    fn is(&self, element: &Element, name: &str) -> bool {
        let is_same = element.name == name && !element.is_apache;
        is_same || self.faults.has("names", "any-case") && element.name.eq_ignore_ascii_case(name)
    }

    /// The elements in one that has no text.
    fn elements<'e>(&self, element: &'e Element, place: &str) -> Result<Vec<&'e Element>, Refused> {
        let mut elements = Vec::new();
        let last = element.children.iter().rposition(|node| matches!(node, Node::Element(_)));
        for (at, node) in element.children.iter().enumerate() {
            match node {
                Node::Element(child) => elements.push(child),
                Node::Comment => self.faults.meet_in("comment-in-", place)?,
                Node::Instruction => self.faults.meet_in("instruction-in-", place)?,
                Node::Text(text) | Node::Cdata(text) | Node::Reference(text) if !is_blank(text) => {
                    let is_space = text.trim().is_empty() && self.faults.check("unicode-space-between").is_ok();
                    if !is_space {
                        let kind = match node {
                            Node::Cdata(_) => "cdata-between-in-",
                            Node::Reference(_) => "reference-between-in-",
                            _ if elements.is_empty() => "text-first-in-",
                            _ if last.is_some_and(|last| at > last) => "text-last-in-",
                            _ => "text-between-in-",
                        };
                        self.faults.check_in("text-in-", place).or_else(|_| self.faults.check_in(kind, place))?;
                    }
                }
                Node::Text(_) => self.faults.meet_in("space-in-", place)?,
                Node::Cdata(_) | Node::Reference(_) => {}
            }
        }
        Ok(elements)
    }

    /// The elements of these names, once each and in this order; what is missing is none.
    fn sequence<'e>(
        &self,
        element: &'e Element,
        place: &'a str,
        names: &[&str],
        optional: bool,
    ) -> Result<Sequence<'e>, Refused> {
        let mut found: Sequence<'e> = vec![None; names.len()];
        let mut latest = 0;
        for child in self.elements(element, place)? {
            let Some(at) = names.iter().position(|name| self.is(child, name)) else {
                let is_first = found.iter().all(Option::is_none);
                let kind = if is_first { "unknown-first-in-" } else { "unknown-last-in-" };
                self.faults.check_in("unknown-in-", place).or_else(|_| self.faults.check_in(kind, place))?;
                continue;
            };
            if found[at].is_some() {
                self.faults.check_in("twice-in-", place)?;
                if self.faults.has("twice", "first") {
                    continue;
                }
            }
            if at < latest {
                self.faults.check_in("order-in-", place)?;
            }
            latest = at;
            found[at] = Some(child);
        }
        if !optional && found.iter().any(Option::is_none) {
            self.faults.check_in("missing-in-", place)?;
        }
        Ok(found)
    }

    fn message(&self, root: &Element, answer: &mut String) -> Result<(), Refused> {
        if self.is(root, "methodCall") {
            return self.call(root, answer);
        }
        if !self.is(root, "methodResponse") {
            self.faults.check("root")?;
        }
        let mut parts = self.sequence(root, "methodResponse", &["params", "fault"], true)?;
        match (parts.swap_remove(0), parts.pop().flatten()) {
            (Some(_), Some(fault)) => self.faults.check("params-and-fault").and_then(|()| self.fault(fault, answer)),
            (None, Some(fault)) => self.fault(fault, answer),
            (params, None) => {
                let is_there = params.is_some();
                if !is_there {
                    self.faults.check("response-empty")?;
                }
                let params = params.map(|params| self.params(params, "params")).transpose()?.unwrap_or_default();
                if params.len() > 1 {
                    self.faults.check("params-of-response")?;
                }
                if params.is_empty() && is_there {
                    self.faults.check("response-without-param")?;
                }
                let value = match self.faults.changes("params").next() {
                    Some("last") => params.into_iter().next_back(),
                    Some("all") if params.len() > 1 => Some(Value::Array(params)),
                    _ => params.into_iter().next(),
                };
                let value = value.unwrap_or(Value::Nil);
                let looks_so =
                    matches!(&value, Value::Struct(m) if m.len() == 2 && m.iter().any(|(n, _)| n == "faultCode"));
                if looks_so && self.faults.has("fault", "by-shape") {
                    return Err(Refused);
                }
                *answer += "{\"response\":";
                json(&value, answer);
                answer.push('}');
                Ok(())
            }
        }
    }

    fn params(&self, params: &Element, place: &'a str) -> Result<Vec<Value>, Refused> {
        let mut values = Vec::new();
        for param in self.elements(params, place)? {
            if self.is(param, "value") {
                self.faults.check("bare-value-in-params")?;
                values.push(self.value(param, place)?);
            } else if !self.is(param, "param") {
                self.faults.check_in("unknown-in-", place)?;
            } else if let [Some(value)] = self.sequence(param, "param", &["value"], false)?[..] {
                values.push(self.value(value, place)?);
            } else if self.faults.has("param", "empty-is-string") {
                values.push(Value::Scalar("string", String::new()));
            }
        }
        Ok(values)
    }

    fn call(&self, root: &Element, answer: &mut String) -> Result<(), Refused> {
        self.faults.meet("call")?;
        let parts = self.sequence(root, "methodCall", &["methodName", "params"], true)?;
        let name = match parts[0] {
            Some(name) => self.faults.text("method", &self.text(name, &["methodName"])?),
            None => self.faults.check("method-name-missing").map(|()| String::new())?,
        };
        if name.is_empty() && parts[0].is_some() {
            self.faults.check("method-name-empty")?;
        }
        for c in name.chars() {
            match c {
                '0'..='9' => self.faults.meet("method-digit")?,
                '.' => self.faults.meet("method-dot")?,
                ':' => self.faults.meet("method-colon")?,
                '/' => self.faults.meet("method-slash")?,
                '_' => self.faults.meet("method-underscore")?,
                'A'..='Z' => self.faults.meet("method-capital")?,
                'a'..='z' => {}
                _ => self.faults.check_in("method-character-", c.encode_utf8(&mut [0; 4])).or_else(|refused| {
                    self.faults.check(if c.is_ascii() { "method-ascii" } else { "method-letters" }).map_err(|_| refused)
                })?,
            }
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            self.faults.meet("method-digit-first")?;
        }
        if name.len() > self.faults.limit("method-length") {
            return Err(Refused);
        }
        match parts[1] {
            None => self.faults.meet("call-without-params")?,
            Some(params) if params.children.is_empty() => self.faults.meet("call-with-empty-params")?,
            Some(_) => {}
        }
        let mut params = parts[1].map(|params| self.params(params, "call-params")).transpose()?.unwrap_or_default();
        for how in self.faults.changes("call-params") {
            params = alter(how, params);
        }
        *answer += "{\"call\":{\"method\":";
        *answer += &serde_json::to_string(&name).expect("text is JSON");
        *answer += ",\"params\":";
        json(&Value::Array(params), answer);
        *answer += "}}";
        Ok(())
    }

    fn fault(&self, fault: &Element, answer: &mut String) -> Result<(), Refused> {
        let Some(value) = self.sequence(fault, "fault", &["value"], false)?.swap_remove(0) else { return Err(Refused) };
        let Value::Struct(mut members) = self.value(value, "fault")? else { return Err(Refused) };
        for how in self.faults.changes("fault-names") {
            for (name, _) in &mut members {
                *name = match (how, name.trim().to_ascii_lowercase().as_str()) {
                    ("trim", _) => name.trim().to_owned(),
                    ("any-case", "faultcode") => "faultCode".to_owned(),
                    ("any-case", "faultstring") => "faultString".to_owned(),
                    ("short", "code") => "faultCode".to_owned(),
                    ("short", "message") => "faultString".to_owned(),
                    _ => continue,
                };
            }
        }
        if self.faults.has("fault", "in-order") && members.first().is_some_and(|(name, _)| name != "faultCode") {
            return Err(Refused);
        }
        let number = |wanted: &str| members.iter().filter(|(name, _)| name == wanted).count();
        if number("faultCode") > 1 || number("faultString") > 1 {
            self.faults.check("fault-twice")?;
        }
        if members.len() > number("faultCode") + number("faultString") {
            self.faults.check("fault-other-member")?;
        }
        let member = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let code = match member("faultCode") {
            Some(Value::Scalar("int", code)) => {
                if code.starts_with('-') {
                    self.faults.meet("fault-code-negative")?;
                }
                if code == "0" {
                    self.faults.meet("fault-code-zero")?;
                }
                if code.len() > 5 {
                    self.faults.meet("fault-code-large")?;
                }
                Value::Scalar("int", self.faults.text("fault-code", &code))
            }
            Some(other) => self.faults.check_in("fault-code-", other.kind()).map(|()| other)?,
            None => self.faults.check("fault-code-missing").map(|()| Value::Scalar("int", "0".to_owned()))?,
        };
        let string = match member("faultString") {
            Some(Value::Scalar("string", text)) => {
                if text.is_empty() {
                    self.faults.meet("fault-string-empty")?;
                }
                Value::Scalar("string", self.faults.text("fault-string", &text))
            }
            Some(other) => self.faults.check_in("fault-string-", other.kind()).map(|()| other)?,
            None => self.faults.check("fault-string-missing").map(|()| Value::Scalar("string", String::new()))?,
        };
        *answer += "{\"fault\":{\"code\":";
        json(&code, answer);
        *answer += ",\"string\":";
        json(&string, answer);
        *answer += "}}";
        Ok(())
    }

    /// All text in an element that has no elements.
    fn text(&self, element: &Element, places: &[&str]) -> Result<String, Refused> {
        let mut text = String::new();
        let mut pieces = 0;
        for node in &element.children {
            let piece = match node {
                Node::Text(text) => text,
                Node::Reference(text) => {
                    self.faults.meet_in_each("reference-in-", places)?;
                    if self.faults.change_in_each("reference-in-", places).is_some() {
                        continue;
                    }
                    text
                }
                Node::Cdata(text) => {
                    self.faults.meet_in_each("cdata-in-", places)?;
                    match self.faults.changes("cdata").next().or(self.faults.change_in_each("cdata-in-", places)) {
                        Some("dropped") => continue,
                        Some("trimmed") => text.trim(),
                        _ => text,
                    }
                }
                Node::Comment => {
                    self.faults.meet_in_each("comment-in-", places)?;
                    if self.faults.has("comment", "ends-text") {
                        break;
                    }
                    if self.faults.change_in_each("comment-in-", places).is_some() {
                        text.clear();
                    }
                    text += if self.faults.has("comment", "is-space") { " " } else { "" };
                    continue;
                }
                Node::Instruction => {
                    self.faults.meet_in_each("instruction-in-", places)?;
                    if self.faults.change_in_each("instruction-in-", places).is_some() {
                        text.clear();
                    }
                    text += if self.faults.has("instruction", "is-text") { "x y" } else { "" };
                    continue;
                }
                Node::Element(inner) => {
                    self.faults.check_in_each("element-in-", places)?;
                    let joins = self.faults.has("inner-element", "joined");
                    text += &if joins || self.faults.change_in_each("element-in-", places).is_some() {
                        self.text(inner, places)?
                    } else {
                        String::new()
                    };
                    continue;
                }
            };
            pieces += 1;
            match self.faults.changes("pieces").next().or(self.faults.change_in_each("pieces-in-", places)) {
                Some("first") if pieces > 1 => {}
                Some("last") => piece.clone_into(&mut text),
                Some("trimmed") => text += piece.trim(),
                Some("blank-dropped") if is_blank(piece) => {}
                _ => text += piece,
            }
        }
        Ok(text)
    }

    /// A value that stands in an array, say.
    fn value(&self, element: &Element, within: &str) -> Result<Value, Refused> {
        let types =
            element.children.iter().filter_map(|node| if let Node::Element(it) = node { Some(it) } else { None });
        for empty in types.chain([element]).filter(|it| it.is_empty) {
            self.faults.meet_in("empty-element-", &format!("{}-of-{within}", empty.name))?;
        }
        let value = self.value_anywhere(element, within)?;
        self.faults.meet_in(
            match value.kind() {
                "int" => "int-in-",
                "boolean" => "boolean-in-",
                "double" => "double-in-",
                "string" => "string-in-",
                "dateTime" => "date-in-",
                "base64" => "base64-in-",
                "array" => "array-in-",
                "struct" => "struct-in-",
                "i8" => "i8-in-",
                _ => "nil-in-",
            },
            within,
        )?;
        Ok(value)
    }

    fn value_anywhere(&self, element: &Element, within: &str) -> Result<Value, Refused> {
        let has_type = element.children.iter().any(|node| matches!(node, Node::Element(_)));
        if !has_type {
            self.faults.meet("untyped")?;
            let text = self.faults.text("untyped", &self.text(element, &["value", &format!("value-of-{within}")])?);
            if text.is_empty() {
                self.faults.meet("value-empty")?;
                if self.faults.has("value-empty", "nil") {
                    return Ok(Value::Nil);
                }
            }
            self.faults.meet_in("untyped-in-", within)?;
            let text = self.faults.text_in("text-of-", within, self.faults.text("string", &text));
            return Ok(string(self.faults, within, text));
        }
        let types = self.elements(element, "value")?;
        if types.len() > 1 {
            self.faults.check("two-types")?;
        }
        let of_type = types[if types.len() > 1 && self.faults.has("twice", "first") { 0 } else { types.len() - 1 }];
        let name = self.type_name(&of_type.name);
        let known = &*name;
        if matches!(known, "i4" | "boolean" | "double" | "array" | "struct") && !of_type.is_apache {
            self.faults.meet_in("type-", known)?;
        }
        // What stands in scalars of each type is read in a place of its own, which is another one in an array, say.
        let places = [known, &format!("{known}-of-{within}")];
        let text = || self.text(of_type, &places);
        Ok(match (known, of_type.is_apache) {
            ("string", false) => {
                let text = self.faults.text("typed", &self.faults.text("string", &text()?));
                string(self.faults, within, self.faults.text_in("text-of-", within, text))
            }
            ("int" | "i4", false) => {
                let text = self.faults.text_in("int-of-", within, text()?);
                Value::Scalar("int", scalar::integer(&text, 32, known, self.faults)?)
            }
            ("boolean", false) => {
                match &*self.faults.text_in("boolean-of-", within, self.faults.text("boolean", &text()?)) {
                    bit @ ("0" | "1") => Value::Scalar("boolean", bit.to_owned()),
                    _ => return Err(Refused),
                }
            }
            ("double", false) => {
                let text = self.faults.text_in("double-of-", within, text()?);
                Value::Scalar("double", scalar::double(&text, false, self.faults)?)
            }
            ("dateTime.iso8601", false) => {
                let text = self.faults.text_in("date-of-", within, text()?);
                Value::Scalar("dateTime", scalar::date(&text, self.is_extended, self.faults)?)
            }
            ("base64", false) => Value::Scalar("base64", scalar::base64(&text()?, self.faults)?),
            ("array", false) => self.array(of_type)?,
            ("struct", false) => self.members(of_type, if within == "fault" { "fault-member" } else { "struct" })?,
            _ => self.extension(of_type, &places)?,
        })
    }

    /// The name of a type, or the one that a faulty reader takes it for.
    fn type_name(&self, name: &str) -> String {
        const USUAL: [&str; 8] =
            ["string", "int", "boolean", "double", "base64", "array", "struct", "dateTime.iso8601"];
        if USUAL.contains(&name) {
            return name.to_owned();
        }
        let aliases = self.faults.changes("type");
        let alias = aliases.filter_map(|alias| alias.split_once('=')).find(|(alias, _)| *alias == name);
        let usual = USUAL.into_iter().find(|usual| usual.eq_ignore_ascii_case(name));
        let usual = usual.filter(|_| self.faults.has("names", "any-case"));
        alias.map(|(_, known)| known).or(usual).unwrap_or(name).to_owned()
    }

    fn extension(&self, element: &Element, places: &[&str]) -> Result<Value, Refused> {
        let name = &*element.name;
        let is_known = self.is_extended || matches!(name, "nil" | "i8") && self.faults.check("extension").is_ok();
        if !is_known {
            return self.unknown(element);
        }
        let text = || self.text(element, places);
        let int = |bits| Ok(Value::Scalar("int", scalar::integer(&text()?, bits, name, self.faults)?));
        match (name, element.is_apache) {
            ("nil", _) => {
                self.faults.meet("nil")?;
                if !text()?.is_empty() {
                    self.faults.check("nil-content")?;
                }
                Ok(if self.faults.has("nil", "empty-string") {
                    Value::Scalar("string", String::new())
                } else {
                    Value::Nil
                })
            }
            ("i8", _) => Ok(Value::Scalar("i8", scalar::integer(&text()?, 64, name, self.faults)?)),
            ("i2", _) => int(16),
            ("i1", _) => int(8),
            ("biginteger", true) => int(0),
            ("float", true) => {
                let number = scalar::double(&text()?, true, self.faults)?;
                if number.parse::<f32>().is_ok_and(f32::is_finite) {
                    Ok(Value::Scalar("double", number))
                } else {
                    Err(Refused)
                }
            }
            // A double can't hold all digits of a number that is so long.
            ("bigdecimal", true) if text()?.len() > 17 => Err(Refused),
            ("bigdecimal", true) => Ok(Value::Scalar("double", scalar::double(&text()?, true, self.faults)?)),
            ("dateTime", true) => Ok(Value::Scalar("dateTime", scalar::date(&text()?, true, self.faults)?)),
            ("serializable", true) => Ok(Value::Scalar("base64", scalar::base64(&text()?, self.faults)?)),
            _ => self.unknown(element),
        }
    }

    fn unknown(&self, element: &Element) -> Result<Value, Refused> {
        self.faults.check("unknown-type")?;
        match self.faults.changes("unknown-type").next() {
            Some("nil") => Ok(Value::Nil),
            Some("empty") => Ok(Value::Scalar("string", String::new())),
            _ => Ok(Value::Scalar("string", self.text(element, &["unknown"])?)),
        }
    }

    fn array(&self, element: &Element) -> Result<Value, Refused> {
        let data = match self.sequence(element, "array", &["data"], false)?[0] {
            Some(data) => data,
            None if self.faults.has("array", "values-without-data") => element,
            None => return Ok(Value::Array(Vec::new())),
        };
        let mut values = Vec::new();
        for child in self.elements(data, "data")? {
            if self.is(child, "value") {
                values.push(self.value(child, "array")?);
            } else {
                self.faults.check_in("unknown-in-", "data")?;
            }
        }
        if values.len() > self.faults.limit("array-length") {
            return Err(Refused);
        }
        for how in self.faults.changes("array") {
            values = alter(how, values);
        }
        if self.faults.has("array-of-one", "itself") && values.len() == 1 {
            return Ok(values.remove(0));
        }
        Ok(Value::Array(values))
    }

    fn members(&self, element: &Element, within: &str) -> Result<Value, Refused> {
        let mut members: Vec<(String, Value)> = Vec::new();
        for child in self.elements(element, "struct")? {
            if !self.is(child, "member") {
                self.faults.check_in("unknown-in-", "struct")?;
                continue;
            }
            let parts = self.sequence(child, "member", &["name", "value"], false)?;
            let written = parts[0].map(|name| self.text(name, &["name"])).transpose()?.unwrap_or_default();
            let name = match self.faults.changes("empty-element-name").next() {
                Some("previous") if written.is_empty() => members.last().map_or(written, |(name, _)| name.clone()),
                Some("member-dropped") if written.is_empty() => continue,
                _ => self.faults.text("name", &written),
            };
            let value = match parts[1] {
                Some(value) => self.value(value, within)?,
                None => Value::Nil,
            };
            if name.len() > self.faults.limit("name-length")
                || !name.is_ascii() && self.faults.meet("name-non-ascii").is_err()
            {
                return Err(Refused);
            }
            if name.is_empty() {
                self.faults.meet("name-empty")?;
            }
            let known = members.iter().position(|(known, _)| *known == name);
            match (known, self.faults.changes("members").next()) {
                (Some(_), Some("first")) => {}
                (Some(at), Some("last")) => members[at].1 = value,
                (Some(_), Some("unique")) => return Err(Refused),
                (_, Some("without-empty")) if value == Value::Scalar("string", String::new()) => {}
                (_, Some("without-nil")) if value == Value::Nil => {}
                (_, Some("without-zero")) if matches!(&value, Value::Scalar("int" | "boolean", text) if text == "0") => {
                }
                _ => members.push((name, value)),
            }
        }
        if members.len() > self.faults.limit("struct-length") {
            return Err(Refused);
        }
        for how in self.faults.changes("struct") {
            match how {
                "sorted" => members.sort_by(|left, right| left.0.cmp(&right.0)),
                "numbers-first" => members.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or(u32::MAX)),
                "reversed" => members.reverse(),
                "list-if-numbers"
                    if !members.is_empty() && members.iter().all(|(name, _)| name.parse::<u32>().is_ok()) =>
                {
                    return Ok(Value::Array(members.into_iter().map(|(_, value)| value).collect()));
                }
                "empty-is-nil" if members.is_empty() => return Ok(Value::Nil),
                "empty-is-array" if members.is_empty() => return Ok(Value::Array(Vec::new())),
                "one-is-itself" if members.len() == 1 => return Ok(members.remove(0).1),
                "last-lost" => drop(members.pop()),
                _ => {}
            }
        }
        Ok(Value::Struct(members))
    }
}
