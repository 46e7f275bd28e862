//! Reads a case of `fixtures/cases` and checks this crate against it. `fixtures/README.md` describes the format.

use data_encoding::BASE64;
use serde::Deserialize;
use toml::{Table, Value};
use xend_wire::xmlrpc::{self, Kind, Message, Response, ValueRef};
use xend_wire::{Error, Limits, sexpr};

/// The largest document that is read in other ways, too: byte by byte, which takes a time that grows with the square of the
/// length, and as a response or a call.
const SMALL: usize = 2_000;

/// A case, as its file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "rule")]
    _rule: String,
    #[serde(rename = "source")]
    _source: String,
    input: Option<String>,
    input_base64: Option<String>,
    input_generated: Option<Vec<Piece>>,
    #[serde(rename = "deadline")]
    _deadline: Option<u64>,
    expect: Vec<Expect>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Piece {
    Text { text: String },
    Repeat { repeat: String, times: usize },
}

impl Piece {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text { text } => text.clone(),
            Self::Repeat { repeat, times } => repeat.repeat(*times),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// Without them it is the default.
    rules: Option<Vec<String>>,
    #[serde(rename = "level")]
    _level: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    ordered: bool,
    values: Option<Vec<Value>>,
    #[serde(default)]
    values_generated: Vec<Piece>,
    reject: Option<String>,
    any_of: Option<Vec<Outcome>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    values: Option<Vec<Value>>,
    /// They may be deeper than a tree of values can be: the suite of the harness compares them, here they are only read.
    #[serde(default)]
    values_generated: Vec<Piece>,
    reject: Option<String>,
    accept: Option<bool>,
    /// What the emulated code does where this crate has an error.
    #[serde(rename = "no_answer")]
    _no_answer: Option<String>,
    /// The libraries of the survey that do that.
    #[serde(default)]
    by: Vec<String>,
}

impl Case {
    pub(crate) fn parse(file: xend_fixtures::File) -> Result<Self, String> {
        let text = std::str::from_utf8(file.bytes()).map_err(|error| error.to_string())?;
        toml::from_str(text).map_err(|error| error.to_string())
    }

    pub(crate) fn input(&self) -> Vec<u8> {
        match self {
            Self { input: Some(text), .. } => text.clone().into_bytes(),
            Self { input_base64: Some(text), .. } => BASE64.decode(text.as_bytes()).expect("base64"),
            Self { input_generated: Some(pieces), .. } => {
                pieces.iter().map(Piece::text).collect::<String>().into_bytes()
            }
            _ => panic!("{}: no input", self.id),
        }
    }

    /// Reads the input by every set of rules that the case says something about.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_sexpr = self.id.starts_with("sexpr/");
        let input = self.input();
        let names: Vec<String> = if is_sexpr {
            sexpr::Rules::all().map(|rules| rules.to_string()).collect()
        } else {
            xmlrpc::Rules::all().map(|rules| rules.to_string()).collect()
        };
        for rules in &names {
            let Some(expect) = self.expectation(rules) else { continue };
            // The one feature that this crate lacks: it keeps the text of a dateTime.
            if expect.needs.iter().any(|feature| feature == "datetime-typed") {
                continue;
            }
            let outcomes = expect.outcomes();
            // Where no values are listed the document may be deeper than a tree of values can be.
            let show = outcomes.iter().any(|outcome| outcome.values.is_some());
            let got = if is_sexpr { read_sexpr(&input, rules, show) } else { read_xmlrpc(&input, rules, show) };
            if !outcomes.iter().any(|outcome| outcome.permits(&got, expect.ordered)) {
                return Err(format!("{}, rules {rules}: got {}", self.id, describe(&got, &input)));
            }
        }
        Ok(())
    }

    /// The libraries of the survey that each list of permitted outcomes names, and whether they accept the document.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = Vec<(&str, bool)>> {
        let lists = self.expect.iter().filter_map(|expect| expect.any_of.as_ref());
        lists.map(|outcomes| {
            let named = outcomes.iter().flat_map(|outcome| outcome.by.iter().map(move |name| (name, outcome)));
            named.map(|(name, outcome)| (name.as_str(), outcome.reject.is_none())).collect()
        })
    }

    fn expectation(&self, rules: &str) -> Option<&Expect> {
        let names = |expect: &&Expect| {
            let listed = expect.rules.iter().flatten();
            listed.into_iter().any(|name| name == rules || name == "xend" && rules.starts_with("xend-"))
        };
        self.expect.iter().find(names).or_else(|| self.expect.iter().find(|expect| expect.rules.is_none()))
    }
}

