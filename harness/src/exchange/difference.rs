//! Describes the differences between two HTTP replies.

use xend_wire::operation::Face;
use xend_wire::{Excerpt, Release, sexpr, visible, xmlrpc};

use crate::Rules;
use crate::shorten::shortened;
use crate::tagged::Equality;

/// How much of a reply must be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Same {
    /// The status code, and the body by what it means.
    Body,
    /// The status line, the headers without regard to the case of their names and to their order, and the body by what
    /// it means.
    Head,
    /// Every byte, and how the connection ends.
    #[default]
    Bytes,
}

/// The length to which a line or value is shortened, in characters.
const LONGEST: usize = 200;

/// The number of differences in the head of a reply that are listed.
const MOST: usize = 20;

/// Returns the differences between a reply and the wanted one, one text for each.
///
/// The status line, the headers, their order, and the first place in the body are compared, as far as `same` asks for
/// it.
pub fn differences(got: &[u8], wanted: &[u8], face: Face, release: Release, same: Same) -> Vec<String> {
    let (got_none, got, wanted) = (got.is_empty(), Reply::split(got), Reply::split(wanted));
    if got_none && !wanted.status.is_empty() {
        return vec![format!("reply: got none, wanted {}", quoted(wanted.status))];
    }
    let mut found = Vec::new();
    let mut differ = |what: &str, got: &str, wanted: &str| {
        found.push(format!("{what}: got {}, wanted {}", shortened(got, LONGEST), shortened(wanted, LONGEST)));
    };
    let code = |status: &[u8]| status.split(|&byte| byte == b' ').nth(1).unwrap_or_default().to_vec();
    let is_same_status = match same {
        Same::Body => code(got.status) == code(wanted.status),
        Same::Head | Same::Bytes => got.status == wanted.status,
    };
    if !is_same_status {
        differ("status", &quoted(got.status), &quoted(wanted.status));
    }
    let name = |line: &'_ [u8]| visible(line.split(|&byte| byte == b':').next().unwrap_or_default());
    let is_same_header = |one: &[u8], other: &[u8]| {
        one == other
            || (same == Same::Head && name(one).eq_ignore_ascii_case(&name(other)) && value(one) == value(other))
    };
    // What is left of the loops below costs nothing if no header counts.
    let (got_headers, wanted_headers) =
        if same == Same::Body { (Vec::new(), Vec::new()) } else { (got.headers.clone(), wanted.headers.clone()) };
    for line in &wanted_headers {
        if !got_headers.iter().any(|other| is_same_header(other, line)) {
            let same_name = got_headers.iter().find(|other| name(other).eq_ignore_ascii_case(&name(line)));
            differ(
                &format!("header {}", name(line)),
                &same_name.map_or("none".to_owned(), |it| quoted(it)),
                &quoted(line),
            );
        }
    }
    // The number of headers is limited, since a server may send very many.
    for line in got_headers.iter().take(10 * MOST) {
        if !wanted_headers.iter().any(|other| name(other).eq_ignore_ascii_case(&name(line))) {
            differ(&format!("header {}", name(line)), &quoted(line), "none");
        }
    }
    let mut sorted = (got_headers.clone(), wanted_headers.clone());
    sorted.0.sort_unstable();
    sorted.1.sort_unstable();
    if same == Same::Bytes && sorted.0 == sorted.1 && got_headers != wanted_headers {
        let order = |headers: &[&[u8]]| headers.iter().map(|line| name(line)).collect::<Vec<_>>().join(", ");
        differ("order of headers", &order(&got_headers), &order(&wanted_headers));
    }
    if found.len() > MOST {
        let more = found.len() - MOST;
        found.truncate(MOST);
        found.push(format!("headers: {more} more differences"));
    }
    if got.body != wanted.body {
        found.extend(difference_of_bodies(got.body, wanted.body, face, release, same));
    }
    found
}

/// Returns the value of a header, without white space around it.
fn value(line: &[u8]) -> &[u8] {
    let at = line.iter().position(|&byte| byte == b':').map_or(line.len(), |at| at + 1);
    line[at..].trim_ascii()
}

/// Describes the first difference between two bodies: the first value that differs, or the first byte if both mean the
/// same. That is no difference if only the meaning counts.
fn difference_of_bodies(got: &[u8], wanted: &[u8], face: Face, release: Release, same: Same) -> Option<String> {
    let rules = match face {
        Face::Sxp => Rules::Sexpr(sexpr::Rules::xend(release)),
        Face::XmlRpc | Face::XenApi => Rules::Xmlrpc(xmlrpc::Rules::xend(release)),
    };
    let equality = Equality { ordered: true, ..Equality::default() };
    let is_typed = |body: &[u8]| face != Face::Sxp || body.starts_with(b"(");
    if is_typed(got)
        && is_typed(wanted)
        && let (Ok(got), Ok(wanted)) = (rules.decode(got), rules.decode(wanted))
    {
        match got.difference(&wanted, equality) {
            Some(difference) => return Some(format!("body: {difference}")),
            None if same != Same::Bytes => return None,
            None => {}
        }
    }
    let at = got.iter().zip(wanted).take_while(|(one, other)| one == other).count();
    let excerpt = |body: &[u8]| {
        let excerpt = Excerpt::new(body, &(at..at + 1)).to_string();
        excerpt.trim_end().to_owned()
    };
    Some(format!("body from byte {at}, got\n{}\n  wanted\n{}", excerpt(got), excerpt(wanted)))
}

fn quoted(line: &[u8]) -> String {
    format!("`{}`", visible(line))
}

struct Reply<'r> {
    status: &'r [u8],
    headers: Vec<&'r [u8]>,
    body: &'r [u8],
}

impl<'r> Reply<'r> {
    fn split(bytes: &'r [u8]) -> Self {
        let (head, body) = match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(at) => (&bytes[..at], &bytes[at + 4..]),
            // A reply of HTTP/0.9 is a body without a head.
            None => (b"".as_slice(), bytes),
        };
        let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Self { status: lines.next().unwrap_or_default(), headers: lines.collect(), body }
    }
}
