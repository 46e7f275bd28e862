//! Writes the values of `fixtures/writing`, and reads them back. `fixtures/README.md` describes the format.

use data_encoding::BASE64;
use serde::Deserialize;
use toml::Value as Tagged;
use xend_wire::ErrorKind;
use xend_wire::sexpr::{self, Builder};
use xend_wire::xmlrpc::{self, Fault, Value};

use crate::case::{Piece, normal, read_sexpr, read_xmlrpc};

#[derive(Deserialize)]
struct File {
    rules: Vec<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    value: Option<Tagged>,
    /// JSON that no document can hold, such as half a surrogate pair.
    value_json: Option<String>,
    #[serde(default)]
    value_generated: Vec<Piece>,
    expect: Vec<Expect>,
}

#[derive(Deserialize)]
struct Expect {
    rules: Option<Vec<String>>,
    outcome: Outcome,
    #[serde(default)]
    documents: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Written,
    Refused,
    Either,
}

pub(crate) fn trials() -> impl Iterator<Item = (String, Box<dyn Fn() -> Result<(), String> + Send>)> {
    xend_fixtures::files("writing/").flat_map(|file| {
        let text = std::str::from_utf8(file.bytes()).expect("UTF-8");
        let File { rules, case } = toml::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        case.into_iter().map(move |case| {
            let rules = rules.clone();
            (format!("cases/{}", case.id), Box::new(move || case.check(&rules)) as Box<dyn Fn() -> _ + Send>)
        })
    })
}

impl Case {
    fn check(&self, default: &[String]) -> Result<(), String> {
        let value = self.value()?;
        let is_sexpr = self.id.starts_with("sexpr/");
        if let Some(Tagged::Table(response)) = value.as_ref().filter(|_| !is_sexpr)
            && let Some(response) = response.get("response")
        {
            check_as_daemon(response).map_err(|message| format!("{}: {message}", self.id))?;
        }
        for expect in &self.expect {
            for rules in expect.rules.as_deref().unwrap_or(default).iter().flat_map(|name| named(name, is_sexpr)) {
                let written = match &value {
                    Some(value) if is_sexpr => write_sexpr(value, &rules),
                    Some(value) => write_xmlrpc(value),
                    None => Err("no document can hold it".to_owned()),
                };
                // The encoder writes what a daemon or its client writes, and the rules may lack some of it.
                let read = written.as_ref().map_err(String::clone).and_then(|document| {
                    let read = if is_sexpr { read_sexpr } else { read_xmlrpc };
                    read(document, &rules, true).map_err(|error| {
                        // Only an extension, and a double that has no digits, may be what the rules lack.
                        let is_lacking =
                            matches!(error.kind(), ErrorKind::ExtensionNotAllowed | ErrorKind::InvalidDouble);
                        assert!(is_lacking, "{}", error.render(document));
                        error.render(document)
                    })
                });
                let means_the_value = match (&read, &value) {
                    (Ok(read), Some(value)) => expect.outcome != Outcome::Refused && means(read, value),
                    _ => expect.outcome != Outcome::Written,
                };
                // What the daemon writes is right as it stands, though the daemon may not read it as what it was.
                let is_right = match &*expect.documents {
                    [] => means_the_value,
                    documents => documents.iter().any(|right| written.as_deref() == Ok(right.as_bytes())),
                };
                if !is_right {
                    let written = written.map(|document| String::from_utf8_lossy(&document).into_owned());
                    return Err(format!("{}, rules {rules}: wrote {written:?}, read {read:?}", self.id));
                }
            }
        }
        Ok(())
    }

    /// The value; `None` if JSON alone can hold it.
    fn value(&self) -> Result<Option<Tagged>, String> {
        if self.value.is_some() || self.value_json.is_some() {
            return Ok(self.value.clone());
        }
        let json: String = self.value_generated.iter().map(Piece::text).collect();
        let mut json = serde_json::Deserializer::from_str(&json);
        json.disable_recursion_limit();
        Tagged::deserialize(&mut json).map(Some).map_err(|error| error.to_string())
    }
}

/// The rules that a name of a case stands for.
fn named(name: &str, is_sexpr: bool) -> Vec<String> {
    let all: Vec<_> = if is_sexpr {
        sexpr::Rules::all().map(|rules| rules.to_string()).collect()
    } else {
        xmlrpc::Rules::all().map(|rules| rules.to_string()).collect()
    };
    let is_meant = |rules: &String| rules == name || name == "xend" && rules.starts_with("xend-");
    all.into_iter().filter(is_meant).collect()
}

