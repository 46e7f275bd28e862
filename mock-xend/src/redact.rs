//! Secrets in what is recorded, logged and shown, and the text that stands in their place.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};
use xend_wire::operation::Face;

use crate::fault::{Parts, set_length};

/// The text that stands for a secret. When a recording is replayed, it matches anything.
pub(crate) const REDACTED: &str = "{redacted}";
/// The text that stands for a session that a login of the recording gave. It matches anything, too, and is that of the
/// latest login when the requests of the recording are sent again.
pub(crate) const SESSION: &str = "{session}";

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

// A line that begins with a blank goes on with the header before it.
pattern!(HEADER, r"(?im-u)^((?:proxy-)?authorization|cookie|set-cookie):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*");
pattern!(MEMBER, r"(?is-u)(<name>[^<]*passw[^<]*</name>\s*<value>).*?(</value>|\z)");
pattern!(
    PAIR,
    r"(?is-u)(<value>\s*(?:<string>)?[\w.-]*passw[\w.-]*(?:</string>)?\s*</value>\s*<value>).*?(</value>|\z)"
);
pattern!(SXP, r#"(?i-u)\(([\w.-]*passw[\w.-]*)\s+(?:(?:'[^']*'|"[^"]*"|[^()]*)\)|(?:'[^']*|"[^"]*|[^()]*)\z)"#);
pattern!(QUOTED_SXP, r"(?is-u)((?:%28|\()[\w.-]*passw[\w.-]*(?:\+|%20)).*?(%29|\)|\z)");
pattern!(FIELD, r"(?i-u)((?:^|[?&])[\w.-]*passw[\w.-]*=)[^&\s]*");
pattern!(METHOD, r"(?-u)<methodName>\s*([^<]*?)\s*</methodName>");
pattern!(PARAM, r"(?s-u)<param>\s*<value>.*?(?:</value>\s*</param>|\z)");
pattern!(FIRST_PARAM, r"(?s-u)\A<param>\s*<value>\s*(?:<string>)?\s*([^<\s]+)\s*<");
pattern!(LOGIN_VALUE, r"(?s-u)<name>\s*Value\s*</name>\s*<value>\s*(?:<string>)?\s*([^<\s]+)\s*<");

/// The sessions that were seen, so that they are found wherever they stand.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// The text that stands for one of them in a request.
    mark: &'static str,
    seen: BTreeSet<Vec<u8>>,
}

/// The most sessions that are remembered; a later one is found only where a session is expected.
const MOST_SESSIONS: usize = 1000;

impl Sessions {
    /// Those of a recording, in which `{session}` stands for a session that a login gave.
    pub(crate) fn of_recording() -> Self {
        Self { mark: SESSION, seen: BTreeSet::new() }
    }

    /// Those of a log, which nobody replays.
    #[cfg(feature = "program")]
    pub(crate) fn of_log() -> Self {
        Self { mark: REDACTED, ..Self::of_recording() }
    }
}

/// Whether an exchange gave a session, which `{session}` stands for in later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    Nothing,
    Session,
}

/// Replaces the secrets of an exchange.
pub(crate) fn exchange(
    face: Face,
    request: &[u8],
    response: Option<&[u8]>,
    sessions: &mut Sessions,
) -> (Vec<u8>, Option<Vec<u8>>, Gives) {
    let method = METHOD.captures(request).map(|found| found[1].to_vec()).unwrap_or_default();
    let is_login = method.starts_with(b"session.") && memchr::memmem::find(&method, b"login").is_some();
    let mut gives = Gives::Nothing;
    if let (true, Some(response)) = (is_login, response)
        && memchr::memmem::find(response, b"<string>Success</string>").is_some()
        && let Some(session) = LOGIN_VALUE.captures(response).map(|found| found[1].to_vec())
    {
        if sessions.seen.len() < MOST_SESSIONS {
            sessions.seen.insert(session);
        }
        gives = Gives::Session;
    }
    // A session is the first parameter of the other methods, even if its login was not seen.
    let has_session = face == Face::XenApi && !is_login && !method.is_empty();
    let first_param = memchr::memmem::find(request, b"<param>").filter(|_| has_session);
    let own = first_param.and_then(|at| FIRST_PARAM.captures(&request[at..])).map(|found| found[1].to_vec());
    let own = own.filter(|own| !sessions.seen.contains(own)).map(|own| [b">", own.as_slice(), b"<"].concat());
    let without_own = |body: &[u8]| match &own {
        Some(own) => replaced(body, own, format!(">{REDACTED}<").as_bytes()),
        None => body.to_vec(),
    };
    let request = message(request, |body| {
        let body = if is_login {
            let redacted = format!("<param>\n<value><string>{REDACTED}</string></value>\n</param>");
            PARAM.replace_all(body, redacted.as_bytes()).into_owned()
        } else {
            without_own(body)
        };
        let body = sessions.replace(&body, sessions.mark);
        if has_session {
            let redact = |found: &Captures<'_>| match memchr::memmem::find(&found[0], sessions.mark.as_bytes()) {
                Some(_) => found[0].to_vec(),
                None => format!("<param>\n<value><string>{REDACTED}</string></value>\n</param>").into_bytes(),
            };
            return PARAM.replacen(&body, 1, redact).into_owned();
        }
        body
    });
    let response = response.map(|response| {
        let response = message(response, |body| sessions.replace(&without_own(body), REDACTED));
        // A recorded reply is read again.
        if face == Face::Sxp && sessions.mark == SESSION { quoted(&response) } else { response }
    });
    (request, response, gives)
}

