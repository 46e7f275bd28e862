//! Properties that hold for all values and documents.

use proptest::prelude::*;

use super::rules::Dialect;
use super::*;
use crate::{Error, ErrorKind, Limits, Release};

/// A value to print.
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

/// Any number of values with these atoms.
fn documents(atom: impl Strategy<Value = Vec<u8>> + 'static) -> impl Strategy<Value = Document<'static>> {
    let tree = atom.prop_map(Tree::Atom);
    let tree = tree.prop_recursive(4, 24, 5, |inner| prop::collection::vec(inner, 0..5).prop_map(Tree::List));
    prop::collection::vec(tree, 0..3).prop_map(|trees| {
        let mut builder = Builder::new();
        trees.iter().for_each(|tree| tree.build(&mut builder));
        builder.finish()
    })
}

fn any_atom() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![3 => 0x20..0x7Fu8, 1 => any::<u8>()], 0..8)
}

/// Rules, and a document that these rules print and read back without loss. Values that the daemon or libvirt itself
/// loses are left out (protocol reference §2.4, §10.3).
fn readable_documents() -> impl Strategy<Value = (Rules, Document<'static>)> {
    rules().prop_flat_map(|rules| {
        let atom = match rules.0 {
            Dialect::Strict => any_atom().boxed(),
            // No byte that is printed as a hexadecimal escape, and before 4.1 no empty string.
            Dialect::Xend(release) => {
                let shortest = usize::from(release < Release::V4_1);
                let byte = prop_oneof![8 => 0x20..0x7Fu8, 1 => prop::sample::select(b"\t\n\r'\"\\".as_slice())];
                prop::collection::vec(byte, shortest..8).boxed()
            }
            // libvirt escapes nothing, and quotes only atoms with spaces and parentheses.
            Dialect::Libvirt => {
                let byte = (0x20..0x7Fu8).prop_filter("has no form", |byte| !b"'\\".contains(byte));
                prop::collection::vec(byte, 1..8).boxed()
            }
        };
        documents(atom).prop_map(move |document| match (rules.0, document.first()) {
            // libvirt reads only one value.
            (Dialect::Libvirt, Some(value)) => (rules, value.to_document()),
            (Dialect::Libvirt, None) => (rules, Builder::new().open().close().clone().finish()),
            _ => (rules, document),
        })
    })
}

/// Random bytes that are enough like a document to get past the first token.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => prop::sample::select(br#"()'"\x0178 ab#!;{}"#.as_slice()), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..40)
}

/// Printed documents with a few bytes replaced, inserted or removed.
fn mutated_documents() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"(", b")", b"'", b"\"", b"\\", b"\\x", b"\\7", b"#", b"\n", b" ", b"\x04", b"\0", b"\x0B", b"\xFF", b"!",
        b"''",
    ];
    let change = (any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(pieces));
    (documents(any_atom()), rules(), prop::collection::vec(change, 1..4)).prop_map(|(document, rules, changes)| {
        let mut printed = print(&document, rules);
        for (at, removed, piece) in changes {
            let at = at.index(printed.len() + 1);
            let end = (at + removed).min(printed.len());
            printed.splice(at..end, piece.iter().copied());
        }
        printed
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    prop::sample::select(Rules::all().collect::<Vec<_>>())
}

/// Parses the document in pieces, whose lengths are taken from the list again and again.
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

/// Checks that nothing panics, that spans lie inside the document, that an accepted document can be read, that it is
/// printed by any rules as its values are that were copied out of it, and that it does not matter where the input is cut.
fn check_any(input: &[u8], lengths: &[usize], rules: Rules) {
    let whole = parse_with(input, rules, &Limits::default());
    match &whole {
        Ok(document) => {
            for rules in Rules::all() {
                let one_by_one: Vec<_> = document.values().map(|value| print(&value.to_document(), rules)).collect();
                assert_eq!(
                    print(document, rules).escape_ascii().to_string(),
                    one_by_one.join(&b' ').escape_ascii().to_string()
                );
            }
            assert_eq!(*document, document.clone().into_owned());
            for value in document.values() {
                assert!(value.span().end <= input.len());
                assert!(Some(value) == value.to_document().first());
            }
        }
        Err(error) => {
            assert!(error.span().start <= error.span().end && error.span().end <= input.len());
            error.render(input);
        }
    }
    assert_eq!(parse_in_pieces(input, lengths, rules), whole);
}

proptest! {
    #![proptest_config(crate::test_config())]

    /// A printed document is parsed by the same rules to the same values, and printed again to the same bytes.
    #[test]
    fn parse_after_print_is_the_identity((rules, document) in readable_documents()) {
        let printed = print(&document, rules);
        let again = parse_with(&printed, rules, &Limits::default());
        prop_assert_eq!(again.as_ref(), Ok(&document), "{}: {}", rules, printed.escape_ascii());
        prop_assert_eq!(print(&again.expect("our own printing"), rules), printed);
    }

    /// Strict rules read any atoms that a release prints to the atoms that were printed.
    #[test]
    fn strict_rules_read_what_releases_print(document in documents(any_atom())) {
        let printed = print(&document, Rules::xend(Release::V4_1));
        prop_assert_eq!(parse(&printed), Ok(document));
    }

    #[test]
    fn any_bytes(input in soup(), lengths in prop::collection::vec(1..6usize, 1..4), rules in rules()) {
        check_any(&input, &lengths, rules);
    }

    #[test]
    fn mutations(input in mutated_documents(), lengths in prop::collection::vec(1..6usize, 1..4), rules in rules()) {
        check_any(&input, &lengths, rules);
    }

    /// A value after the document does not change the values in it.
    #[test]
    fn the_next_value_changes_nothing((rules, document) in readable_documents()) {
        if rules != Rules::libvirt() {
            let mut printed = print(&document, rules);
            printed.extend_from_slice(b" (next)");
            let followed = parse_with(&printed, rules, &Limits::default()).expect("our own printing");
            let count = document.values().count();
            prop_assert_eq!(followed.values().count(), count + 1);
            prop_assert!(followed.values().take(count).eq(document.values()));
        }
    }

    /// No prefix of a list is accepted, except where the daemon itself returns nothing for one. libvirt accepts all.
    #[test]
    fn a_prefix_of_a_list_is_refused((rules, document) in readable_documents(), cut in any::<prop::sample::Index>()) {
        for value in document.values().filter(|value| value.is_list() && rules != Rules::libvirt()) {
            let printed = print_value(value, rules);
            let prefix = &printed[..1 + cut.index(printed.len() - 1)];
            if prefix.len() < printed.len() {
                match parse_with(prefix, rules, &Limits::default()) {
                    Err(error) => prop_assert_eq!(error.kind(), ErrorKind::UnexpectedEnd),
                    // Captures `unclosed-atom` and `hash-mid`.
                    Ok(nothing) => prop_assert!(rules != Rules::strict() && nothing.first().is_none()),
                }
            }
        }
    }
}
