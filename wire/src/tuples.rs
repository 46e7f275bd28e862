//! XML-RPC values that are S-expressions at heart, and back.
//!
//! The daemon sends its nested lists as arrays whose first element is a name, and where it has a dict, a struct. On both
//! ways something gets lost, for an S-expression has no types and XML-RPC no bytes:
//!
//! | XML-RPC | S-expression | and back |
//! | --- | --- | --- |
//! | array | list | array |
//! | struct | list of pairs `(name value)`, in its order and with its duplicates | array of arrays; [`to_struct`] makes a struct of it |
//! | string | atom | string |
//! | empty string in an array | an empty atom; before 4.1 nothing, as that release prints it | string; before 4.1 it is gone |
//! | int, i8 | atom of its digits, without `+` and leading zeros | string |
//! | boolean | atom `True` or `False` | string |
//! | double | atom of 12 significant digits, as Python's `str` writes it | string |
//! | nil | atom `None` | string |
//! | dateTime | atom of its text | string |
//! | base64 | atom of the bytes that it stands for | string |
//!
//! An atom that is not UTF-8 has no form in XML-RPC. Nothing else is lost.

use crate::sexpr::{Builder, Document, Sexpr};
use crate::xmlrpc::{Kind, Value, ValueRef};
use crate::{Error, ErrorKind, Limits, Release, python};

/// The S-expression that an XML-RPC value stands for.
///
/// ```
/// use xend_wire::{Limits, Release, sexpr, tuples, xmlrpc};
///
/// let reply = b"<methodResponse><params><param><value><array><data><value>domid</value><value><int>5</int></value>\
///     </data></array></value></param></params></methodResponse>";
/// let response = xmlrpc::decode_response(reply, xmlrpc::Rules::spec(), &Limits::default())?;
/// let xmlrpc::Response::Success(document) = response else { panic!("a fault") };
/// let domid = tuples::to_sexpr(document.value(), Release::V4_1);
/// assert_eq!(sexpr::print(&domid, sexpr::Rules::strict()), b"(domid 5)");
/// # Ok::<(), xend_wire::Error>(())
/// ```
pub fn to_sexpr(value: ValueRef<'_>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    write(&mut builder, value, release);
    builder.finish()
}

/// A document that was read is no deeper than [`Limits::HARD_DEPTH`], so that the recursion is bounded.
fn write(builder: &mut Builder, value: ValueRef<'_>, release: Release) {
    // Protocol reference §2.3: `(features )` before 4.1, `(features '')` since.
    let is_shown = |value: &ValueRef<'_>| release >= Release::V4_1 || value.as_str() != Some("");
    match value.kind() {
        Kind::Array => {
            builder.open();
            for item in value.items().filter(is_shown) {
                write(builder, item, release);
            }
            builder.close();
        }
        Kind::Struct => {
            builder.open();
            for (name, value) in value.members() {
                builder.open().atom(name);
                if is_shown(&value) {
                    write(builder, value, release);
                }
                builder.close();
            }
            builder.close();
        }
        Kind::Boolean => drop(builder.atom(if value.as_bool() == Some(true) { "True" } else { "False" })),
        Kind::Nil => drop(builder.atom("None")),
        Kind::Base64 => drop(builder.atom(value.as_bytes().unwrap_or_default())),
        Kind::Double if let Some(number) = value.as_f64() => drop(builder.atom(python::str_float(number))),
        Kind::Double | Kind::Int | Kind::I8 | Kind::String | Kind::DateTime => {
            let text = value.text().unwrap_or_default();
            builder.atom(text.as_bytes());
        }
    }
}

/// The arrays of strings by which an S-expression is sent, as `xend.domain.create` takes it.
///
/// # Errors
/// [`NotRepresentable`](ErrorKind::NotRepresentable) for an atom that is not UTF-8, and beyond [`Limits::HARD_DEPTH`]
/// levels.
pub fn to_value(sexpr: Sexpr<'_>) -> Result<Value, Error> {
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for (depth, part) in sexpr.walk() {
        close_to(&mut open, depth + 1);
        if !part.is_list() {
            let text = part.as_str().ok_or_else(|| not_representable(part, "atom", "UTF-8"))?;
            open[depth].push(text.into());
        } else if depth >= Limits::HARD_DEPTH {
            return Err(not_representable(part, "nested too deeply", DEPTH));
        } else {
            open.push(Vec::new());
        }
    }
    close_to(&mut open, 1);
    Ok(open.remove(0).remove(0))
}

