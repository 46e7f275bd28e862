//! The XML-RPC decoder, by all rules: no panic, spans inside the document, and what is accepted can be looked at.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xend_wire::datum::Datum;
use xend_wire::xmlrpc::{Message, Response, Rules, ValueRef, decode};
use xend_wire::{Limits, Release, tuples, xenapi};

fn look(value: ValueRef<'_>) {
    let _ = (value.to_value(), format!("{value:?}"), value.text(), xenapi::open_envelope(value));
    let _ = (Datum::from_value(value).repr(), tuples::to_sexpr(value, Release::V3_4));
    value.items().chain(value.members().map(|(_, value)| value)).for_each(|inside| drop(inside.text()));
}

fuzz_target!(|input: &[u8]| {
    for rules in Rules::all() {
        match decode(input, rules, &Limits::default()) {
            Ok(Message::Call(call)) => {
                assert_eq!(call.clone().into_owned().method(), call.method());
                call.params().for_each(look);
            }
            Ok(Message::Response(Response::Success(document))) => look(document.value()),
            Ok(Message::Response(Response::Fault(fault))) => {
                look(fault.value());
                fault.to_fault();
            }
            Err(error) => {
                assert!(error.span().start <= error.span().end && error.span().end <= input.len(), "{error}");
                error.render(input);
            }
        }
    }
});