impl Sessions {
    /// Replaces the sessions that were seen.
    pub(crate) fn replace(&self, body: &[u8], by: &str) -> Vec<u8> {
        self.seen.iter().fold(body.to_vec(), |body, session| match memchr::memmem::find(&body, session) {
            Some(_) => replaced(&body, session, by.as_bytes()),
            None => body,
        })
    }
}

/// Returns a reply of S-expressions in which each `{redacted}` is an atom: braces end one that has no quotes.
fn quoted(reply: &[u8]) -> Vec<u8> {
    let parts = Parts::of_message(reply);
    let body = replaced(parts.body, b" {redacted})", b" '{redacted}')");
    let mut head = parts.head.to_vec();
    set_length(&mut head, parts.body.len(), body.len());
    [head, body].concat()
}

/// Returns bytes in which some are replaced by others, wherever they stand.
fn replaced(bytes: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    split(bytes, what).join(by)
}

/// Replaces the secrets of a request or a reply, and what `more` finds in its body. A `Content-Length` that was right
/// stays right.
fn message(bytes: &[u8], more: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    // A request has a head as well.
    let parts = Parts::of_message(bytes);
    let head = HEADER.replace_all(parts.head, format!("$1: {REDACTED}").as_bytes()).into_owned();
    let head = QUOTED_SXP.replace_all(&head, format!("${{1}}{REDACTED}$2").as_bytes()).into_owned();
    let mut head = FIELD.replace_all(&head, format!("${{1}}{REDACTED}").as_bytes()).into_owned();
    let body = body(&more(parts.body));
    set_length(&mut head, parts.body.len(), body.len());
    [head, body].concat()
}

/// Replaces the passwords of a body.
pub(crate) fn body(body: &[u8]) -> Vec<u8> {
    let value = format!("${{1}}<string>{REDACTED}</string>$2");
    let body = MEMBER.replace_all(body, value.as_bytes()).into_owned();
    let body = PAIR.replace_all(&body, value.as_bytes()).into_owned();
    let body = sexpr(&body);
    let body = QUOTED_SXP.replace_all(&body, format!("${{1}}{REDACTED}$2").as_bytes()).into_owned();
    FIELD.replace_all(&body, format!("${{1}}{REDACTED}").as_bytes()).into_owned()
}

/// Replaces the passwords of S-expressions.
pub(crate) fn sexpr(text: &[u8]) -> Vec<u8> {
    SXP.replace_all(text, format!("($1 {REDACTED})").as_bytes()).into_owned()
}