/// The struct that a list of pairs stands for: `((cap 0) (weight 256))`. A pair without a value, as releases before 4.1
/// print an empty string, has an empty string.
///
/// ```
/// use xend_wire::{sexpr, tuples, xmlrpc::Value};
///
/// let document = sexpr::parse(b"((cap 0) (weight 256))")?;
/// assert_eq!(
///     tuples::to_struct(document.first().unwrap())?,
///     Value::Struct(vec![("cap".into(), "0".into()), ("weight".into(), "256".into())])
/// );
/// # Ok::<(), xend_wire::Error>(())
/// ```
///
/// # Errors
/// As [`to_value`]; and [`NotRepresentable`](ErrorKind::NotRepresentable) for anything but a list of pairs.
pub fn to_struct(sexpr: Sexpr<'_>) -> Result<Value, Error> {
    if !sexpr.is_list() {
        return Err(not_representable(sexpr, "atom", PAIRS));
    }
    let member = |pair: Sexpr<'_>| {
        let name = pair.name().and_then(|name| str::from_utf8(name).ok());
        let name = name.ok_or_else(|| not_representable(pair, "value", PAIRS))?;
        if pair.items().nth(2).is_some() {
            return Err(not_representable(pair, "list", PAIRS));
        }
        let value = pair.value().map_or_else(|| Ok("".into()), to_value)?;
        Ok((name.into(), value))
    };
    Ok(Value::Struct(sexpr.items().map(member).collect::<Result<_, _>>()?))
}

const DEPTH: &str = "at most 1024 levels";
const PAIRS: &str = "a list of pairs `(name value)`";

fn not_representable(part: Sexpr<'_>, found: &'static str, expected: &'static str) -> Error {
    Error::new(ErrorKind::NotRepresentable, part.span()).found(found).expected(expected)
}

