//! Whether a call comes from this machine and from no page of another origin.
//!
//! A browser lets any page send requests to loopback. `Origin` names the page that did, and `Host` the name by which the
//! page reached the listener: a foreign name that resolves to loopback is DNS rebinding.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::StatusCode;
use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use xend_wire::visible;

use super::problem::Problem;

/// Refuses a call by its headers.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "a request needs one Host header"));
    };
    if !host.to_str().is_ok_and(is_loopback) {
        let host = visible(host.as_bytes());
        let detail = format!("the Host `{host}` is no name or address of loopback: write localhost or 127.0.0.1");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let own = [b"http://", host.as_bytes()].concat();
    // Browsers send no `Origin` with what a page of another origin loads, such as an image.
    let is_foreign = |site: &HeaderValue| ["cross-site", "same-site"].iter().any(|foreign| site == foreign);
    let is_opened = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    if headers.get("sec-fetch-site").is_some_and(is_foreign) && !is_opened {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a page of another origin can't control a mock"));
    }
    match headers.get_all(ORIGIN).iter().find(|origin| !origin.as_bytes().eq_ignore_ascii_case(&own)) {
        Some(origin) => {
            let origin = visible(origin.as_bytes());
            let detail = format!("a page of the origin `{origin}` can't control a mock");
            Err(Problem::new(StatusCode::FORBIDDEN, detail))
        }
        None => Ok(()),
    }
}

/// Returns whether the value of a Host header stands for loopback.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()) && is_port(port);
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_name = name.eq_ignore_ascii_case("localhost");
    is_port(port) && (is_name || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()))
}

/// Returns whether a text is empty or a colon with a port.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_addresses_of_loopback_are_hosts() {
        for host in ["localhost", "LOCALHOST:80", "localhost.:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1:80",
            "[::2]:80",
            "::1",
            "0.0.0.0",
            "localhost:x",
            "[::1]x",
            "user@localhost",
            "2130706433",
            "0x7f.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
