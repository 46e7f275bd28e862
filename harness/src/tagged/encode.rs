//! Writing of tagged values with the built-in codecs.

use xend_wire::Limits;
use xend_wire::sexpr::{Builder, Document, print};
use xend_wire::xmlrpc::{Fault, Value, encode_call, encode_fault, encode_response};

use super::{Node, Tagged};
use crate::Rules;

impl Tagged {
    /// Returns whether this is a fault of XML-RPC.
    pub fn is_fault(&self) -> bool {
        matches!(self.entries.first(), Some(entry) if entry.node == Node::Fault)
    }

    /// Writes the document by these rules with the built-in codec.
    ///
    /// # Errors
    /// Returns a message if a document by these rules can't hold the values.
    pub fn encode(&self, rules: Rules) -> Result<Vec<u8>, String> {
        let document = match rules {
            Rules::Sexpr(rules) => return Ok(print(&self.to_sexpr(), rules)),
            Rules::Xmlrpc(_) => self.to_xmlrpc()?,
        };
        // The encoder writes what a daemon or its client writes, and the rules may lack some of it.
        match rules.decode(&document) {
            Ok(_) => Ok(document),
            Err(error) => Err(error.to_string()),
        }
    }

    fn to_sexpr(&self) -> Document<'static> {
        let mut builder = Builder::new();
        let mut ends: Vec<usize> = Vec::new();
        for (index, entry) in self.entries.iter().enumerate() {
            while ends.last().is_some_and(|&end| end <= index) {
                ends.pop();
                builder.close();
            }
            match &entry.node {
                Node::Atom(atom) => {
                    builder.atom(atom);
                }
                _ => {
                    builder.open();
                    ends.push(entry.end);
                }
            }
        }
        for _ in ends {
            builder.close();
        }
        builder.finish()
    }

    fn to_xmlrpc(&self) -> Result<Vec<u8>, String> {
        let Some(root) = self.entries.first() else { return Err("no value".to_owned()) };
        let document = match &root.node {
            Node::Response => encode_response(&self.value(1, 0)?),
            Node::Fault => {
                let (mut code, mut string) = (None, None);
                for member in self.children(0) {
                    match (&self.entries[member].node, self.value(member + 1, 0)?) {
                        (Node::Member(name), Value::Int(number)) if name == "code" => code = Some(number),
                        (Node::Member(name), Value::String(text)) if name == "string" => string = Some(text),
                        _ => return Err("a fault has an int and a string".to_owned()),
                    }
                }
                let (Some(code), Some(string)) = (code, string) else { return Err("an incomplete fault".to_owned()) };
                encode_fault(&Fault { code, string: string.into() })
            }
            _ => {
                let (method, params) = self.call()?;
                encode_call(&method, &params)
            }
        };
        document.map_err(|error| error.to_string())
    }

    /// Returns the method and the parameters of a call.
    ///
    /// # Errors
    /// Returns a message if this is not a call, or if a parameter can't be written.
    pub(crate) fn call(&self) -> Result<(String, Vec<Value>), String> {
        match self.entries.first().map(|entry| &entry.node) {
            Some(Node::Call(method)) => {
                let params = self.children(0).map(|index| self.value(index, 0)).collect::<Result<_, _>>()?;
                Ok((method.clone(), params))
            }
            _ => Err("no call".to_owned()),
        }
    }

    /// Returns a value for the encoder. The depth is limited, so the recursion is limited, too.
    fn value(&self, index: usize, depth: usize) -> Result<Value, String> {
        if depth > Limits::HARD_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let entry = self.entries.get(index).ok_or("no value")?;
        let range = |kind: &str, text: &str| format!("{text} is beyond the range of {kind}");
        Ok(match &entry.node {
            Node::Int(text) => Value::Int(text.parse().map_err(|_| range("an int", text))?),
            Node::I8(text) => Value::I8(text.parse().map_err(|_| range("an i8", text))?),
            Node::Boolean(flag) => Value::Boolean(*flag),
            Node::String(text) => Value::String(text.as_str().into()),
            Node::Double(text) => Value::Double(text.parse().map_err(|_| format!("`{text}` is no double"))?),
            Node::DateTime(text) => Value::DateTime(text.as_str().into()),
            Node::Base64(bytes) => Value::Base64(bytes.clone()),
            Node::Nil => Value::Nil,
            Node::Array => {
                Value::Array(self.children(index).map(|item| self.value(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Node::Struct => {
                let member = |at: usize| match &self.entries[at].node {
                    Node::Member(name) => Ok((name.as_str().into(), self.value(at + 1, depth + 1)?)),
                    _ => Err("a struct holds members".to_owned()),
                };
                Value::Struct(self.children(index).map(member).collect::<Result<_, _>>()?)
            }
            _ => return Err("no value of XML-RPC".to_owned()),
        })
    }
}
