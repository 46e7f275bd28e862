//! The addresses that a mock listens on.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use xend_wire::Release;
use xend_wire::operation::Face;

/// An address to listen on, written `tcp:127.0.0.1:8000` or `unix:/var/lib/xend/xend-socket`. Port 0 stands for any
/// free port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
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
            Self::Unix(_) => None,
        }
    }

    /// Returns the URI of a server that listens here, in the form that clients take: `sxp+tcp://127.0.0.1:40123`.
    pub(crate) fn uri(&self, face: Face) -> String {
        match self {
            Self::Tcp(address) => format!("{face}+tcp://{address}"),
            Self::Unix(path) => format!("{face}+unix://{}", path.display()),
        }
    }

    fn loopback(port: u16) -> Self {
        Self::Tcp(SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let invalid = || InvalidAddress(text.to_owned());
        match text.split_once(':') {
            Some(("tcp", address)) => address.parse().map(Self::Tcp).map_err(|_| invalid()),
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The error for a text that is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address to listen on, expected tcp:IP:PORT or unix:PATH")]
pub struct InvalidAddress(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |text: &str| assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        check("tcp:127.0.0.1:8000");
        check("tcp:[::1]:0");
        check("unix:/tmp/x.sock");
        for text in ["", "8000", "tcp:localhost:8000", "tcp:127.0.0.1", "unix:", "sxp:1"] {
            assert_eq!(text.parse::<Address>(), Err(InvalidAddress(text.to_owned())));
        }
    }
}
