//! The addresses that a mock listens on.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use xend_wire::Release;
use xend_wire::operation::Face;

use crate::nearest::nearest;

/// An address to listen on, written `tcp:127.0.0.1:8000`, `tls:127.0.0.1:8006` or `unix:/var/lib/xend/xend-socket`. Port
/// 0 stands for any free port. A port alone, or with `localhost`, is one of loopback; `unix:auto` is a temporary socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// An IP address and a port, with TLS. It takes the feature `tls`.
    Tls(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// A Unix socket in a temporary folder of its own, which only this user can enter. Both are removed with the
    /// listener.
    AnyUnix,
}

impl Address {
    /// Returns an address on loopback with any free port.
    pub fn any_port() -> Self {
        Self::loopback(0)
    }

    /// Returns the address with Xend's own TCP port for a face, on loopback (protocol reference §1.1).
    pub fn default_for(face: Face, release: Release) -> Self {
        Self::loopback(match face {
            Face::Sxp => 8000,
            Face::XmlRpc if release <= Release::V3_0_3 => 8005,
            Face::XmlRpc => 8006,
            Face::XenApi => 9363,
        })
    }

    /// Returns the URL by which HTTP clients reach a face at the address; `None` for a Unix socket.
    pub(crate) fn http_url(&self, face: Face) -> Option<String> {
        let path = if face == Face::Sxp { "" } else { "/RPC2" };
        match self {
            Self::Tcp(address) => Some(format!("http://{address}{path}")),
            Self::Tls(address) => Some(format!("https://{address}{path}")),
            Self::Unix(_) | Self::AnyUnix => None,
        }
    }

    /// Returns the URI of a server that listens here, in the form that clients take: `sxp+tcp://127.0.0.1:40123`.
    pub(crate) fn uri(&self, face: Face) -> String {
        match self {
            Self::Tcp(address) => format!("{face}+tcp://{address}"),
            Self::Tls(address) => format!("{face}+tls://{address}"),
            // Clients take absolute paths alone.
            Self::Unix(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("{face}+unix://{}", path.display())
            }
            // No listener has this address: each was given a path.
            Self::AnyUnix => format!("{face}+unix:auto"),
        }
    }

    /// Returns the URL of a face at the address, in the form that clients take: that of HTTP, or of a Unix socket.
    #[cfg(feature = "program")]
    pub(crate) fn url(&self, face: Face) -> String {
        self.http_url(face).unwrap_or_else(|| self.uri(face))
    }

