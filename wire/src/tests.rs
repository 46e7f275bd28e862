//! Reads the documents of the embedded cases under Miri, which allows no files. Whether they are read correctly is the
//! subject of `tests/conformance`, whose TOML parser is too slow for Miri.

use data_encoding::BASE64;

use crate::{Limits, sexpr, xmlrpc};

/// The largest document that is read. Larger ones take too long under Miri.
const LARGEST: usize = 1_024;

/// The document of a case, or `None` if the case generates it from repetitions.
fn document(case: &str) -> Option<Vec<u8>> {
    let line = case.lines().find(|line| line.starts_with("input"))?;
    let (key, value) = line.split_once(" = ")?;
    let inside = value.get(1..value.len() - 1)?;
    match (key, value.as_bytes()[0]) {
        ("input", b'\'') => Some(inside.as_bytes().to_vec()),
        ("input", b'"') => Some(unescape(inside).into_bytes()),
        ("input_base64", b'"') => Some(BASE64.decode(inside.as_bytes()).expect("base64")),
        _ => None,
    }
}

/// Decodes a basic string of TOML.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match rest.next().expect("an escape") {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\x08',
            'f' => '\x0C',
            'u' => {
                let digits: String = rest.by_ref().take(4).collect();
                u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a character")
            }
            same => same,
        });
    }
    out
}

/// All items, but under Miri only every tenth.
pub(crate) fn sample<T>(all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    all.into_iter().step_by(if cfg!(miri) { 10 } else { 1 })
}

fn cases(folder: &str) -> impl Iterator<Item = (&'static str, Option<Vec<u8>>)> {
    sample(xend_fixtures::files(folder))
        .map(|file| (file.path, document(std::str::from_utf8(file.bytes()).expect("UTF-8"))))
}

/// All rules or releases, but under Miri, which takes a tenth of a second for a document, only one. Which one depends on
/// the name of the document or operation.
pub(crate) fn rotate<R>(rules: impl IntoIterator<Item = R>, name: &str) -> impl Iterator<Item = R> {
    let rules: Vec<_> = rules.into_iter().collect();
    let turn = name.bytes().map(usize::from).sum::<usize>() % rules.len();
    rules.into_iter().enumerate().filter(move |(at, _)| !cfg!(miri) || *at == turn).map(|(_, rules)| rules)
}

#[test]
fn small_documents_of_sexpr() {
    for (path, document) in cases("cases/sexpr/") {
        let Some(document) = document.filter(|document| document.len() <= LARGEST) else { continue };
        for rules in rotate(sexpr::Rules::all(), path) {
            match sexpr::parse_with(&document, rules, &Limits::default()) {
                Ok(parsed) => {
                    sexpr::print(&parsed, rules);
                    assert_eq!(parsed.clone().into_owned(), parsed, "{path}");
                }
                Err(error) => assert!(!error.render(&document).is_empty(), "{path}"),
            }
        }
    }
}

#[test]
fn small_documents_of_xmlrpc() {
    use xmlrpc::{Message, Response};
    for (path, document) in cases("cases/xmlrpc/") {
        let Some(document) = document.filter(|document| document.len() <= LARGEST) else { continue };
        for rules in rotate(xmlrpc::Rules::all(), path) {
            match xmlrpc::decode(&document, rules, &Limits::default()) {
                Ok(Message::Response(Response::Success(value))) => {
                    let owned = value.clone().into_owned();
                    assert!(owned == value || path.contains("nan"), "{path}");
                    value.value().to_value();
                }
                Ok(Message::Response(Response::Fault(fault))) => drop(fault.to_fault()),
                Ok(Message::Call(call)) => call.params().for_each(|param| drop(param.to_value())),
                Err(error) => assert!(!error.render(&document).is_empty(), "{path}"),
            }
        }
    }
}

/// Large documents, and those that are made of repetitions, are left out. They are at most one in twenty.
#[test]
#[cfg_attr(miri, ignore = "it reads nothing")]
fn few_documents_are_left_out() {
    let all: Vec<_> = cases("cases/").collect();
    let left_out = all.iter().filter(|(_, document)| document.as_ref().is_none_or(|document| document.len() > LARGEST));
    let left_out: Vec<_> = left_out.map(|(path, _)| *path).collect();
    assert!(left_out.len() * 20 < all.len(), "{} of {}: {left_out:?}", left_out.len(), all.len());
}
