//! Decode, encode, decode again: what was accepted comes back the same, on both codecs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xend_wire::xmlrpc::{self, Response, Value};
use xend_wire::{Limits, Release, sexpr};

fuzz_target!(|input: &[u8]| {
    let limits = Limits::default();
    for rules in sexpr::Rules::all() {
        if let Ok(document) = sexpr::parse_with(input, rules, &limits) {
            let printed = sexpr::print(&document, sexpr::Rules::strict());
            let again = sexpr::parse(&printed).expect("our own printing");
            assert_eq!(again, document, "{rules}");
        }
    }
    // By the rules of the daemon anything that can be written can be read: doubles with exponents, dates of any form.
    let rules = xmlrpc::Rules::xend(Release::V4_1);
    for by in [xmlrpc::Rules::spec(), xmlrpc::Rules::extended(), rules] {
        let Ok(Response::Success(document)) = xmlrpc::decode_response(input, by, &limits) else { continue };
        let value = document.value().to_value();
        let body = xmlrpc::encode_response(&value).expect("what was read can be written");
        let again = xmlrpc::decode_response(&body, rules, &limits).expect("our own writing");
        let again = again.into_result().expect("no fault").value().to_value();
        assert!(again == value || has_nan(&value), "{by}: {value:?} {again:?}");
    }
});

/// NaN is not equal to itself.
fn has_nan(value: &Value) -> bool {
    match value {
        Value::Double(number) => number.is_nan(),
        Value::Array(items) => items.iter().any(has_nan),
        Value::Struct(members) => members.iter().any(|(_, value)| has_nan(value)),
        _ => false,
    }
}
