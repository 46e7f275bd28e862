//! The page on which people look at a running mock and change it.

use hyper::Response;
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS};

use super::lines::{AnswerBody, whole};

const PAGE: &str = include_str!("page.html");

/// Returns the page. It loads nothing but the calls of its listener, no other page can frame it, and its script can
/// turn no text into HTML: what peers have sent stands in it.
pub(super) fn page() -> Response<AnswerBody> {
    let nonce = format!("{:032x}", fastrand::u128(..));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'"
    );
    let mut response = Response::new(whole(PAGE.replace("{{nonce}}", &nonce)));
    let policy = HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    for (name, value) in [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ] {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::PAGE;
    use crate::fault::Fault;

    #[test]
    fn each_fault_can_be_chosen() {
        let offered = PAGE.lines().filter_map(|line| line.strip_prefix("<option value='")?.split_once("'>"));
        let offered: BTreeSet<_> = offered
            .map(|(value, rest)| {
                let fault: Fault = serde_json::from_str(value).unwrap_or_else(|error| panic!("{value}: {error}"));
                assert_eq!(rest, format!("{}</option>", fault.name()));
                fault.name()
            })
            .collect();
        let documentation = include_str!("../../../docs/scenarios.md");
        let (_, table) = documentation.split_once("| fault | example |").expect("a table");
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let documented: BTreeSet<_> = rows.map(|row| row.split('`').nth(1).expect("a name")).collect();
        assert_eq!(offered, documented);
    }

    #[test]
    fn text_becomes_no_html() {
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"] {
            assert!(!PAGE.contains(way), "{way}");
        }
    }
}
