//! What files can't say: laws over all values and documents, cursors, limits. The documents themselves are cases in
//! `fixtures/cases/sexpr`.

use proptest::prelude::*;

use super::*;
use crate::{Error, ErrorKind, Limits, Release};

/// A value to print: an atom of any bytes, or a list.
#[derive(Clone, Debug)]
enum Tree {
    Atom(Vec<u8>),
    List(Vec<Tree>),
}

impl Tree {
    fn build(&self, builder: &mut Builder) {
        match self {
            Self::Atom(atom) => drop(builder.atom(atom)),
            Self::List(items) => {
                builder.open();
                items.iter().for_each(|item| item.build(builder));
                builder.close();
            }
        }
    }
}

fn documents() -> impl Strategy<Value = Document<'static>> {
    let atom = prop::collection::vec(prop_oneof![3 => 0x20..0x7Fu8, 1 => any::<u8>()], 0..8).prop_map(Tree::Atom);
    let tree = atom.prop_recursive(4, 24, 5, |inner| prop::collection::vec(inner, 0..5).prop_map(Tree::List));
    prop::collection::vec(tree, 0..3).prop_map(|trees| {
        let mut builder = Builder::new();
        trees.iter().for_each(|tree| tree.build(&mut builder));
        builder.finish()
    })
}

/// Bytes that look enough like a document to get past its first token.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => prop::sample::select(br#"()'"\x0178 ab#!;{}"#.as_slice()), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..40)
}

fn rules() -> impl Strategy<Value = Rules> {
    prop::sample::select(Rules::all().collect::<Vec<_>>())
}

fn config() -> ProptestConfig {
    crate::test_config()
}

/// The document in pieces of the given lengths, the last of which is cut short or repeated as needed.
fn parse_in_pieces(input: &[u8], lengths: &[usize], rules: Rules) -> Result<Document<'static>, Error> {
    let mut parser = Parser::new(rules, Limits::default());
    let mut rest = input;
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at((*length).clamp(1, rest.len()));
        parser.feed(piece)?;
        rest = behind;
    }
    parser.finish()
}

proptest! {
    #![proptest_config(config())]

    /// What the strict printer writes, strict rules read back: to the same values, whatever the bytes.
    #[test]
    fn parse_after_print_is_the_identity(document in documents()) {
        let printed = print(&document, Rules::strict());
        prop_assert_eq!(parse(&printed).expect("our own printing"), document);
    }

    /// A second round changes nothing, under any rules that can read what they print.
    #[test]
    fn print_is_stable_after_one_round(document in documents(), rules in rules()) {
        let printed = print(&document, rules);
        if let Ok(again) = parse_with(&printed, rules, &Limits::default()) {
            let second = print(&again, rules);
            if let Ok(third) = parse_with(&second, rules, &Limits::default()) {
                // Values may be lost in the first round (hexadecimal escapes, empty strings), never in the second.
                if rules == Rules::strict() {
                    prop_assert_eq!(third, again);
                }
            }
        }
    }

    #[test]
    fn nothing_panics_and_cutting_is_invisible(input in soup(), lengths in prop::collection::vec(1..6usize, 1..4), rules in rules()) {
        let whole = parse_with(&input, rules, &Limits::default());
        let pieces = parse_in_pieces(&input, &lengths, rules);
        prop_assert_eq!(whole, pieces);
    }

    /// No prefix of a list is a document, but where the daemon itself gives nothing for one.
    #[test]
    fn a_prefix_of_a_list_is_refused(document in documents(), cut in any::<prop::sample::Index>()) {
        for value in document.values().filter(|value| value.is_list()) {
            let printed = print_value(value, Rules::strict());
            let prefix = &printed[..1 + cut.index(printed.len() - 1)];
            if prefix.len() < printed.len() {
                let error = parse(prefix).expect_err("a prefix");
                prop_assert_eq!(error.kind(), ErrorKind::UnexpectedEnd);
            }
        }
    }
}

/// The next value behind the first changes nothing about the first.
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
    let depth = if cfg!(miri) { 2_000 } else { 1_000_000 };
    let input = [b"(".repeat(depth), b")".repeat(depth)].concat();
    let limits = Limits { depth, ..Limits::default() };
    let document = parse_with(&input, Rules::strict(), &limits).expect("as deep as allowed");
    assert!(document == document.clone());
    assert!(document.first() == document.first().unwrap().to_document().first());
    assert_eq!(print(&document, Rules::strict()), input);
    let error = parse_with(&input[..depth], Rules::strict(), &limits).expect_err("never closed");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEnd);
}