fn write_sexpr(value: &Tagged, rules: &str) -> Result<Vec<u8>, String> {
    let mut builder = Builder::new();
    build(&mut builder, value)?;
    Ok(sexpr::print(&builder.finish(), rules.parse().expect("rules")))
}

/// Returns whether what was read is this value alone.
fn means(read: &[Tagged], value: &Tagged) -> bool {
    read.iter().map(|it| normal(it, false)).eq([normal(value, false)])
}

/// Checks that what the daemon would write for a value means the value to whoever reads as the daemon does. Values with a
/// carriage return are left out, because the daemon does not escape it.
fn check_as_daemon(value: &Tagged) -> Result<(), String> {
    let Ok(document) = of(value).and_then(|value| xmlrpc::encode_response_as_daemon(&value).map_err(|e| e.to_string()))
    else {
        return Ok(());
    };
    let response = Tagged::Table([("response".to_owned(), value.clone())].into_iter().collect());
    match read_xmlrpc(&document, "xend-4.1", true) {
        Err(error) => Err(error.render(&document)),
        Ok(read) if !document.contains(&b'\r') && !means(&read, &response) => {
            Err(format!("the daemon writes {}", document.escape_ascii()))
        }
        _ => Ok(()),
    }
}

fn build(builder: &mut Builder, value: &Tagged) -> Result<(), String> {
    match one(value)? {
        ("list", Tagged::Array(items)) => {
            builder.open();
            items.iter().try_for_each(|item| build(builder, item))?;
            builder.close();
        }
        ("atom", Tagged::String(text)) => {
            builder.atom(text.as_bytes());
        }
        ("atom_base64", Tagged::String(text)) => {
            builder.atom(BASE64.decode(text.as_bytes()).expect("base64"));
        }
        (kind, _) => return Err(format!("{kind} is no S-expression")),
    }
    Ok(())
}

fn write_xmlrpc(value: &Tagged) -> Result<Vec<u8>, String> {
    let document = match one(value)? {
        ("response", value) => xmlrpc::encode_response(&of(value)?),
        ("fault", Tagged::Table(fault)) => match (of(&fault["code"])?, of(&fault["string"])?) {
            (Value::Int(code), Value::String(string)) => xmlrpc::encode_fault(&Fault { code, string: string.into() }),
            _ => return Err("a fault has an int and a string".to_owned()),
        },
        ("call", Tagged::Table(call)) => {
            let params = call["params"].as_array().expect("params").iter().map(of).collect::<Result<Vec<_>, _>>()?;
            xmlrpc::encode_call(call["method"].as_str().expect("a method"), &params)
        }
        (kind, _) => return Err(format!("{kind} is no message")),
    };
    document.map_err(|error| error.to_string())
}

fn of(value: &Tagged) -> Result<Value, String> {
    let number = |error: std::num::ParseIntError| error.to_string();
    Ok(match one(value)? {
        ("int", Tagged::String(text)) => Value::Int(text.parse().map_err(number)?),
        ("i8", Tagged::String(text)) => Value::I8(text.parse().map_err(number)?),
        ("boolean", Tagged::String(text)) => Value::Boolean(text == "1"),
        ("string", Tagged::String(text)) => Value::String(text.as_str().into()),
        ("double", Tagged::String(text)) => Value::Double(text.parse().expect("a double")),
        ("dateTime", Tagged::String(text)) => Value::DateTime(text.as_str().into()),
        ("base64", Tagged::String(text)) => Value::Base64(BASE64.decode(text.as_bytes()).expect("base64")),
        ("nil", _) => Value::Nil,
        ("array", Tagged::Array(items)) => Value::Array(items.iter().map(of).collect::<Result<_, _>>()?),
        ("struct", Tagged::Array(members)) => {
            let member = |pair: &Tagged| Ok::<_, String>((pair[0].as_str().expect("a name").into(), of(&pair[1])?));
            Value::Struct(members.iter().map(member).collect::<Result<_, _>>()?)
        }
        (kind, _) => return Err(format!("{kind} is no value of XML-RPC")),
    })
}

/// The kind of a tagged value, and what it holds.
fn one(value: &Tagged) -> Result<(&str, &Tagged), String> {
    let table = value.as_table().filter(|table| table.len() == 1);
    let (kind, inside) =
        table.and_then(|table| table.iter().next()).ok_or_else(|| format!("{value} is no tagged value"))?;
    Ok((kind, inside))
}
