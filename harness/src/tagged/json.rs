//! Reading and writing of tagged values as JSON.

use std::fmt;

use data_encoding::BASE64;
use struson::reader::json_path::JsonPathPiece;
use struson::reader::{
    JsonReader, JsonReaderPosition, JsonStreamReader, JsonSyntaxError, ReaderError, ReaderSettings, ValueType,
};

use super::{Node, Tagged};
use crate::Codec;

/// An error in the JSON of an answer. Its text says what was expected, what was found, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Reads a subject's answer, which is a JSON object, key by key.
///
/// The reader does not recurse, and accepts values of any depth.
pub struct AnswerReader<'a> {
    json: JsonStreamReader<&'a [u8]>,
    is_open: bool,
}

impl std::fmt::Debug for AnswerReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerReader").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

impl<'a> AnswerReader<'a> {
    /// Makes a reader for one line.
    pub fn new(line: &'a [u8]) -> Self {
        Self::noting(line, true)
    }

    /// Reads a line, and if it has a mistake reads it once more for the place of the mistake: to know the place takes
    /// as long as the reading itself, and nearly all lines are right.
    ///
    /// # Errors
    /// Returns the error of `read`, with its place.
    pub(crate) fn read<T>(
        line: &'a [u8],
        read: impl Fn(AnswerReader<'a>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        read(Self::noting(line, false)).or_else(|_| read(Self::noting(line, true)))
    }

    fn noting(line: &'a [u8], track_path: bool) -> Self {
        let settings = ReaderSettings { max_nesting_depth: None, track_path, ..ReaderSettings::default() };
        Self { json: JsonStreamReader::new_custom(line, settings), is_open: false }
    }

    /// Returns the next key of the object, or `None` after the last one.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON or not an object.
    pub fn key(&mut self) -> Result<Option<String>, Malformed> {
        if !self.is_open {
            self.json.begin_object()?;
            self.is_open = true;
        }
        if self.json.has_next()? {
            return Ok(Some(self.json.next_name_owned()?));
        }
        self.json.end_object()?;
        Ok(None)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Returns an error if anything but white space follows the object.
    pub fn finish(self) -> Result<(), Malformed> {
        Ok(self.json.consume_trailing_whitespace()?)
    }

    /// Reads the value of a key as a string.
    ///
    /// # Errors
    /// Returns an error if the value is not a string.
    pub fn text(&mut self) -> Result<String, Malformed> {
        Ok(self.json.next_string()?)
    }

    /// Reads the value of a key as a boolean.
    ///
    /// # Errors
    /// Returns an error if the value is not a boolean.
    pub fn flag(&mut self) -> Result<bool, Malformed> {
        Ok(self.json.next_bool()?)
    }

    /// Passes over the value of a key, whatever it is.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        Ok(self.json.skip_value()?)
    }

    /// Reads the value of a key as an array of tagged values.
    ///
    /// # Errors
    /// Returns an error if the value is not an array of tagged values, or if the codec does not have such values.
    pub fn values(&mut self, codec: Codec) -> Result<Tagged, Malformed> {
        ValuesReader { json: &mut self.json, tagged: Tagged::default(), codec, open: Vec::new() }.read()
    }

    /// Makes an error with the given message for the present place.
    pub fn refuse(&self, message: impl fmt::Display) -> Malformed {
        refuse(&self.json, message)
    }
}

/// A container around the present place.
enum Frame {
    /// Inside the items of a list or an array. Its JSON array ends first, and then its object.
    Items(usize),
    /// Inside the members of a struct. Its JSON array ends first, and then its object.
    Members(usize),
    /// After the name of a member of a struct.
    Member(usize),
    /// Inside `{"response": ..}`.
    Response(usize),
    /// Inside `{"fault": {..}}`.
    Fault(usize),
    /// After the key `code` or `string` of a fault.
    FaultMember(usize),
    /// Inside `{"call": {..}}`, with whether its method and its params have been read.
    Call(usize, [bool; 2]),
    /// Inside the params of a call.
    Params,
}

struct ValuesReader<'r, 'a> {
    json: &'r mut JsonStreamReader<&'a [u8]>,
    tagged: Tagged,
    codec: Codec,
    open: Vec<Frame>,
}

impl ValuesReader<'_, '_> {
    fn read(mut self) -> Result<Tagged, Malformed> {
        self.json.begin_array()?;
        while self.json.has_next()? {
            self.value()?;
            while !self.open.is_empty() {
                self.step()?;
            }
        }
        self.json.end_array()?;
        match (self.codec, self.tagged.roots().count()) {
            (Codec::Xmlrpc, 1) | (Codec::Sexpr, _) => Ok(self.tagged),
            (Codec::Xmlrpc, count) => {
                Err(Malformed::new(format!("an XML-RPC document has exactly one value at the top, not {count}")))
            }
        }
    }