/// Returns whether bytes are those that were recorded, where `{redacted}` and `{session}` stand for any.
pub(crate) fn matches(recorded: &[u8], given: &[u8]) -> bool {
    let mut pieces = vec![recorded];
    for mark in [REDACTED, SESSION] {
        pieces = pieces.into_iter().flat_map(|piece| split(piece, mark.as_bytes())).collect();
    }
    let [first, middle @ .., last] = pieces.as_slice() else { return recorded == given };
    let Some(mut left) = given.strip_prefix(*first) else { return false };
    for piece in middle {
        let Some(at) = memchr::memmem::find(left, piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last)
}

fn split<'b>(bytes: &'b [u8], mark: &[u8]) -> Vec<&'b [u8]> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(bytes, mark) {
        pieces.push(&bytes[from..at]);
        from = at + mark.len();
    }
    pieces.push(&bytes[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(face: Face, request: &str, response: &str, sessions: &mut Sessions) -> (String, String, Gives) {
        let (request, response, gives) = exchange(face, request.as_bytes(), Some(response.as_bytes()), sessions);
        (String::from_utf8(request).unwrap(), String::from_utf8(response.unwrap()).unwrap(), gives)
    }

    fn call(method: &str, params: &[&str]) -> String {
        let params: String =
            params.iter().map(|param| format!("<param><value><string>{param}</string></value></param>")).collect();
        format!(
            "POST /RPC2 HTTP/1.1\r\n\r\n<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"
        )
    }

    #[test]
    fn no_secret_is_recorded() {
        let mut sessions = Sessions::of_recording();
        let one = |text: &str| redacted(Face::Sxp, text, "", &mut Sessions::of_recording()).0;
        assert_eq!(
            one("GET / HTTP/1.1\r\nAuthorization: Basic czNjcmV0\r\nCookie: s3cret\r\nHost: a\r\n\r\n"),
            "GET / HTTP/1.1\r\nAuthorization: {redacted}\r\nCookie: {redacted}\r\nHost: a\r\n\r\n"
        );
        let secrets = [
            "POST / HTTP/1.1\r\n\r\nop=create&config=(vm+(vfb+(vncpasswd+s3cret)))",
            "POST / HTTP/1.1\r\n\r\nconfig=%28vm%20%28vncpasswd%20s3cret%29%29",
            "POST / HTTP/1.1\r\n\r\nop=login&password=s3cret&x=1",
            "POST / HTTP/1.1\r\n\r\n(vm (vncpasswd s3cret) (memory 64))",
            "GET /?password=s3cret&a=b HTTP/1.1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n<struct><member><name>vncpasswd</name><value><string>s3cret</string></value></member></struct>",
            // The first bytes of a long one.
            "HTTP/1.1 200 OK\r\n\r\n<struct><member><name>vncpasswd</name><value><string>s3cret",
            "POST / HTTP/1.1\r\n\r\n(vm (vncpasswd s3cret",
            "POST / HTTP/1.1\r\n\r\nconfig=%28vm%20%28vncpasswd%20s3cret",
            "HTTP/1.1 200 OK\r\n\r\n<data><value><string>vncpasswd</string></value>\n<value><string>s3cret</string></value></data>",
        ];
        for text in secrets {
            let got = one(text);
            assert!(!got.contains("s3cret") && got.contains(REDACTED), "{got}");
        }
        assert_eq!(
            one("POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\n(vncpasswd s3cret)"),
            "POST / HTTP/1.1\r\nContent-Length: 22\r\n\r\n(vncpasswd {redacted})"
        );
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n(vncpasswd s3cret)";
        assert_eq!(
            redacted(Face::Sxp, "GET / HTTP/1.1\r\n\r\n", reply, &mut Sessions::of_recording()).1,
            "HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n(vncpasswd '{redacted}')"
        );
        let login = "HTTP/1.1 200 OK\r\n\r\n<struct><member><name>Status</name><value><string>Success</string></value></member><member><name>Value</name><value><string>REF-1</string></value></member></struct>";
        let (request, response, gives) =
            redacted(Face::XenApi, &call("session.login_with_password", &["root", "s3cret"]), login, &mut sessions);
        assert!(!request.contains("root") && !request.contains("s3cret"), "{request}");
        assert!(!response.contains("REF-1"), "{response}");
        assert_eq!(gives, Gives::Session);
        let (request, ..) = redacted(Face::XenApi, &call("VM.start", &["REF-1", "vm"]), "", &mut sessions);
        assert!(request.contains("{session}") && request.contains(">vm<"), "{request}");
        // One whose login was not seen stands in replies, too.
        let invalid = "HTTP/1.1 200 OK\r\n\r\n<value><string>SESSION_INVALID</string></value><value><string>REF-2</string></value>";
        for (param, what) in [("REF-2", "VM.start"), (" REF-2 ", "session.get_uuid")] {
            let request = call(what, &[param, "vm", "REF-2"]);
            let (request, response, _) = redacted(Face::XenApi, &request, invalid, &mut sessions);
            assert!(
                request.contains("{redacted}") && !request.contains("REF-2") && request.contains(">vm<"),
                "{request}"
            );
            assert!(response.contains("SESSION_INVALID") && !response.contains("REF-2"), "{response}");
        }
    }

    #[test]
    fn a_mark_matches_anything() {
        for (recorded, given, is_same) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a{redacted}b", "axyzb", true),
            ("a{redacted}b{session}c", "a1b2c", true),
            ("a{redacted}b{session}c", "a1c", false),
            ("{redacted}", "", true),
            ("a{redacted}", "b", false),
        ] {
            assert_eq!(matches(recorded.as_bytes(), given.as_bytes()), is_same, "{recorded} {given}");
        }
    }
}
