//! Tests of incremental parsing, lookups and limits. Documents and their values are cases in `fixtures/cases/sexpr`.

use super::*;
use crate::{ErrorKind, Limits, Release};

/// Values become ready one after the other, and later ones do not change earlier ones.
#[test]
fn values_arrive_one_by_one() {
    let mut parser = Parser::new(Rules::xend(Release::V4_1), Limits::default());
    for (piece, ready) in [("(domain (name 'vm", 0), ("1'))", 1), ("''", 2), (" ab", 2), ("c", 2), (" ", 3)] {
        parser.feed(piece.as_bytes()).expect("well-formed");
        assert_eq!(parser.ready(), ready, "after {piece:?}");
    }
    let document = parser.finish().expect("well-formed");
    let texts: Vec<_> = document.values().map(|value| print_value(value, Rules::strict())).collect();
    assert_eq!(texts, [&b"(domain (name vm1))"[..], b"''", b"abc"]);
}

#[test]
fn lookup_takes_the_first_member_of_each_name() {
    let document =
        parse(b"(domain (device (vif (mac 1))) (device (vbd (dev sda1))) (features ) (args 'a b'))").unwrap();
    let domain = document.first().unwrap();
    let check = |path: &str, text: Option<&str>| assert_eq!(domain.text(path), text, "{path}");
    check("domain/device/vif/mac", Some("1"));
    check("domain/device/vbd/dev", None);
    check("domain/args", Some("a b"));
    check("domain/features", None);
    check("domain", None);
    check("node/args", None);
    assert!(domain.lookup("domain/features").is_some());
    assert_eq!(domain.items().count(), 5);
    assert_eq!(
        &b"(domain (device (vif (mac 1))) (device (vbd (dev sda1))) (features ) (args 'a b'))"
            [domain.member("args").unwrap().span()],
        b"(args 'a b')"
    );
}

#[test]
fn limits_hold() {
    let check = |input: &[u8], limits: Limits, kind: ErrorKind| {
        for rules in Rules::all() {
            let error = parse_with(input, rules, &limits).expect_err("over the limit");
            assert_eq!(error.kind(), kind, "{rules}");
        }
    };
    let limits = Limits::default();
    check(b"(((", Limits { depth: 2, ..limits }, ErrorKind::TooDeep);
    check(b"(a b c)", Limits { values: 3, ..limits }, ErrorKind::TooManyValues);
    check(b"(abcd)", Limits { text: 3, ..limits }, ErrorKind::TextTooLong);
    check(b"('abcd')", Limits { text: 3, ..limits }, ErrorKind::TextTooLong);
    check(b"(a b)", Limits { bytes: 4, ..limits }, ErrorKind::TooLong);
}

/// Neither parsing nor printing, comparing, copying or dropping recurses.
#[test]
fn depth_costs_no_stack() {
    let depth = if cfg!(miri) { 200 } else { 1_000_000 };
    let input = [b"(".repeat(depth), b")".repeat(depth)].concat();
    let limits = Limits { depth, ..Limits::default() };
    let document = parse_with(&input, Rules::strict(), &limits).expect("as deep as allowed");
    assert!(document == document.clone());
    assert!(document.first() == document.first().unwrap().to_document().first());
    assert_eq!(print(&document, Rules::strict()), input);
    let error = parse_with(&input[..depth], Rules::strict(), &limits).expect_err("never closed");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEnd);
}
