//! Masks the values in a reply that no two runs of a daemon share.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

/// The uuids of the domains in the world of the captures, which are the same in every run and are not masked.
const KNOWN: [&[u8]; 3] = [
    b"00000000-0000-0000-0000-000000000000",
    b"11111111-1111-1111-1111-111111111111",
    b"22222222-2222-2222-2222-222222222222",
];

/// The names of fields whose values differ from run to run, as alternatives of a regular expression.
const FIELDS: &str = "up_time|start_time|cpu_time|store_mfn|console_mfn|last_shutdown";

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

pattern!(UUID, r"(?-u)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
pattern!(MAC, r"(?i-u)00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}");
pattern!(SXP_FIELD, &format!(r"(?-u)\(({FIELDS}) [^()]*\)"));
pattern!(XML_FIELD, &format!(r"(?-u)(<string>(?:{FIELDS})</string></value>\s*<value>)<\w+>[^<]*</\w+>"));
pattern!(PORT, r"(?-u)(http://[\w.]+):\d+/");
pattern!(HEADER, r"(?im-u)^(date|server): [^\r\n]*");
pattern!(LENGTH, r"(?im-u)^(content-length): *\d+");

/// Returns a reply in which the values that no two runs share are masked: times, made-up uuids and MAC addresses,
/// ports, and the headers `Date` and `Server`. If something in the body is masked, `Content-length` is masked, too.
pub fn masked(reply: &[u8]) -> Vec<u8> {
    let (head, body) = match reply.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(at) => reply.split_at(at),
        None => (reply, b"".as_slice()),
    };
    let masked_body = mask_values(body);
    let head = HEADER.replace_all(head, b"$1: masked".as_slice()).into_owned();
    // The header `Location` contains a port, too.
    let head = PORT.replace_all(&head, b"$1:0/".as_slice()).into_owned();
    let head = match masked_body == body {
        true => head,
        false => LENGTH.replace_all(&head, b"$1: masked".as_slice()).into_owned(),
    };
    [head, masked_body].concat()
}

/// What stands in a recording for a secret, and matches anything. In S-expressions it stands in quotes.
const REDACTED: &[u8] = b"{redacted}";
pattern!(QUOTED, r"(?-u)'\{redacted\}'");

/// Returns a recorded reply in which each `{redacted}` is what stands there in the given one, as far as both agree. If
/// there is one, `Content-Length` is masked in both, since it counts the text that stands for the secret.
pub(super) fn filled(recorded: Vec<u8>, given: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    if at(&recorded, REDACTED).is_none() {
        return (recorded, given);
    }
    let recorded = QUOTED.replace_all(&recorded, REDACTED).into_owned();
    let [recorded, given] =
        [recorded, given].map(|reply| LENGTH.replace_all(&reply, b"$1: masked".as_slice()).into_owned());
    let (mut filled, mut left, mut rest) = (Vec::new(), recorded.as_slice(), given.as_slice());
    while let Some(mark) = at(left, REDACTED) {
        let (before, behind) = (&left[..mark], &left[mark + REDACTED.len()..]);
        let next = &behind[..at(behind, REDACTED).unwrap_or(behind.len()).min(20)];
        let Some(secret) = rest.strip_prefix(before) else { break };
        // What follows may differ from a byte on.
        let behind_secret = (1..=next.len()).rev().find_map(|length| at(secret, &next[..length]));
        let Some(end) = (if next.is_empty() { Some(secret.len()) } else { behind_secret }) else { break };
        filled.extend_from_slice(before);
        filled.extend_from_slice(&secret[..end]);
        (left, rest) = (behind, &secret[end..]);
    }
    filled.extend_from_slice(left);
    (filled, given)
}

fn mask_values(body: &[u8]) -> Vec<u8> {
    let unless_known = |found: &Captures<'_>| match KNOWN.contains(&&found[0]) {
        true => found[0].to_vec(),
        false => b"masked-uuid".to_vec(),
    };
    let body = UUID.replace_all(body, unless_known);
    let body = MAC.replace_all(&body, b"masked-mac".as_slice());
    let body = PORT.replace_all(&body, b"$1:0/".as_slice());
    let body = SXP_FIELD.replace_all(&body, b"($1 masked)".as_slice());
    XML_FIELD.replace_all(&body, b"$1<string>masked</string>".as_slice()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_secret_is_whatever_stands_there() {
        let told = |recorded: &str, given: &str| {
            let (recorded, given) = filled(recorded.into(), given.into());
            (String::from_utf8(recorded).expect("UTF-8"), String::from_utf8(given).expect("UTF-8"))
        };
        let head = "Content-Length: 9\r\n\r\n";
        let (recorded, given) =
            told(&format!("{head}(a {{redacted}}) (b {{redacted}})"), "Content-Length: 7\r\n\r\n(a s3) (b t)");
        assert_eq!(recorded, given);
        let (recorded, given) = told("(a {redacted}) (b 1)", "(a s3) (b 2)");
        assert_eq!((recorded.as_str(), given.as_str()), ("(a s3) (b 1)", "(a s3) (b 2)"));
        let (recorded, given) = told("(a {redacted})", "(b s3)");
        assert_eq!((recorded.as_str(), given.as_str()), ("(a {redacted})", "(b s3)"));
        let (recorded, given) = told("(a '{redacted}') (b 1)", "(a 's 3') (b 1)");
        assert_eq!(recorded, given);
        assert_eq!(told("a", "b"), ("a".to_owned(), "b".to_owned()));
    }

    #[test]
    fn only_what_varies_is_masked() {
        let check = |reply: &str, expected: &str| {
            assert_eq!(String::from_utf8(masked(reply.as_bytes())).unwrap(), expected);
        };
        check(
            "HTTP/1.1 201 created\r\nContent-length: 78\r\nLocation: http://localhost:8000/xend/domain/a\r\n\r\n\
             (domain (uuid 5f0a8b1c-1111-2222-3333-444444444444) (up_time 1.5) (memory 64))",
            "HTTP/1.1 201 created\r\nContent-length: masked\r\nLocation: http://localhost:0/xend/domain/a\r\n\r\n\
             (domain (uuid masked-uuid) (up_time masked) (memory 64))",
        );
        check(
            "HTTP/1.0 200 OK\r\nServer: BaseHTTP/0.3\r\nDate: Sun, 22 Nov 2026 10:55:56 GMT\r\nContent-length: 5\r\n\r\n\
             11111111-1111-1111-1111-111111111111",
            "HTTP/1.0 200 OK\r\nServer: masked\r\nDate: masked\r\nContent-length: 5\r\n\r\n\
             11111111-1111-1111-1111-111111111111",
        );
        check(
            "<value><string>cpu_time</string></value>\n<value><double>1.2</double></value>",
            "<value><string>cpu_time</string></value>\n<value><double>1.2</double></value>",
        );
        check(
            "\r\n\r\n<value><string>cpu_time</string></value>\n<value><double>1.2</double></value>",
            "\r\n\r\n<value><string>cpu_time</string></value>\n<value><string>masked</string></value>",
        );
    }
}
