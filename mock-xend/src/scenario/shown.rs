//! Requests in the form that reports show them: on one line, shortened, and without passwords.

use xend_wire::datum::Datum;
use xend_wire::operation::Face;
use xend_wire::visible;

use crate::redact;
pub(super) use crate::redact::REDACTED;

/// The common part of the names that passwords have: `password`, `vncpasswd`.
const SECRET: &[u8] = b"passw";

/// Formats a field of a form or an argument as ` NAME=VALUE`.
pub(crate) fn field(name: &[u8], value: &[u8]) -> String {
    let value = if is_secret(name) { REDACTED.to_owned() } else { text(value) };
    format!(" {}={value}", text(name))
}

/// Formats a call as `METHOD(PARAM, PARAM)`. Of a login, only the first parameter, the user, is shown.
pub(crate) fn call(face: Face, method: &str, params: impl Iterator<Item = Datum>) -> String {
    let is_user = |at| at == 0 && is_login(method.as_bytes());
    let shown = params.enumerate().map(|(at, param)| match is_secret_param(face, method.as_bytes(), at) {
        true if !is_user(at) => REDACTED.to_owned(),
        _ => shortened(&visible(&without_secrets(param).repr()), LONGEST_VALUE),
    });
    format!("{}({})", visible(method.as_bytes()), shown.collect::<Vec<_>>().join(", "))
}

/// Formats a text. Of an S-expression such as `(vncpasswd x)` the password is left out; behind any other name of a
/// password everything is, because it is not known where the password ends.
pub(crate) fn text(bytes: &[u8]) -> String {
    let bytes = redact::sexpr(bytes);
    let left_out = format!(" {REDACTED})");
    let name_end =
        |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let is_open = |at: &usize| !bytes[name_end(*at)..].starts_with(left_out.as_bytes());
    let text = match positions(&bytes).find(is_open).map(name_end) {
        Some(end) => {
            let behind = if end < bytes.len() { format!(" {REDACTED}") } else { String::new() };
            visible(&bytes[..end]) + &behind
        }
        None => visible(&bytes),
    };
    shortened(&text, LONGEST_VALUE)
}

/// Shortens a line of a report.
pub(super) fn line(line: &str) -> String {
    shortened(line, LONGEST_LINE)
}

const LONGEST_VALUE: usize = 60;
const LONGEST_LINE: usize = 1000;

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

fn without_secrets(value: Datum) -> Datum {
    let redacted = || Datum::from(REDACTED);
    match value {
        Datum::Bytes(bytes) if position(&bytes).is_some() => text(&bytes).into(),
        Datum::Text(known) if position(known.as_bytes()).is_some() => text(known.as_bytes()).into(),
        Datum::List(items) | Datum::Tuple(items) => {
            let is_secret = items.first().is_some_and(is_name_of_secret);
            let shown = items.into_iter().enumerate();
            let shown = shown.map(|(at, item)| if is_secret && at > 0 { redacted() } else { without_secrets(item) });
            Datum::list(shown)
        }
        Datum::Dict(members) => {
            let shown = members.into_iter().map(|(name, value)| {
                let value = if is_secret(name.as_bytes()) { redacted() } else { without_secrets(value) };
                (name, value)
            });
            Datum::Dict(shown.collect())
        }
        value => value,
    }
}

fn is_name_of_secret(name: &Datum) -> bool {
    match name {
        Datum::Bytes(name) => is_secret(name),
        Datum::Text(name) => is_secret(name.as_bytes()),
        _ => false,
    }
}

pub(crate) fn is_secret(name: &[u8]) -> bool {
    const HEADERS: [&[u8]; 4] = [b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"];
    let header = name.strip_prefix(b"headers.").unwrap_or(name);
    position(name).is_some() || HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(header))
}

/// Returns whether a parameter of a call is a secret: each of a login, and the session of any other call of the Xen-API.
pub(crate) fn is_secret_param(face: Face, method: &[u8], at: usize) -> bool {
    is_login(method) || (face == Face::XenApi && at == 0)
}

/// Returns whether a method is about passwords: `session.login_with_password`.
fn is_login(method: &[u8]) -> bool {
    is_secret(method) || (method.starts_with(b"session.") && method.windows(5).any(|part| part == b"login"))
}

/// Returns where the name of a password is in a text; upper and lower case are the same.
fn position(bytes: &[u8]) -> Option<usize> {
    positions(bytes).next()
}

/// Returns where the names of passwords are.
fn positions(bytes: &[u8]) -> impl Iterator<Item = usize> {
    (0..bytes.len()).filter(|at| bytes[*at..].get(..SECRET.len()).is_some_and(|part| part.eq_ignore_ascii_case(SECRET)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let login = ["root".into(), "s3cret".into()];
        assert_eq!(
            call(Face::XenApi, "session.login_with_password", login.into_iter()),
            "session.login_with_password('root', {redacted})"
        );
        let start = || ["REF".into(), "vm1".into()].into_iter();
        assert_eq!(call(Face::XenApi, "VM.start", start()), "VM.start({redacted}, 'vm1')");
        assert_eq!(call(Face::XmlRpc, "VM.start", start()), "VM.start('REF', 'vm1')");
        let config = Datum::list([
            "vm".into(),
            Datum::pair("vncpasswd", "s3cret"),
            Datum::Dict(vec![("VNCPassword".to_owned(), "s3cret".into()), ("vnc".to_owned(), 1.into())]),
        ]);
        let shown = "xend.domain.create(['vm', ['vncpasswd', '{redacted}'], {'VNCPassword': '{redact…)";
        assert_eq!(call(Face::XmlRpc, "xend.domain.create", [config].into_iter()), shown);
        assert_eq!(
            field(b"config", b"(vfb (vncpasswd s3cret) (vnc 1))"),
            " config=(vfb (vncpasswd {redacted}) (vnc 1))"
        );
        assert_eq!(field(b"passwd", b"s3cret"), " passwd={redacted}");
        assert_eq!(field(b"passwd=s3cret", b""), " passwd {redacted}={redacted}");
        assert_eq!(field(b"Authorization", b"Basic czNjcmV0"), " Authorization={redacted}");
        assert_eq!(text(b"/srv/password"), "/srv/password");
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(field(b"a", &[b'x'; 1 << 20]).chars().count(), " a=".len() + LONGEST_VALUE + 1);
        assert_eq!(line(&"ä".repeat(5000)).chars().count(), LONGEST_LINE + 1);
    }
}
