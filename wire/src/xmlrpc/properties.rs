//! Properties that hold for all values and documents.

use proptest::prelude::*;

use super::tests::show;
use super::*;
use crate::tests::rotate;
use crate::{ErrorKind, Limits, Release};

/// Texts of letters and of characters that need special treatment.
fn text_strategy() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '&',
        '<',
        '>',
        '\r',
        '\n',
        '\t',
        ' ',
        '"',
        ']',
        '\u{85}',
        '\u{FFFD}',
        'é',
        '\u{1F600}',
    ]);
    let character = prop_oneof![3 => prop::char::range('a', 'z'), 2 => special];
    prop::collection::vec(character, 0..8).prop_map(String::from_iter)
}

/// Values that the extended rules accept. Doubles are written without an exponent, and dates have the usual form.
fn value_strategy() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::I8),
        any::<bool>().prop_map(Value::Boolean),
        text_strategy().prop_map(Value::from),
        (any::<i32>(), 0..4_i32).prop_map(|(number, places)| Value::Double(f64::from(number) / 10_f64.powi(places))),
        (1..=12, 1..=28, 0..24)
            .prop_map(|(month, day, hour)| Value::DateTime(format!("2006{month:02}{day:02}T{hour:02}:00:59").into())),
        prop::collection::vec(any::<u8>(), 0..70).prop_map(Value::Base64),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((text_strategy().prop_map_into(), inner), 0..4).prop_map(Value::Struct),
        ]
    })
}

fn has_extension(value: &Value) -> bool {
    match value {
        Value::I8(_) | Value::Nil => true,
        Value::Array(items) => items.iter().any(has_extension),
        Value::Struct(members) => members.iter().any(|(_, value)| has_extension(value)),
        _ => false,
    }
}

/// Documents with a few bytes replaced, inserted or removed.
fn mutation_strategy() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"<",
        b">",
        b"/",
        b"&",
        b";",
        b"'",
        b"\"",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<?",
        b"?>",
        b"\r",
        b"\0",
        b"\xFF",
        b"\xEF\xBB\xBF",
        b"<value>",
        b"</value>",
        b"<array>",
        b"<data/>",
        b"<nil/>",
        b"<name>",
        b"</param>",
        b" ",
        b"x",
        b"&#13;",
        b"<fault>",
        b"<struct>",
        b"</struct>",
        b"<string>",
        b"</string>",
        b"<!DOCTYPE a [",
    ];
    let change = (any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(pieces));
    (value_strategy(), prop::collection::vec(change, 0..4)).prop_map(|(value, changes)| {
        let mut document = encode_response(&value).expect("a value that can be written");
        for (at, removed, piece) in changes {
            let at = at.index(document.len() + 1);
            let end = (at + removed).min(document.len());
            document.splice(at..end, piece.iter().copied());
        }
        document
    })
}

proptest! {
    #![proptest_config(crate::test_config())]

    /// Decoding an encoded value returns the value, and encoding that returns the same bytes. The rules of the specification
    /// refuse values with extensions.
    #[test]
    fn round_trip(value in value_strategy()) {
        let bytes = encode_response(&value).unwrap();
        for rules in rotate(Rules::all(), "round_trip") {
            let document = match decode_response(&bytes, rules, &Limits::default()) {
                Ok(response) => response.into_result().unwrap(),
                Err(error) => {
                    prop_assert_eq!((rules, error.kind()), (Rules::spec(), ErrorKind::ExtensionNotAllowed));
                    prop_assert!(has_extension(&value));
                    continue;
                }
            };
            let again = document.value().to_value();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(&encode_response(&again).unwrap(), &bytes);
            prop_assert_eq!(&document, &document.clone().into_owned());
        }
        let call = encode_call("a.b", &[value.clone(), 5.into()]).unwrap();
        let call = decode_call(&call, Rules::extended(), &Limits::default()).unwrap();
        prop_assert_eq!(call.params().map(ValueRef::to_value).collect::<Vec<_>>(), vec![value, 5.into()]);
    }

    /// The rules of a release decode any double, also one that is written with an exponent or as `inf`.
    #[test]
    fn doubles(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        let bytes = encode_response(&number.into()).unwrap();
        let document = decode_response(&bytes, Rules::xend(Release::V4_1), &Limits::default()).unwrap().into_result().unwrap();
        let back = document.value().as_f64().unwrap();
        prop_assert!(back.to_bits() == bits || back.is_nan() && number.is_nan());
    }

    #[test]
    fn faults(code in any::<i32>(), string in text_strategy()) {
        let fault = Fault { code, string };
        let bytes = encode_fault(&fault).unwrap();
        for rules in rotate(Rules::all(), "faults") {
            let response = decode_response(&bytes, rules, &Limits::default()).unwrap();
            prop_assert_eq!(response.into_result().unwrap_err(), fault.clone());
        }
    }

    /// No document is accepted before its root has ended.
    #[test]
    fn prefixes(value in value_strategy(), cut in any::<prop::sample::Index>()) {
        let bytes = encode_response(&value).unwrap();
        let cut = &bytes[..cut.index(bytes.len() - 1)];
        for rules in rotate(Rules::all(), "prefixes") {
            let error = decode(cut, rules, &Limits::default()).unwrap_err();
            prop_assert!(rules == Rules::spec() || error.kind() == ErrorKind::UnexpectedEnd, "{error}");
        }
    }

    /// Nothing panics, spans lie inside the document, and an accepted document can be read.
    #[test]
    fn mutations(document in mutation_strategy()) {
        for rules in rotate(Rules::all(), "mutations") {
            no_panic(&document, rules);
        }
    }

    #[test]
    fn any_bytes(document in prop::collection::vec(any::<u8>(), 0..64)) {
        for rules in rotate(Rules::all(), "any_bytes") {
            no_panic(&document, rules);
        }
    }
}

fn no_panic(document: &[u8], rules: Rules) {
    match decode(document, rules, &Limits::default()) {
        Ok(Message::Call(call)) => call.params().for_each(look),
        Ok(Message::Response(Response::Success(value))) => look(value.value()),
        Ok(Message::Response(Response::Fault(fault))) => {
            look(fault.value());
            fault.to_fault();
        }
        Err(error) => {
            assert!(error.span().start <= error.span().end && error.span().end <= document.len());
            error.render(document);
        }
    }
}

fn look(value: ValueRef<'_>) {
    show(value);
    value.to_value();
    value.span();
    let copy = value;
    assert!(value == copy || show(value).contains("nan"));
}
