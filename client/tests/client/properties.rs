//! Whatever a server replies, the client returns a result, or an error with a code, in bounded time.

use proptest::prelude::*;
use xend_client::{Address, Arguments, Client, Deadlines, ErrorCode, Face, Fate, Release, Uri};
use xend_wire::operation::ALL;

use crate::peer::{Then, arguments, ask, client, run};

/// Generates replies that are correct in all parts but one.
fn replies() -> impl Strategy<Value = Vec<u8>> {
    let status = prop_oneof![
        3 => Just("HTTP/1.1 200 OK".to_owned()),
        3 => (0..999u16, prop::sample::select(vec!["OK", "", "Operation not implemented: x", "Request failed: pause"]))
            .prop_map(|(code, reason)| format!("HTTP/1.1 {code} {reason}")),
        1 => prop::sample::select(vec!["HTTP/1.0 200 OK", "HTTP/9.9 200 OK", "HTTP/1.1", "200", "", "(a)"]).prop_map(str::to_owned),
    ];
    let bodies = [
        "",
        "0",
        "(",
        ")",
        "''",
        "(domain (name vm1))",
        "(domain (name vm1))''",
        "(node (host a))",
        "(vm1 vm2)",
        "(xend.err 'no')",
        "(xend.err)",
        "(xend.err \"",
        "<html>",
        "<methodResponse/>",
        "<methodResponse><params><param><value><nil/></value></param></params></methodResponse>",
        "<methodResponse><fault><value><struct/></value></fault></methodResponse>",
        "<methodResponse><params><param><value><array><data><value>a</value></data></array></value></param></params></methodResponse>",
    ];
    let body = prop_oneof![
        5 => prop::sample::select(bodies.to_vec()).prop_map(|body| body.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ];
    let headers = prop::collection::vec(
        prop::sample::select(vec![
            "Content-type: application/sxp",
            "Connection: keep-alive",
            "Transfer-Encoding: chunked",
            "Content-length: 3",
            "Content-length: x",
            "Location: /",
            "nonsense",
            "X: \u{e9}",
        ]),
        0..3,
    );
    (status, headers, body, prop::option::weighted(0.8, -2..3i64)).prop_map(|(status, headers, body, error)| {
        let mut reply = format!("{status}\r\n");
        headers.iter().for_each(|header| reply += &format!("{header}\r\n"));
        if let Some(error) = error {
            reply += &format!("Content-length: {}\r\n", body.len() as i64 + if error.abs() == 2 { error } else { 0 });
        }
        let mut reply = (reply + "\r\n").into_bytes();
        reply.extend(body);
        reply
    })
}

fn cut_into(reply: &[u8], lengths: &[usize]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = reply;
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at((*length).min(rest.len()));
        pieces.push(piece.to_vec());
        rest = behind;
    }
    pieces
}

/// Generates texts as callers may pass them: short ones with odd characters, and some that are longer than a path, a
/// header or a name may be.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        2 => "[a-z0-9.:/ %\\[\\]\\x00-\\x1f\u{7f}\u{e9}]{0,12}",
        1 => (prop::sample::select(vec!["a", "\u{e9}", "%", "(", " "]), 65_000..67_000usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

fn uris() -> impl Strategy<Value = Uri> {
    let address = prop_oneof![
        (texts(), any::<u16>()).prop_map(|(host, port)| Address::Tcp { host, port }),
        texts().prop_map(|path| Address::Unix(path.into())),
    ];
    (prop::sample::select(Face::ALL.to_vec()), address).prop_map(|(face, address)| Uri { face, address })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        // Miri is a thousand times slower.
        cases: if cfg!(miri) { 2 } else { ProptestConfig::default().cases },
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_reply_ends_in_a_result_or_a_code(
        reply in replies(),
        keep in any::<prop::sample::Index>(),
        whole in any::<bool>(),
        hold in any::<bool>(),
        lengths in prop::collection::vec(1..30usize, 1..4),
        operation in prop::sample::select(ALL),
        face in prop::sample::select(Face::ALL.to_vec()),
    ) {
        let kept = if whole { &reply[..] } else { &reply[..keep.index(reply.len() + 1)] };
        let ends = |pieces: Vec<Vec<u8>>| if hold { Then::Hold(pieces) } else { Then::Close(pieces) };
        let outcome = |pieces| {
            run(ask(&client(face).credentials("root", ""), operation, ends(pieces))).1.map_err(|error| (error.code(), error.fate(), error.reply().cloned()))
        };
        let at_once = outcome(vec![kept.to_vec()]);
        if let Err((code, ..)) = &at_once {
            prop_assert_ne!(*code, ErrorCode::Success);
        }
        // The outcome does not depend on how the reply is cut into pieces.
        prop_assert_eq!(at_once, outcome(cut_into(kept, &lengths)));
    }

    /// Whatever the caller passes, the client does not panic: what can't be sent gives an error, and nothing is sent.
    #[test]
    fn whatever_is_passed_there_is_an_error_with_its_reason(
        uri in uris(),
        operation in prop::sample::select(ALL),
        release in prop::sample::select(Release::ALL),
        given in prop::collection::vec((prop::sample::Index::arbitrary(), texts()), 0..4),
        unknown in prop::option::weighted(0.1, (texts(), texts())),
        user in texts(),
        limits in prop::sample::select(vec![std::time::Duration::ZERO, std::time::Duration::from_secs(1), std::time::Duration::MAX]),
    ) {
        let mut named: Vec<(String, Vec<u8>)> =
            arguments(operation).iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
        for (at, text) in given {
            if !named.is_empty() {
                let at = at.index(named.len());
                named[at].1 = text.into_bytes();
            }
        }
        named.extend(unknown.map(|(name, value)| (name, value.into_bytes())));
        let arguments: Arguments = named.into_iter().collect();
        let connected = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let noted = std::sync::Arc::clone(&connected);
        let nobody = move || {
            noted.store(true, std::sync::atomic::Ordering::Relaxed);
            async { Err::<tokio::io::DuplexStream, _>(std::io::ErrorKind::ConnectionRefused.into()) }
        };
        let deadlines = Deadlines { connect: limits, first_byte: limits, whole: limits };
        let client = Client::new(uri).release(release).deadlines(deadlines).credentials(user, "").connect_with(nobody);
        let error = run(async { client.within(limits).call(operation, &arguments).await }).unwrap_err();
        prop_assert!(!error.message().is_empty());
        let is_invalid = error.fate() == Fate::Invalid;
        prop_assert_eq!(is_invalid, !connected.load(std::sync::atomic::Ordering::Relaxed), "{}", error);
    }
}
