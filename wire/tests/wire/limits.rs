//! Bounds on the time and stack that malicious documents take. The time is that of the fastest of up to twenty runs, because
//! the machine may have other work. The bounds are for a release build; a debug build gets more time.

use std::time::{Duration, Instant};

use xend_wire::datum::Datum;
use xend_wire::sexpr::{self, Document};
use xend_wire::{Culprit, ErrorKind, Limits, Release, tuples, xmlrpc};

/// The most time that a run may take. In a debug build it is only short enough to tell linear from quadratic time.
const BOUND: Duration = Duration::from_millis(if cfg!(debug_assertions) { 20_000 } else { 50 });

#[track_caller]
fn check_time<T>(what: &str, mut work: impl FnMut() -> T) -> T {
    let mut fastest = Duration::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        let result = work();
        fastest = fastest.min(start.elapsed());
        if fastest < BOUND {
            return result;
        }
    }
    panic!("{what} took {fastest:?}, allowed are {BOUND:?}");
}

fn response(value: &str) -> String {
    format!("<?xml version=\"1.0\"?><methodResponse><params><param>{value}</param></params></methodResponse>")
}

#[test]
fn a_million_open_parentheses() {
    let open = b"(".repeat(1_000_000);
    for rules in sexpr::Rules::all() {
        let error = check_time(&format!("default limits, {rules}"), || {
            sexpr::parse_with(&open, rules, &Limits::default()).expect_err("too deep")
        });
        assert_eq!((error.kind(), error.culprit()), (ErrorKind::TooDeep, Culprit::Limit), "{rules}");

        let limits = Limits { depth: usize::MAX, ..Limits::default() };
        let error = check_time(&format!("no limit, {rules}"), || {
            sexpr::parse_with(&open, rules, &limits).map(drop).expect_err("never closed")
        });
        let is_libvirt = rules == sexpr::Rules::libvirt();
        let kind = if is_libvirt { ErrorKind::StackOverflow } else { ErrorKind::UnexpectedEnd };
        assert_eq!(error.kind(), kind, "{rules}");
    }
}