    /// Reads the next part of the innermost frame.
    fn step(&mut self) -> Result<(), Malformed> {
        match self.open.pop().expect("checked by the caller") {
            frame @ Frame::Items(_) if self.json.has_next()? => self.value_inside(frame),
            Frame::Items(index) => self.end_array_of(index),
            Frame::Members(index) if self.json.has_next()? => {
                self.json.begin_array()?;
                let name = self.json.next_string()?;
                let member = self.tagged.push(Node::Member(name), 0..0);
                self.open.push(Frame::Members(index));
                self.value_inside(Frame::Member(member))
            }
            Frame::Members(index) => self.end_array_of(index),
            Frame::Member(index) => {
                self.json.end_array()?;
                self.tagged.close(index);
                Ok(())
            }
            Frame::Response(index) => {
                self.json.end_object()?;
                self.tagged.close(index);
                Ok(())
            }
            Frame::Fault(index) if self.json.has_next()? => {
                let name = self.json.next_name_owned()?;
                if !["code", "string"].contains(&&*name) {
                    return Err(refuse(self.json, format!("unknown key `{name}` of a fault, expected code or string")));
                }
                let member = self.tagged.push(Node::Member(name), 0..0);
                self.open.push(Frame::Fault(index));
                self.value_inside(Frame::FaultMember(member))
            }
            Frame::Fault(index) => {
                self.tagged.close(index);
                let mut names: Vec<_> = self.tagged.children(index).map(|at| &self.tagged.entries[at].node).collect();
                names.sort_by_key(|node| matches!(node, Node::Member(name) if name == "string"));
                if !matches!(&names[..], [Node::Member(code), Node::Member(string)] if code == "code" && string == "string")
                {
                    return Err(refuse(self.json, "a fault has one code and one string"));
                }
                self.json.end_object()?;
                Ok(self.json.end_object()?)
            }
            Frame::FaultMember(index) => {
                self.tagged.close(index);
                Ok(())
            }
            Frame::Call(index, had) if self.json.has_next()? => self.call_key(index, had),
            Frame::Call(index, had) => {
                if had != [true, true] {
                    return Err(refuse(self.json, "a call has one method and one list of params"));
                }
                self.tagged.close(index);
                self.json.end_object()?;
                Ok(self.json.end_object()?)
            }
            frame @ Frame::Params if self.json.has_next()? => self.value_inside(frame),
            Frame::Params => Ok(self.json.end_array()?),
        }
    }

    fn call_key(&mut self, index: usize, [had_method, had_params]: [bool; 2]) -> Result<(), Malformed> {
        match self.json.next_name()? {
            "method" if !had_method => {
                self.tagged.entries[index].node = Node::Call(self.json.next_string()?);
                self.open.push(Frame::Call(index, [true, had_params]));
            }
            "params" if !had_params => {
                self.json.begin_array()?;
                self.open.push(Frame::Call(index, [had_method, true]));
                self.open.push(Frame::Params);
            }
            _ => return Err(refuse(self.json, "a call has one method and one list of params, and nothing else")),
        }
        Ok(())
    }

    fn end_array_of(&mut self, index: usize) -> Result<(), Malformed> {
        self.json.end_array()?;
        self.json.end_object()?;
        self.tagged.close(index);
        Ok(())
    }

    fn value_inside(&mut self, frame: Frame) -> Result<(), Malformed> {
        self.open.push(frame);
        self.value()
    }