fn close_to(open: &mut Vec<Vec<Value>>, depth: usize) {
    while open.len() > depth {
        let list = Value::Array(open.pop().expect("more than one is open"));
        open.last_mut().expect("the root is open").push(list);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::datum::Datum;
    use crate::sexpr::{Rules, parse, parse_with, print};
    use crate::xmlrpc::{self, CompactString, decode_response, encode_response};

    fn document(value: &Value) -> xmlrpc::Document<'static> {
        let body = encode_response(value).expect("a value that can be written");
        let response =
            decode_response(&body, xmlrpc::Rules::xend(Release::V4_1), &Limits::default()).expect("well-formed");
        response.into_owned().into_result().expect("no fault")
    }

    #[track_caller]
    fn check(value: Value, release: Release, expected: &str) {
        let sexpr = to_sexpr(document(&value).value(), release);
        assert_eq!(String::from_utf8_lossy(&print(&sexpr, Rules::strict())), expected);
    }

    /// Protocol reference §2.3 and §2.4.
    #[test]
    fn each_type() {
        let list = |items: &[Value]| Value::Array(items.to_vec());
        check(list(&["a".into(), (-5).into(), Value::I8(1 << 40)]), Release::V4_1, "(a -5 1099511627776)");
        check(list(&[true.into(), false.into(), Value::Nil]), Release::V4_1, "(True False None)");
        check(list(&[12.345678901234.into(), 1.0.into(), 1e-9.into()]), Release::V4_1, "(12.3456789012 1.0 1e-09)");
        check(list(&[Value::DateTime("19980717T14:08:55".into())]), Release::V4_1, "(19980717T14:08:55)");
        // Python's `str()` of an `xmlrpclib.Binary` is what it holds.
        check(list(&[Value::Base64(b"hello".to_vec())]), Release::V4_1, "(hello)");
        check(list(&["features".into(), "".into()]), Release::V4_1, "(features '')");
        check(list(&["features".into(), "".into()]), Release::V3_4, "(features)");
        check(list(&[list(&[]), "caf\u{E9} x".into()]), Release::V4_1, "(() 'caf\\xc3\\xa9 x')");
        let members = vec![("cap".into(), 0.into()), ("b".into(), "".into()), ("cap".into(), list(&[]))];
        check(Value::Struct(members.clone()), Release::V4_1, "((cap 0) (b '') (cap ()))");
        check(Value::Struct(members), Release::V3_0_3, "((cap 0) (b) (cap ()))");
    }

    #[test]
    fn a_list_of_pairs_is_a_struct() {
        let check = |input: &[u8], expected: Result<&[(&str, Value)], &str>| {
            let document = parse(input).expect("well-formed");
            let got = to_struct(document.first().expect("a value")).map_err(|error| error.to_string());
            let expected = expected.map(|members| {
                Value::Struct(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
            });
            assert_eq!(got, expected.map_err(str::to_owned));
        };
        check(b"()", Ok(&[]));
        check(
            b"((a 1)(b (c d))(a ()))",
            Ok(&[("a", "1".into()), ("b", Value::Array(vec!["c".into(), "d".into()])), ("a", Value::Array(vec![]))]),
        );
        check(b"((a)(b ''))", Ok(&[("a", "".into()), ("b", "".into())]));
        check(b"a", Err("value cannot be written atom, expected a list of pairs `(name value)`"));
        check(b"(a)", Err("value cannot be written value, expected a list of pairs `(name value)`"));
        check(b"((a b c))", Err("value cannot be written list, expected a list of pairs `(name value)`"));
        check(b"(((a) b))", Err("value cannot be written value, expected a list of pairs `(name value)`"));
        check(br"((a '\377'))", Err("value cannot be written atom, expected UTF-8"));
    }

    /// However deep the document is, nothing recurses into what an owned value can't hold.
    #[test]
    fn depth_has_a_limit() {
        let nested = |levels: usize| [b"(".repeat(levels), b")".repeat(levels)].concat();
        let limits = Limits { depth: 100_000, ..Limits::default() };
        for (levels, fits) in [(Limits::HARD_DEPTH, true), (Limits::HARD_DEPTH + 1, false), (50_000, false)] {
            if cfg!(miri) && levels != Limits::HARD_DEPTH + 1 {
                continue;
            }
            let input = nested(levels);
            let document = parse_with(&input, Rules::strict(), &limits).expect("within the limits");
            let value = document.first().expect("a value");
            assert_eq!(to_value(value).is_ok(), fits, "{levels}");
            assert_eq!(Datum::from_sexpr(value).is_ok(), fits, "{levels}");
        }
    }

    mod properties {
        use super::*;

        /// What the table of the module says that a value becomes on its way there and back.
        fn there_and_back(value: &Value, release: Release) -> Value {
            let is_shown = |value: &Value| release >= Release::V4_1 || *value != Value::from("");
            match value {
                Value::Array(items) => Value::Array(
                    items.iter().filter(|item| is_shown(item)).map(|item| there_and_back(item, release)).collect(),
                ),
                Value::Struct(members) => {
                    let pair = |(name, value): &(CompactString, Value)| {
                        let name = Some(Value::from(name.as_str()));
                        let value = is_shown(value).then(|| there_and_back(value, release));
                        Value::Array(name.into_iter().chain(value).collect())
                    };
                    Value::Array(members.iter().map(pair).collect())
                }
                Value::Int(number) => number.to_string().into(),
                Value::Boolean(flag) => if *flag { "True" } else { "False" }.into(),
                Value::Nil => "None".into(),
                value => value.clone(),
            }
        }

        fn values() -> impl Strategy<Value = Value> {
            let leaf = prop_oneof![
                any::<i32>().prop_map(Value::Int),
                any::<bool>().prop_map(Value::Boolean),
                "[ -~\u{E9}]{0,6}".prop_map(Value::from),
                Just(Value::Nil),
            ];
            leaf.prop_recursive(4, 24, 4, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                    prop::collection::vec(("[a-z]{0,3}".prop_map_into(), inner), 0..4).prop_map(Value::Struct),
                ]
            })
        }

        proptest! {
            #![proptest_config(crate::test_config())]

            /// A value that becomes an S-expression and a value again loses what the table says, and nothing else.
            #[test]
            fn nothing_is_lost_but_what_is_written_down(value in values(), release in prop::sample::select(Release::ALL)) {
                let sexpr = to_sexpr(document(&value).value(), release);
                let back = to_value(sexpr.first().expect("a value")).expect("UTF-8");
                prop_assert_eq!(back, there_and_back(&value, release));
            }

            /// An S-expression of text loses nothing on its way through XML-RPC, from 4.1 on.
            #[test]
            fn a_list_of_strings_survives(value in values()) {
                let sexpr = to_sexpr(document(&value).value(), Release::V4_1);
                let value = to_value(sexpr.first().expect("a value")).expect("UTF-8");
                let again = to_sexpr(document(&value).value(), Release::V4_1);
                prop_assert_eq!(again, sexpr);
            }
        }
    }
}
