use super::*;
use crate::{Codec, Rules};

#[track_caller]
fn read(json: &str) -> Tagged {
    let codec = if json.contains("atom") || json.contains("list") { Codec::Sexpr } else { Codec::Xmlrpc };
    Tagged::from_json(json.as_bytes(), codec).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn what_is_read_is_shown_again() {
    let check = |json: &str| assert_eq!(read(json).to_json(), json);
    check(r#"[{"atom":"a"},{"list":[]},{"list":[{"atom":"x y"},{"list":[{"atom_base64":"/w=="}]}]}]"#);
    check(r#"[{"response":{"int":"5"}}]"#);
    check(r#"[{"response":{"array":[{"i8":"-5"},{"boolean":"1"},{"string":"\"é\n"},{"double":"1.5"},{"nil":true}]}}]"#);
    check(r#"[{"response":{"array":[{"dateTime":"19980717T14:08:55"},{"base64":"aGVsbG8="},{"array":[]}]}}]"#);
    check(r#"[{"response":{"struct":[["b",{"struct":[]}],["a",{"int":"1"}],["a",{"int":"2"}]]}}]"#);
    check(r#"[{"fault":{"code":{"int":"3"},"string":{"string":"vm1"}}}]"#);
    check(r#"[{"call":{"method":"m","params":[{"int":"1"},{"struct":[["a",{"nil":true}]]}]}}]"#);
}

#[test]
fn malformed_values() {
    let check = |json: &str, codec, expect: &str| {
        let error = Tagged::from_json(json.as_bytes(), codec).expect_err(json);
        assert_eq!(error.to_string(), expect, "{json}");
    };
    use Codec::{Sexpr, Xmlrpc};
    check("", Sexpr, "not JSON (incomplete document), at column 1");
    check("{}", Sexpr, "expected an array, found an object, at column 1");
    check("[", Sexpr, "not JSON (incomplete document), at [0] (column 2)");
    check(r#"[{"atom":1}]"#, Sexpr, r#"expected a string as in {"atom":"x"}, found a number, at [0].atom (column 10)"#);
    check(r#"[{"atom":"a","list":[]}]"#, Sexpr, "more elements than expected, at [0].atom (column 14)");
    check(r#"[{}]"#, Sexpr, "fewer elements than expected, at [0].<?> (column 3)");
    check(
        r#"[{"int":"1"}]"#,
        Sexpr,
        "`int` is not allowed in an S-expression, expected atom, atom_base64 or list, at [0].int (column 8)",
    );
    check(r#"[{"atom_base64":"?"}]"#, Sexpr, "not base64: invalid length at 0, at [0].atom_base64 (column 20)");
    check(r#"[{"atom":"a"}]"#, Xmlrpc, "`atom` is not allowed in an XML-RPC document, at [0].atom (column 9)");
    check("[]", Xmlrpc, "an XML-RPC document has exactly one value at the top, not 0");
    check(
        r#"[{"int":"1"}]"#,
        Xmlrpc,
        "`int` is not allowed at the top of an XML-RPC document, expected response, fault or call, at [0].int (column 8)",
    );
    check(
        r#"[{"response":{"response":{"int":"1"}}}]"#,
        Xmlrpc,
        "`response` is only allowed at the top of an XML-RPC document, at [0].response.response (column 25)",
    );
    check(r#"[{"response":{"int":"1.0"}}]"#, Xmlrpc, "`int 1.0` is no value of that type");
    check(r#"[{"response":{"boolean":"true"}}]"#, Xmlrpc, "`boolean true` is no value of that type");
    check(r#"[{"response":{"double":"one"}}]"#, Xmlrpc, "`double one` is no value of that type");
    check(
        r#"[{"response":{"nil":false}}]"#,
        Xmlrpc,
        r#"a nil is written {"nil":true}, at [0].response.nil (column 26)"#,
    );
    check(
        r#"[{"response":{"nil":null}}]"#,
        Xmlrpc,
        r#"expected true or false as in {"nil":true}, found null, at [0].response.nil (column 21)"#,
    );
    check(
        r#"[{"response":{"double":1.5}}]"#,
        Xmlrpc,
        r#"expected a string as in {"double":"1.5"}, found a number, at [0].response.double (column 24)"#,
    );
    check(
        r#"[{"response":{"struct":{"a":{"int":"1"}}}}]"#,
        Xmlrpc,
        r#"expected an array as in {"struct":[["name",VALUE]]}, found an object, at [0].response.struct (column 24)"#,
    );
    check(
        r#"[{"fault":{"code":4,"string":"x"}}]"#,
        Xmlrpc,
        r#"expected an object as in {"int":"5"}, found a number, at [0].fault.code (column 19)"#,
    );
    check(
        r#"[{"response":{"float":"1"}}]"#,
        Xmlrpc,
        "unknown type `float`, expected one of atom, atom_base64, list, int, i8, boolean, string, double, dateTime, base64, array, struct, nil, odd, response, fault, call, at [0].response.float (column 26)",
    );
    check(
        r#"[{"response":{"struct":[["a"]]}}]"#,
        Xmlrpc,
        "fewer elements than expected, at [0].response.struct[0][1] (column 29)",
    );
    check(
        r#"[{"response":{"struct":[["a",{"int":"1"},1]]}}]"#,
        Xmlrpc,
        "more elements than expected, at [0].response.struct[0][2] (column 42)",
    );
    check(
        r#"[{"fault":{"code":{"int":"1"}}}]"#,
        Xmlrpc,
        "a fault has one code and one string, at [0].fault.code (column 30)",
    );
    check(
        r#"[{"fault":{"faultCode":{"int":"1"}}}]"#,
        Xmlrpc,
        "unknown key `faultCode` of a fault, expected code or string, at [0].fault.faultCode (column 23)",
    );
    check(
        r#"[{"call":{"method":"m"}}]"#,
        Xmlrpc,
        "a call has one method and one list of params, at [0].call.method (column 23)",
    );
    check(
        r#"[{"call":{"method":"m","method":"m","params":[]}}]"#,
        Xmlrpc,
        "a call has one method and one list of params, and nothing else, at [0].call.method (column 32)",
    );
    check(r#"[{"response":{"int":"1"}}] x"#, Xmlrpc, "not JSON (trailing data), at column 28");
}

#[test]
fn differences() {
    let check = |got: &str, wanted: &str, expect: &str| {
        let difference = read(got).difference(&read(wanted), Equality::default());
        assert_eq!(difference.map_or("none".to_owned(), |difference| difference.to_string()), expect, "{got} {wanted}");
    };
    let response = |value: &str| format!("[{{\"response\":{value}}}]");
    let check_value = |got: &str, wanted: &str, expect: &str| check(&response(got), &response(wanted), expect);
    check(r#"[{"atom":"a"}]"#, r#"[{"atom":"a"}]"#, "none");
    check(r#"[{"atom":"a"}]"#, r#"[{"atom":"b"}]"#, r#"values[0]: got {"atom":"a"}, wanted {"atom":"b"}"#);
    check(r#"[{"atom":"a"}]"#, r#"[{"list":[]}]"#, r#"values[0]: got {"atom":"a"}, wanted {"list":[]}"#);
    check(r#"[{"atom":"a"},{"atom":"b"}]"#, r#"[{"atom":"a"}]"#, r#"values[1]: got {"atom":"b"}, wanted nothing"#);
    check(
        r#"[{"list":[{"atom":"a"},{"list":[{"atom":"b"}]}]}]"#,
        r#"[{"list":[{"atom":"a"},{"list":[{"atom":"b"},{"atom":"c"}]}]}]"#,
        r#"values[0].list[1].list[1]: got nothing, wanted {"atom":"c"}"#,
    );
    check_value(r#"{"int":"1"}"#, r#"{"i8":"1"}"#, "none");
    check_value(r#"{"int":"+01"}"#, r#"{"int":"1"}"#, "none");
    check_value(r#"{"double":"1e3"}"#, r#"{"double":"1000"}"#, "none");
    check_value(r#"{"double":"NaN"}"#, r#"{"double":"nan"}"#, "none");
    check_value(r#"{"int":"1"}"#, r#"{"double":"1"}"#, r#"values[0].response: got {"int":"1"}, wanted {"double":"1"}"#);
    let (ab, ba) =
        (r#"{"struct":[["a",{"int":"1"}],["b",{"int":"2"}]]}"#, r#"{"struct":[["b",{"int":"2"}],["a",{"int":"1"}]]}"#);
    check_value(ab, ba, "none");
    check_value(
        ab,
        r#"{"struct":[["a",{"int":"1"}],["b",{"int":"3"}]]}"#,
        r#"values[0].response.struct["b"]: got {"int":"2"}, wanted {"int":"3"}"#,
    );
    check_value(
        ab,
        r#"{"struct":[["a",{"int":"1"}]]}"#,
        r#"values[0].response.struct["b"]: got {"int":"2"}, wanted nothing"#,
    );
    check(
        r#"[{"fault":{"string":{"string":"x"},"code":{"int":"1"}}}]"#,
        r#"[{"fault":{"code":{"int":"1"},"string":{"string":"x"}}}]"#,
        "none",
    );
    let ordered = Equality { ordered: true, ..Equality::default() };
    assert!(read(&response(ab)).difference(&read(&response(ba)), ordered).is_some());
}

#[test]
fn typed_dates_compare_by_meaning() {
    let date = |text: &str| read(&format!(r#"[{{"response":{{"dateTime":"{text}"}}}}]"#));
    let (basic, extended) = (date("19980717T14:08:55"), date("1998-07-17T14:08:55"));
    assert!(basic.difference(&extended, Equality::default()).is_some());
    assert!(basic.difference(&extended, Equality { typed_dates: true, ..Equality::default() }).is_none());
    let later = date("19980717T14:08:56");
    assert!(basic.difference(&later, Equality { typed_dates: true, ..Equality::default() }).is_some());
}

#[test]
fn a_difference_is_located() {
    let check = |rules: Rules, document: &str, got: &str, expect: &str| {
        let wanted = rules.decode(document.as_bytes()).expect("it is read");
        let difference = read(got).difference(&wanted, Equality::default()).expect("they differ");
        let span = wanted.locate(&difference, &wanted).expect("it is located");
        assert_eq!(&document[span], expect);
    };
    let sexpr = Codec::Sexpr.default_rules();
    check(sexpr, "(a (b c))", r#"[{"list":[{"atom":"a"},{"list":[{"atom":"b"},{"atom":"d"}]}]}]"#, "c");
    check(sexpr, "(a (b c))", r#"[{"list":[{"atom":"a"}]}]"#, "(b c)");
    let document = "<methodResponse><params><param><value><int>5</int></value></param></params></methodResponse>";
    check(Codec::Xmlrpc.default_rules(), document, r#"[{"response":{"int":"6"}}]"#, "5");
}

#[test]
fn depth_costs_no_stack() {
    let depth = 200_000;
    let json = format!("[{}{}]", "{\"list\":[".repeat(depth), "]}".repeat(depth));
    let tagged = read(&json);
    assert_eq!(tagged.depth(), depth);
    assert_eq!(tagged.to_json(), json);
    assert_eq!(tagged.difference(&tagged.clone(), Equality::default()), None);
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// No line that a subject may write makes the reader panic.
        #[test]
        fn any_line_is_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            for codec in Codec::ALL {
                let _ = Tagged::from_json(&line, codec);
            }
        }

        /// No line that resembles an answer makes the reader panic.
        #[test]
        fn nearly_answers_are_read_or_refused(tokens in proptest::collection::vec(
            prop::sample::select(vec![
                "[", "]", "{", "}", ":", ",", "\"atom\"", "\"list\"", "\"a\"", "\"response\"", "\"struct\"", "\"nil\"",
                "\"fault\"", "\"code\"", "\"string\"", "\"call\"", "\"method\"", "\"params\"", "\"int\"", "true", "1",
            ]),
            0..30,
        )) {
            let line = format!("[{{\"response\":{}", tokens.concat());
            for line in [&*line, &tokens.concat()] {
                for codec in Codec::ALL {
                    if let Ok(tagged) = Tagged::from_json(line.as_bytes(), codec) {
                        let json = tagged.to_json();
                        prop_assert_eq!(Tagged::from_json(json.as_bytes(), codec).unwrap(), tagged);
                    }
                }
            }
        }

        /// Values that the built-in codec read are the same after they were written as JSON and read again.
        #[test]
        fn values_survive_json(document in "[(a-c '\\\\)\"é]{0,40}") {
            if let Ok(values) = Codec::Sexpr.default_rules().decode(document.as_bytes()) {
                let json = values.to_json();
                prop_assert_eq!(Tagged::from_json(json.as_bytes(), Codec::Sexpr).unwrap(), values);
            }
        }
    }
}