    /// Reads a scalar, or the beginning of a container.
    fn value(&mut self) -> Result<(), Malformed> {
        self.check_type(
            ValueType::Object,
            match self.codec {
                Codec::Sexpr => "{\"atom\":\"x\"}",
                Codec::Xmlrpc => "{\"int\":\"5\"}",
            },
        )?;
        self.json.begin_object()?;
        let kind = self.json.next_name_owned()?;
        self.check_place(&kind)?;
        if let Some((wanted, example)) = form(&kind) {
            self.check_type(wanted, example)?;
        }
        match &*kind {
            "list" | "array" => {
                self.json.begin_array()?;
                let index = self.tagged.push(if kind == "list" { Node::List } else { Node::Array }, 0..0);
                self.open.push(Frame::Items(index));
            }
            "struct" => {
                self.json.begin_array()?;
                let index = self.tagged.push(Node::Struct, 0..0);
                self.open.push(Frame::Members(index));
            }
            "response" => {
                let index = self.tagged.push(Node::Response, 0..0);
                return self.value_inside(Frame::Response(index));
            }
            "fault" => {
                self.json.begin_object()?;
                let index = self.tagged.push(Node::Fault, 0..0);
                self.open.push(Frame::Fault(index));
            }
            "call" => {
                self.json.begin_object()?;
                let index = self.tagged.push(Node::Call(String::new()), 0..0);
                self.open.push(Frame::Call(index, [false, false]));
            }
            "nil" => {
                if !self.json.next_bool()? {
                    return Err(refuse(self.json, "a nil is written {\"nil\":true}"));
                }
                self.tagged.push(Node::Nil, 0..0);
                self.json.end_object()?;
            }
            _ => {
                let text = self.json.next_string()?;
                let node = scalar(&kind, text).map_err(|message| refuse(self.json, message))?;
                self.tagged.push(node, 0..0);
                self.json.end_object()?;
            }
        }
        Ok(())
    }