    fn loopback(port: u16) -> Self {
        Self::Tcp(SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

/// Returns whether a text is a number in decimal, as a port is written.
pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let wrong = |why: String| InvalidAddress { text: text.to_owned(), why };
        match text.strip_prefix("unix:") {
            Some("") => return Err(wrong("a Unix socket needs a path: unix:/tmp/xend.sock, or unix:auto".to_owned())),
            Some("auto") => return Ok(Self::AnyUnix),
            Some(path) => return Ok(Self::Unix(path.into())),
            None => {}
        }
        if let Some(rest) = text.strip_prefix("tls:")
            && !rest.starts_with("//")
        {
            return match rest.parse() {
                Ok(Self::Tcp(address)) => Ok(Self::Tls(address)),
                Ok(_) => Err(wrong("TLS goes over TCP alone, write tls:IP:PORT or tls:localhost:0".to_owned())),
                Err(InvalidAddress { why, .. }) => Err(wrong(why)),
            };
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let address = rest.split('/').next().unwrap_or_default();
            let has_tls = scheme == "https" || scheme.ends_with("tls");
            let instead = match address {
                "" => format!("unix:{rest}"),
                address if has_tls => format!("tls:{address}"),
                address => address.to_owned(),
            };
            return Err(wrong(format!("a URL is no address to listen on, write {instead}")));
        }
        let place = text.strip_prefix("tcp:").unwrap_or(text);
        if let Ok(address) = place.parse::<SocketAddr>() {
            return Ok(Self::Tcp(address));
        }
        if place.starts_with(['/', '.']) {
            return Ok(Self::Unix(place.into()));
        }
        // `::1:0` is an address without a port, too, but is rarely meant as one.
        if let Some((ip, port)) = place.rsplit_once(':')
            && let (Ok(ip), Ok(port)) = (ip.parse::<Ipv6Addr>(), port.parse::<u16>())
            && ip.is_loopback()
        {
            return Err(wrong(format!(
                "an address of IPv6 stands in brackets before its port, write {}",
                SocketAddr::from((ip, port))
            )));
        }
        if let Ok(ip) = place.parse::<IpAddr>() {
            let address = SocketAddr::new(ip, 0);
            return Err(wrong(format!("the port is missing, write {address} for any free one")));
        }
        let (host, port) = place.rsplit_once(':').unwrap_or(("localhost", place));
        let is_loopback = host.eq_ignore_ascii_case("localhost") || host.is_empty();
        let is_address = || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        if is_number(port) && port.parse::<u16>().is_err() && (is_loopback || is_address()) {
            return Err(wrong(format!("{port} is no port, expected a number from 0 to 65535")));
        }
        if is_loopback {
            return match port.parse::<u16>() {
                Ok(port) => Ok(Self::loopback(port)),
                Err(_) if port.eq_ignore_ascii_case("localhost") => {
                    Err(wrong("the port is missing, write localhost:0 for any free one".to_owned()))
                }
                Err(_) => Err(wrong(EXPECTED.to_owned())),
            };
        }
        match nearest(host, ["tcp", "tls", "unix"]) {
            Some(scheme) if !host.contains('.') => Err(wrong(format!("did you mean {scheme}:{port}?"))),
            _ if port.parse::<u16>().is_ok() && !host.contains(':') => Err(wrong(format!(
                "{host} is the name of a host, and a mock listens on an address: write 0.0.0.0:{port} for all \
                 interfaces, or localhost:{port}"
            ))),
            _ => Err(wrong(EXPECTED.to_owned())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Tls(address) => write!(f, "tls:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::AnyUnix => f.write_str("unix:auto"),
        }
    }
}

/// What an address looks like.
const EXPECTED: &str =
    "expected IP:PORT, PORT, localhost:PORT, unix:PATH or unix:auto, or tls: before one of the first three";

/// The error for a text that is not an address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address to listen on: {why}")]
pub struct InvalidAddress {
    text: String,
    why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_understood() {
        for (text, meant) in [
            ("tcp:127.0.0.1:8000", "tcp:127.0.0.1:8000"),
            ("127.0.0.1:0", "tcp:127.0.0.1:0"),
            ("tcp:[::1]:0", "tcp:[::1]:0"),
            ("[::1]:80", "tcp:[::1]:80"),
            ("localhost:8000", "tcp:127.0.0.1:8000"),
            ("tcp:localhost:8000", "tcp:127.0.0.1:8000"),
            ("8006", "tcp:127.0.0.1:8006"),
            (":8006", "tcp:127.0.0.1:8006"),
            ("unix:/tmp/x.sock", "unix:/tmp/x.sock"),
            ("unix:x.sock", "unix:x.sock"),
            ("/tmp/x.sock", "unix:/tmp/x.sock"),
            ("./x.sock", "unix:./x.sock"),
            ("unix:auto", "unix:auto"),
            ("tls:127.0.0.1:0", "tls:127.0.0.1:0"),
            ("tls:localhost:8006", "tls:127.0.0.1:8006"),
            ("tls:8006", "tls:127.0.0.1:8006"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.to_string()).as_deref(), Ok(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_answered_with_one() {
        for (text, why) in [
            ("", EXPECTED),
            ("unix:", "a Unix socket needs a path: unix:/tmp/xend.sock, or unix:auto"),
            ("127.0.0.1", "the port is missing, write 127.0.0.1:0 for any free one"),
            ("::1", "the port is missing, write [::1]:0 for any free one"),
            ("::1:8000", "an address of IPv6 stands in brackets before its port, write [::1]:8000"),
            ("localhost", "the port is missing, write localhost:0 for any free one"),
            ("70000", "70000 is no port, expected a number from 0 to 65535"),
            ("127.0.0.1:99999", "99999 is no port, expected a number from 0 to 65535"),
            ("[::1]:65536", "65536 is no port, expected a number from 0 to 65535"),
            // Such an address is not loopback, whatever its port.
            ("fe80::1:65535", EXPECTED),
            ("http://127.0.0.1:8000/xend", "a URL is no address to listen on, write 127.0.0.1:8000"),
            ("sxp+unix:///tmp/x", "a URL is no address to listen on, write unix:/tmp/x"),
            ("https://127.0.0.1:8000/", "a URL is no address to listen on, write tls:127.0.0.1:8000"),
            ("xmlrpc+tls://[::1]:0", "a URL is no address to listen on, write tls:[::1]:0"),
            ("tls:127.0.0.1", "the port is missing, write 127.0.0.1:0 for any free one"),
            ("tls:/tmp/x", "TLS goes over TCP alone, write tls:IP:PORT or tls:localhost:0"),
            ("tpc:8000", "did you mean tcp:8000?"),
            (
                "example.org:80",
                "example.org is the name of a host, and a mock listens on an address: write 0.0.0.0:80 for all \
                 interfaces, or localhost:80",
            ),
            ("1.2.3.4:port", EXPECTED),
        ] {
            let error = text.parse::<Address>().expect_err(text);
            assert_eq!(error.to_string(), format!("`{text}` is not an address to listen on: {why}"));
        }
    }
}
