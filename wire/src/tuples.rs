//! Converts XML-RPC values to the S-expressions that they stand for, and back.
//!
//! The daemon sends an S-expression over XML-RPC as nested arrays whose first item is a name, and a Python dict as a
//! struct. Both conversions lose something, because an S-expression has no types and XML-RPC has no strings of bytes:
//!
//! | XML-RPC | S-expression | converted back |
//! | --- | --- | --- |
//! | array | list | array |
//! | struct | list of pairs `(name value)`, in the same order and with duplicates | array of arrays; [`to_struct`] makes a struct |
//! | string | atom | string |
//! | empty string in an array | an empty atom; before 4.1 nothing, because those releases print nothing | string; before 4.1 nothing |
//! | int, i8 | atom of its digits, without `+` and leading zeros | string |
//! | boolean | atom `True` or `False` | string |
//! | double | atom of 12 significant digits, as Python's `str` writes it | string |
//! | nil | atom `None` | string |
//! | dateTime | atom of its text | string |
//! | base64 | atom of the decoded bytes | string |
//!
//! An atom that is not UTF-8 can't be sent over XML-RPC. Nothing else is lost.

use crate::sexpr::{Builder, Document, Sexpr};
use crate::xmlrpc::{Kind, Value, ValueRef};
use crate::{Error, ErrorKind, Limits, Release, python};

/// Converts an XML-RPC value to the S-expression that it stands for, as the daemon of this release would print it.
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

/// Recurses at most [`Limits::HARD_DEPTH`] times, since no document is deeper.
fn write(builder: &mut Builder, value: ValueRef<'_>, release: Release) {
    // Protocol reference §2.3: `(features )` before 4.1, `(features '')` from then on.
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

/// Converts an S-expression to nested arrays of strings, as `xend.domain.create` takes it.
///
/// # Errors
/// [`NotRepresentable`](ErrorKind::NotRepresentable) for an atom that is not UTF-8, and for more than
/// [`Limits::HARD_DEPTH`] levels.
pub fn to_value(sexpr: Sexpr<'_>) -> Result<Value, Error> {
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for (depth, part) in sexpr.walk() {
        close_to(&mut open, depth + 1);
        if !part.is_list() {
            let text = part.as_str().ok_or_else(|| not_representable(part, "an atom of other bytes", "UTF-8"))?;
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

/// Converts a list of pairs, such as `((cap 0) (weight 256))`, to a struct.
///
/// The value of a pair without a second item is an empty string, because releases before 4.1 print nothing for it.
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
/// As [`to_value`], and [`NotRepresentable`](ErrorKind::NotRepresentable) for anything else than a list of pairs.
pub fn to_struct(sexpr: Sexpr<'_>) -> Result<Value, Error> {
    if !sexpr.is_list() {
        return Err(not_representable(sexpr, "an atom", PAIRS));
    }
    let member = |pair: Sexpr<'_>| {
        let name = pair.name().and_then(|name| str::from_utf8(name).ok());
        let name = name.ok_or_else(|| not_representable(pair, "an item without a name", PAIRS))?;
        if pair.items().nth(2).is_some() {
            return Err(not_representable(pair, "a list of more than two items", PAIRS));
        }
        let value = pair.value().map_or_else(|| Ok("".into()), to_value)?;
        Ok((name.into(), value))
    };
    Ok(Value::Struct(sexpr.items().map(member).collect::<Result<_, _>>()?))
}

const DEPTH: &str = "at most 1024 levels";
const PAIRS: &str = "a list of pairs `(name value)`";

fn not_representable(part: Sexpr<'_>, detail: &'static str, expected: &'static str) -> Error {
    Error::new(ErrorKind::NotRepresentable, part.span()).detail(detail).expected(expected)
}

/// Closes open arrays until only `depth` of them are open.
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
        // Python's `str()` of an `xmlrpclib.Binary` is its bytes.
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
        let pairs =
            |detail: &str| format!("value cannot be written: {detail}, expected a list of pairs `(name value)`");
        check(b"a", Err(&pairs("an atom")));
        check(b"(a)", Err(&pairs("an item without a name")));
        check(b"((a b c))", Err(&pairs("a list of more than two items")));
        check(b"(((a) b))", Err(&pairs("an item without a name")));
        check(br"((a '\377'))", Err("value cannot be written: an atom of other bytes, expected UTF-8"));
    }

    /// A document deeper than an owned value can be is refused, not converted by deep recursion.
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

        /// What a value becomes when it is converted to an S-expression and back, by the table of the module.
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

            /// A value that is converted to an S-expression and back loses only what the table says.
            #[test]
            fn nothing_is_lost_but_what_is_written_down(value in values(), release in prop::sample::select(Release::ALL)) {
                let sexpr = to_sexpr(document(&value).value(), release);
                let back = to_value(sexpr.first().expect("a value")).expect("UTF-8");
                prop_assert_eq!(back, there_and_back(&value, release));
            }

            /// From 4.1 on, an S-expression of text is the same after it was converted to XML-RPC and back.
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