    /// Checks the JSON type of the next value; the error shows an example of the right form.
    fn check_type(&mut self, wanted: ValueType, example: &str) -> Result<(), Malformed> {
        // Invalid or incomplete JSON is reported by the code that reads it.
        match self.json.peek() {
            Ok(found) if found != wanted => {
                let (wanted, found) = (name_of(wanted), name_of(found));
                Err(refuse(self.json, format!("expected {wanted} as in {example}, found {found}")))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a value of this kind may stand here. An S-expression consists of atoms and lists. An XML-RPC
    /// document is a response, a fault or a call, and contains none of these.
    fn check_place(&self, kind: &str) -> Result<(), Malformed> {
        if kind == "odd" {
            return Ok(());
        }
        let is_sexpr = ["atom", "atom_base64", "list"].contains(&kind);
        let is_message = ["response", "fault", "call"].contains(&kind);
        let message = match self.codec {
            Codec::Sexpr if !is_sexpr => {
                format!("`{kind}` is not allowed in an S-expression, expected atom, atom_base64 or list")
            }
            Codec::Xmlrpc if is_sexpr => format!("`{kind}` is not allowed in an XML-RPC document"),
            Codec::Xmlrpc if self.open.is_empty() && !is_message => {
                format!("`{kind}` is not allowed at the top of an XML-RPC document, expected response, fault or call")
            }
            Codec::Xmlrpc if !self.open.is_empty() && is_message => {
                format!("`{kind}` is only allowed at the top of an XML-RPC document")
            }
            _ => return Ok(()),
        };
        Err(refuse(self.json, message))
    }
}

/// Returns the JSON type of a kind of value and an example; `None` for a response, whose value may have any type, and
/// for an unknown kind.
fn form(kind: &str) -> Option<(ValueType, &'static str)> {
    Some(match kind {
        "list" => (ValueType::Array, r#"{"list":[VALUE]}"#),
        "array" => (ValueType::Array, r#"{"array":[VALUE]}"#),
        "struct" => (ValueType::Array, r#"{"struct":[["name",VALUE]]}"#),
        "fault" => (ValueType::Object, r#"{"fault":{"code":{"int":"4"},"string":{"string":"x"}}}"#),
        "call" => (ValueType::Object, r#"{"call":{"method":"m","params":[VALUE]}}"#),
        "nil" => (ValueType::Boolean, r#"{"nil":true}"#),
        "boolean" => (ValueType::String, r#"{"boolean":"1"}"#),
        "double" => (ValueType::String, r#"{"double":"1.5"}"#),
        "int" | "i8" => (ValueType::String, r#"{"int":"5"}"#),
        "atom" | "atom_base64" => (ValueType::String, r#"{"atom":"x"}"#),
        "odd" => (ValueType::String, r#"{"odd":"boolean 2"}"#),
        "string" | "dateTime" | "base64" => (ValueType::String, r#"{"string":"x"}"#),
        _ => return None,
    })
}

fn scalar(kind: &str, text: String) -> Result<Node, String> {
    Ok(match kind {
        "atom" => Node::Atom(text.into_bytes()),
        "atom_base64" => Node::Atom(base64(&text)?),
        // What a library gave may lie outside the range of its type: that is judged, and is not a mistake of the
        // answer.
        "int" => integer(&text).map_or_else(|| odd(kind, &text), Node::Int),
        "i8" => integer(&text).map_or_else(|| odd(kind, &text), Node::I8),
        "boolean" => match &*text {
            "0" => Node::Boolean(false),
            "1" => Node::Boolean(true),
            _ => odd(kind, &text),
        },
        "string" => Node::String(text),
        "double" => match text.parse::<f64>() {
            Ok(_) => Node::Double(text),
            Err(_) => odd(kind, &text),
        },
        "odd" => Node::Odd(text),
        "dateTime" => Node::DateTime(text),
        "base64" => Node::Base64(base64(&text)?),
        _ => {
            return Err(format!(
                "unknown type `{kind}`, expected one of atom, atom_base64, list, int, i8, boolean, string, double, \
                 dateTime, base64, array, struct, nil, odd, response, fault, call"
            ));
        }
    })
}

/// Makes the node for a text that a type does not have, such as the boolean `2`.
fn odd(kind: &str, text: &str) -> Node {
    Node::Odd(format!("{kind} {text}"))
}

/// Converts a decimal integer of any size to its canonical form: no plus sign, no leading zeros, no negative zero.
/// Returns `None` for a text that is not an integer.
fn integer(text: &str) -> Option<String> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits if is_negative => format!("-{digits}"),
        digits => digits.to_owned(),
    })
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text.as_bytes()).map_err(|error| format!("not base64: {error}"))
}

fn refuse(json: &JsonStreamReader<&[u8]>, message: impl fmt::Display) -> Malformed {
    Malformed(format!("{message}, at {}", place(&json.current_position(true))))
}

/// Formats a position as its path and column, such as `[0].list[1] (column 8)`, or only the column if there is no path.
fn place(position: &JsonReaderPosition) -> String {
    let column = position.line_pos.map_or(0, |line| line.column + 1);
    let pieces = position.path.as_deref().unwrap_or_default();
    let mut path = String::new();
    for piece in pieces {
        match piece {
            JsonPathPiece::ArrayItem(index) => path += &format!("[{index}]"),
            JsonPathPiece::ObjectMember(name) if path.is_empty() => path += name,
            JsonPathPiece::ObjectMember(name) => path += &format!(".{name}"),
        }
    }
    if path.is_empty() { format!("column {column}") } else { format!("{path} (column {column})") }
}

impl From<ReaderError> for Malformed {
    fn from(error: ReaderError) -> Self {
        Self(match error {
            ReaderError::SyntaxError(JsonSyntaxError { kind, location }) => {
                format!("not JSON ({}), at {}", words(&kind.to_string()), place(&location))
            }
            ReaderError::UnexpectedValueType { expected, actual, location } => {
                format!("expected {}, found {}, at {}", name_of(expected), name_of(actual), place(&location))
            }
            ReaderError::UnexpectedStructure { location, kind } => match kind {
                struson::reader::UnexpectedStructureKind::MoreElementsThanExpected => {
                    format!("more elements than expected, at {}", place(&location))
                }
                _ => format!("fewer elements than expected, at {}", place(&location)),
            },
            ReaderError::IoError { error, location } => format!("not JSON ({error}), at {}", place(&location)),
            other => other.to_string(),
        })
    }
}

/// Splits a name in camel case into words: `IncompleteDocument` becomes `incomplete document`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

fn name_of(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Array => "an array",
        ValueType::Object => "an object",
        ValueType::String => "a string",
        ValueType::Number => "a number",
        ValueType::Boolean => "true or false",
        ValueType::Null => "null",
    }
}

impl Tagged {
    /// Parses a JSON array of tagged values.
    ///
    /// # Errors
    /// Returns an error if the text is not a JSON array of tagged values, if the codec does not have such values, or if
    /// one of them is odd, which only an answer of a subject may be.
    pub fn from_json(text: &[u8], codec: Codec) -> Result<Self, Malformed> {
        let tagged = AnswerReader::read(text, |mut reader| {
            let tagged = reader.values(codec)?;
            reader.finish()?;
            Ok(tagged)
        })?;
        let odd = tagged.entries.iter().find_map(|entry| match &entry.node {
            Node::Odd(text) => Some(text),
            _ => None,
        });
        odd.map_or(Ok(()), |text| Err(Malformed::new(format!("`{text}` is no value of that type"))))?;
        Ok(tagged)
    }

    /// Returns each value at the top as one line of JSON.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.roots().map(|index| self.show(index))
    }

    /// Returns all values as a JSON array.
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    /// Writes all values as a JSON array behind what is there.
    pub(crate) fn write_json(&self, json: &mut String) {
        json.push('[');
        for (number, index) in self.roots().enumerate() {
            if number > 0 {
                json.push(',');
            }
            self.write(index, json);
        }
        json.push(']');
    }

    /// Returns one value as JSON.
    pub(super) fn show(&self, index: usize) -> String {
        let mut json = String::new();
        self.write(index, &mut json);
        json
    }

    fn write(&self, index: usize, json: &mut String) {
        let mut open: Vec<(usize, &str)> = Vec::new();
        let mut is_first = true;
        for (at, entry) in self.entries.iter().enumerate().take(self.entries[index].end).skip(index) {
            while let Some((_, close)) = open.pop_if(|&mut (end, _)| end <= at) {
                *json += close;
                is_first = false;
            }
            if !is_first {
                json.push(',');
            }
            let inside_fault = matches!(open.last(), Some((_, "}}")));
            let close = entry.node.open(inside_fault, json);
            is_first = close.is_some();
            open.extend(close.map(|close| (entry.end, close)));
        }
        for (_, close) in open.into_iter().rev() {
            *json += close;
        }
    }
}

impl Node {
    /// Writes the JSON of a scalar, or what stands before the values inside a container, whose end is returned.
    fn open(&self, inside_fault: bool, json: &mut String) -> Option<&'static str> {
        let mut tagged = |kind: &str, text: &str| {
            json.reserve(text.len() + kind.len() + 8);
            *json += "{\"";
            *json += kind;
            *json += "\":";
            quote(text, json);
            json.push('}');
            None
        };
        let (text, end) = match self {
            Self::Atom(bytes) => {
                return match str::from_utf8(bytes) {
                    Ok(text) => tagged("atom", text),
                    Err(_) => tagged("atom_base64", &BASE64.encode(bytes)),
                };
            }
            Self::Int(text) => return tagged("int", text),
            Self::I8(text) => return tagged("i8", text),
            Self::Boolean(flag) => return tagged("boolean", if *flag { "1" } else { "0" }),
            Self::String(text) => return tagged("string", text),
            Self::Double(text) => return tagged("double", text),
            Self::DateTime(text) => return tagged("dateTime", text),
            Self::Odd(text) => return tagged("odd", text),
            Self::Base64(bytes) => return tagged("base64", &BASE64.encode(bytes)),
            Self::Nil => ("{\"nil\":true}", None),
            Self::List => ("{\"list\":[", Some("]}")),
            Self::Array => ("{\"array\":[", Some("]}")),
            Self::Struct => ("{\"struct\":[", Some("]}")),
            Self::Member(name) if inside_fault => {
                quote(name, json);
                (":", Some(""))
            }
            Self::Member(name) => {
                json.push('[');
                quote(name, json);
                (",", Some("]"))
            }
            Self::Response => ("{\"response\":", Some("}")),
            Self::Fault => ("{\"fault\":{", Some("}}")),
            Self::Call(method) => {
                *json += "{\"call\":{\"method\":";
                quote(method, json);
                (",\"params\":[", Some("]}}"))
            }
        };
        *json += text;
        end
    }
}

/// Writes a JSON string.
fn quote(text: &str, json: &mut String) {
    *json += &serde_json::to_string(text).expect("strings are written as JSON");
}