impl Expect {
    fn outcomes(&self) -> Vec<Outcome> {
        let alone = Outcome {
            values: self.values.clone(),
            values_generated: self.values_generated.clone(),
            reject: self.reject.clone(),
            accept: None,
            _no_answer: None,
            by: Vec::new(),
        };
        self.any_of.clone().unwrap_or_else(|| vec![alone])
    }
}

impl Outcome {
    fn permits(&self, got: &Result<Vec<Value>, Error>, ordered: bool) -> bool {
        match (self, got) {
            (Self { reject: Some(kind), .. }, Err(error)) => error.kind().name() == kind,
            (Self { values: Some(values), .. }, Ok(got)) => {
                let normal = |values: &[Value]| values.iter().map(|value| normal(value, ordered)).collect::<Vec<_>>();
                normal(values) == normal(got)
            }
            (Self { accept: Some(true), .. }, Ok(_)) => true,
            (Self { values_generated, .. }, Ok(_)) => !values_generated.is_empty(),
            _ => false,
        }
    }
}

/// A value in a form that can be compared: doubles by their value, and structs as sets of members unless their order
/// matters.
pub(crate) fn normal(value: &Value, ordered: bool) -> String {
    let Value::Table(table) = value else { return value.to_string() };
    let parts = table.iter().map(|(key, inside)| match (key.as_str(), inside) {
        ("double", Value::String(text)) => {
            let number: f64 = text.parse().expect("a double");
            format!("double {:?}", if number == 0.0 { 0.0 } else { number })
        }
        ("struct", Value::Array(members)) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|member| {
                    let pair = member.as_array().expect("a pair");
                    format!("{}: {}", pair[0], normal(&pair[1], ordered))
                })
                .collect();
            if !ordered {
                members.sort();
            }
            format!("struct [{}]", members.join(", "))
        }
        (key, Value::Array(items)) => {
            // Not as `Debug` shows them, which escapes what is inside once more at each level.
            format!("{key} [{}]", items.iter().map(|item| normal(item, ordered)).collect::<Vec<_>>().join(", "))
        }
        (key, inside) => format!("{key} {}", normal(inside, ordered)),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn describe(got: &Result<Vec<Value>, Error>, input: &[u8]) -> String {
    match got {
        Ok(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Err(error) => format!("{}\n{}", error.kind().name(), error.render(input)),
    }
}

/// The values of a document in the form of the cases, or none if `show` is false.
pub(crate) fn read_sexpr(input: &[u8], rules: &str, show: bool) -> Result<Vec<Value>, Error> {
    // Deeper than the stack of libvirt is known to allow.
    let limits = Limits { depth: 1_000_000, ..Limits::default() };
    let rules = rules.parse().expect("rules");
    let whole = sexpr::parse_with(input, rules, &limits);
    if input.len() <= SMALL {
        assert_eq!(read_in_pieces(input, rules, limits), whole, "it is read in pieces as it is read at once");
        if rules == sexpr::Rules::strict() {
            assert_eq!(sexpr::parse(input), whole, "the strict rules need not be named");
        }
    }
    let document = whole?;
    if !show {
        return Ok(Vec::new());
    }
    let values: Vec<_> = document.values().map(of_sexpr).collect();
    let printed = sexpr::print(&document, sexpr::Rules::strict());
    let again = sexpr::parse_with(&printed, sexpr::Rules::strict(), &limits);
    let again = again.unwrap_or_else(|error| panic!("what was read is printed: {}", error.render(&printed)));
    assert_eq!(again.values().map(of_sexpr).collect::<Vec<_>>(), values, "what was read is printed and read again");
    let alone: Vec<_> = document.values().map(|value| sexpr::print_value(value, sexpr::Rules::strict())).collect();
    assert_eq!(alone.join(&b' '), printed, "each value is printed alone as beside the others");
    Ok(values)
}

fn read_in_pieces(input: &[u8], rules: sexpr::Rules, limits: Limits) -> Result<sexpr::Document<'static>, Error> {
    let mut parser = sexpr::Parser::new(rules, limits);
    input.iter().try_for_each(|&byte| parser.feed(&[byte]))?;
    let ready = parser.ready();
    let document = parser.finish()?;
    // libvirt looks at a document when it is whole.
    if input.ends_with(b")") && rules != sexpr::Rules::libvirt() {
        assert_eq!(ready, document.values().count(), "a list is complete when it is closed");
    }
    Ok(document)
}

fn of_sexpr(value: sexpr::Sexpr<'_>) -> Value {
    match (value.as_str(), value.as_atom()) {
        (Some(text), _) => one("atom", text),
        (None, Some(bytes)) => one("atom_base64", BASE64.encode(bytes)),
        (None, None) => one("list", value.items().map(of_sexpr).collect::<Vec<_>>()),
    }
}

pub(crate) fn read_xmlrpc(input: &[u8], rules: &str, show: bool) -> Result<Vec<Value>, Error> {
    let (rules, limits) = (rules.parse().expect("rules"), Limits::default());
    let message = xmlrpc::decode(input, rules, &limits)?;
    if input.len() <= SMALL {
        check_other_ways_to_decode(input, &message, rules);
    }
    if !show {
        return Ok(Vec::new());
    }
    Ok(vec![match &message {
        Message::Response(Response::Success(document)) => one("response", of_value(document.value())),
        Message::Response(Response::Fault(fault)) => one(
            "fault",
            Table::from_iter([
                ("code".to_owned(), of_value(fault.code())),
                ("string".to_owned(), of_value(fault.string())),
            ]),
        ),
        Message::Call(call) => one(
            "call",
            Table::from_iter([
                ("method".to_owned(), call.method().into()),
                ("params".to_owned(), call.params().map(of_value).collect::<Vec<_>>().into()),
            ]),
        ),
    }])
}

/// What the specification reads as a response is a response and a reply by all rules, and what it reads as a call is a call
/// and no reply. Neither is the other by the specification. A reply has the root `methodResponse`, whatever else the daemon
/// takes for one, and is no call by the rules that it is read by.
fn check_other_ways_to_decode(input: &[u8], message: &Message<'_>, rules: xmlrpc::Rules) {
    let (limits, spec) = (Limits::default(), xmlrpc::Rules::spec());
    if matches!(message, Message::Call(_)) {
        assert!(xmlrpc::decode_reply(input, rules, &limits).is_err(), "a call is no reply");
    }
    match (message, xmlrpc::decode(input, spec, &limits)) {
        (Message::Response(response), Ok(Message::Response(_))) => {
            assert_eq!(xmlrpc::decode_response(input, rules, &limits).as_ref(), Ok(response), "a response is one");
            assert_eq!(xmlrpc::decode_reply(input, rules, &limits).as_ref(), Ok(response), "a response is a reply");
            assert!(xmlrpc::decode_call(input, spec, &limits).is_err(), "a response is no call");
        }
        (Message::Call(call), Ok(Message::Call(_))) => {
            assert_eq!(xmlrpc::decode_call(input, rules, &limits).as_ref(), Ok(call), "a call is one");
            assert!(xmlrpc::decode_response(input, spec, &limits).is_err(), "a call is no response");
        }
        (_, Err(_))
            if str::from_utf8(input).is_ok_and(|text| !text.contains("methodResponse") && !text.contains('\0')) =>
        {
            assert!(xmlrpc::decode_reply(input, rules, &limits).is_err(), "another root is no reply");
        }
        (message, Ok(read)) => panic!("{rules} read {message:?} where the specification reads {read:?}"),
        (_, Err(_)) => {}
    }
}

fn of_value(value: ValueRef<'_>) -> Value {
    let text = || value.text().expect("a scalar").into_owned();
    match value.kind() {
        Kind::Array => one("array", value.items().map(of_value).collect::<Vec<_>>()),
        Kind::Struct => {
            let pair = |(name, value)| Value::Array(vec![Value::String(String::from(name)), of_value(value)]);
            one("struct", value.members().map(pair).collect::<Vec<_>>())
        }
        Kind::Nil => one("nil", true),
        Kind::DateTime => one("dateTime", text()),
        kind => one(kind.name(), text()),
    }
}

fn one(key: &str, value: impl Into<Value>) -> Value {
    Table::from_iter([(key.to_owned(), value.into())]).into()
}