/// Parsing, printing, comparing, copying and dropping do not recurse.
#[test]
fn a_million_levels_of_lists() {
    let input = [b"(".repeat(1_000_000), b")".repeat(1_000_000)].concat();
    let limits = Limits { depth: 1_000_000, ..Limits::default() };
    let document = check_time("parse", || sexpr::parse_with(&input, sexpr::Rules::strict(), &limits).expect("allowed"));
    assert_eq!(check_time("print", || sexpr::print(&document, sexpr::Rules::strict())), input);
    assert!(check_time("compare", || document == document.clone()));
    let copy = check_time("copy", || document.first().expect("a value").to_document());
    assert!(check_time("compare values", || copy.first() == document.first()));
    check_time("drop", || drop::<Document<'_>>(document.clone()));
}

#[test]
fn a_hundred_thousand_levels_of_xml() {
    let nested = |open: &str, close: &str| response(&format!("{}{}", open.repeat(100_000), close.repeat(100_000)));
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    let documents = [
        (nested("<value><array><data>", "</data></array></value>"), ErrorKind::TooDeep),
        (nested("<value><struct><member><name>a</name>", "</member></struct></value>"), ErrorKind::TooDeep),
        (nested("<value>", "</value>"), ErrorKind::UnexpectedElement),
    ];
    for (document, kind) in &documents {
        for rules in xmlrpc::Rules::all() {
            let error = check_time(&format!("{kind:?}, {rules}"), || {
                xmlrpc::decode(document.as_bytes(), rules, &limits).map(drop)
            });
            // Python ignores how elements nest, so elements without values are not levels.
            let is_python = rules.name().starts_with("xend-");
            match error {
                Err(error) => assert!(error.kind() == *kind || is_python, "{rules}: {error}"),
                Ok(()) => assert!(is_python && *kind == ErrorKind::UnexpectedElement, "{rules}"),
            }
        }
    }
}

/// Neither ten levels of ten entities, nor one long entity that is used often, are expanded.
#[test]
fn entities_cost_what_their_declarations_cost() {
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE lolz [<!ENTITY l0 \"lol\">{laughs}]>");
    let long = format!("<!DOCTYPE x [<!ENTITY a \"{}\">]>", "A".repeat(50_000));
    for (declaration, value) in [(laughs, "&l9;".to_owned()), (long, "&a;".repeat(4_000))] {
        let document = response(&format!("<value><string>{value}</string></value>"));
        let document = document.replacen("?>", &format!("?>{declaration}"), 1);
        for rules in xmlrpc::Rules::all() {
            let error = check_time(&format!("entities, {rules}"), || {
                xmlrpc::decode(document.as_bytes(), rules, &Limits::default()).map(drop).expect_err("an entity")
            });
            assert_eq!(error.kind(), ErrorKind::UndefinedEntity);
        }
    }
}

/// Printing, comparing, copying and dropping the deepest possible owned value fits into a small stack.
#[test]
fn owned_values_fit_into_a_small_stack() {
    // The smallest usual stack of a thread is 512 KiB, on macOS. Unoptimised code takes several times as much.
    let stack = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };
    let work = || {
        let input = [b"(".repeat(Limits::HARD_DEPTH), b")".repeat(Limits::HARD_DEPTH)].concat();
        let document = sexpr::parse(&input).expect("within the limits");
        let datum = Datum::from_sexpr(document.first().expect("a value")).expect("not too deep");
        assert_eq!(datum.show(Release::V4_1), input);
        assert_eq!(datum.repr().len(), input.len());
        assert!(datum == datum.clone());

        let body = datum.response(Release::V4_1);
        let response = xmlrpc::decode_response(&body, xmlrpc::Rules::spec(), &Limits::default()).expect("not too deep");
        let reply = response.into_result().expect("no fault");
        let value = reply.value().to_value();
        assert!(value == value.clone());
        assert_eq!(xmlrpc::encode_response(&value).expect("not too deep"), body);
        assert!(value == tuples::to_value(document.first().expect("a value")).expect("not too deep"));
        assert!(tuples::to_sexpr(reply.value(), Release::V4_1) == document);
    };
    let thread = std::thread::Builder::new().stack_size(stack).spawn(work).expect("a thread");
    thread.join().expect("no panic");
}

/// A record of a domain of 4.1 (`cases/sexpr/record-domain-4-1.toml`), repeated 5,000 times, is within the default limits
/// on both faces. Unoptimised code is too slow for that, and gets a fifth of it.
#[test]
fn a_reply_with_5_000_domains_passes_the_defaults() {
    let case = xend_fixtures::file("cases/sexpr/record-domain-4-1.toml").expect("the case");
    let case: toml::Table = toml::from_str(std::str::from_utf8(case.bytes()).expect("UTF-8")).expect("TOML");
    // 4.1 prints an empty string after the record.
    let record = case["input"].as_str().expect("an input").trim_end_matches("''");

    let domains = if cfg!(debug_assertions) { 1_000 } else { 5_000 };
    let list = format!("({})", vec![record; domains].join(" "));
    let document = sexpr::parse_with(list.as_bytes(), sexpr::Rules::xend(Release::V4_1), &Limits::default());
    let document = document.expect("a reply of a real daemon");
    let list = document.first().expect("a list");
    assert_eq!(list.items().count(), domains);

    let body = Datum::from_sexpr(list).expect("not deep").response(Release::V4_1);
    for rules in [xmlrpc::Rules::spec(), xmlrpc::Rules::xend(Release::V4_1)] {
        let response = xmlrpc::decode_response(&body, rules, &Limits::default()).expect("a reply of a real daemon");
        assert_eq!(response.into_result().expect("no fault").value().items().count(), domains);
    }
    println!("{} bytes of S-expressions, {} of XML-RPC", list.span().len(), body.len());
}
