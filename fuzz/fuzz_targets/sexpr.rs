//! The S-expression decoder, by all rules, whole and in pieces: no panic, spans inside the document, and the same result
//! however the input is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xend_wire::Limits;
use xend_wire::sexpr::{Parser, Rules, parse_with, print};

fuzz_target!(|input: &[u8]| {
    let limits = Limits::default();
    for rules in Rules::all() {
        let whole = parse_with(input, rules, &limits);
        let mut parser = Parser::new(rules, limits);
        let length = 1 + usize::from(input.first().copied().unwrap_or_default() % 7);
        let pieces = input.chunks(length).try_for_each(|piece| parser.feed(piece)).and_then(|()| parser.finish());
        assert_eq!(pieces, whole, "{rules}");
        match whole {
            Ok(document) => {
                print(&document, rules);
                assert_eq!(document.clone().into_owned(), document);
            }
            Err(error) => {
                assert!(error.span().start <= error.span().end && error.span().end <= input.len(), "{error}");
                error.render(input);
            }
        }
    }
});
