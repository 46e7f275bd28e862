//! The URI of a daemon: which face (protocol) it speaks at which address.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use xend_wire::operation::Face;

/// The URI of a daemon, which names a face (protocol), a transport and an address.
///
/// Examples: `sxp+tcp://HOST:8000`, `sxp+unix:///var/lib/xend/xend-socket`, `xmlrpc+tcp://HOST:8006/RPC2`,
/// `xmlrpc+unix:///var/run/xend/xmlrpc.sock`, `xmlrpc+tls://HOST:8006`, `xenapi+tls://HOST:9367`.
///
/// `https://HOST` is the Xen-API with TLS at port 443, as clients of the Xen-API write it; with the path `/RPC2` or without.
/// S-expressions have no TLS.
///
/// Xend's own spelling `httpu:///PATH` means XML-RPC over a Unix socket (`xend/XendClient.py`). If the port is left
/// out, it is the daemon's default: 8000 for `sxp`, 8006 for `xmlrpc`, and 9363 for `xenapi`, or
/// 9367 with TLS. Up to 3.0.3 the daemon's
/// port for `xmlrpc` is 8005, which must be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// The face (protocol) that the daemon speaks at the address.
    pub face: Face,
    /// The address to connect to.
    pub address: Address,
}

/// The address of a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A TCP port of a host.
    Tcp {
        /// The host's name, its IPv4 address, or its IPv6 address without brackets.
        host: String,
        /// The number of the TCP port.
        port: u16,
    },
    /// A TCP port of a host, with TLS. To connect takes the feature `tls`.
    Tls {
        /// The host's name, its IPv4 address, or its IPv6 address without brackets.
        host: String,
        /// The number of the TCP port.
        port: u16,
    },
    /// A Unix socket, given by its path.
    Unix(PathBuf),
}

impl Uri {
    /// Returns the URI of a daemon that listens on a TCP port.
    pub fn tcp(face: Face, host: impl Into<String>, port: u16) -> Self {
        Self { face, address: Address::Tcp { host: host.into(), port } }
    }

    /// Returns the URI of a daemon that listens on a TCP port with TLS.
    pub fn tls(face: Face, host: impl Into<String>, port: u16) -> Self {
        Self { face, address: Address::Tls { host: host.into(), port } }
    }

    /// Returns the URI of a daemon that listens on a Unix socket.
    pub fn unix(face: Face, path: impl Into<PathBuf>) -> Self {
        Self { face, address: Address::Unix(path.into()) }
    }

    /// Returns the value of the `Host` header. Over a Unix socket its content does not matter, because the daemon uses
    /// the header only to build `Location`.
    pub(crate) fn host(&self) -> String {
        match &self.address {
            Address::Tcp { host, port } | Address::Tls { host, port } if host.contains(':') => {
                format!("[{host}]:{port}")
            }
            Address::Tcp { host, port } | Address::Tls { host, port } => format!("{host}:{port}"),
            Address::Unix(_) => "localhost".to_owned(),
        }
    }
}

fn default_port(face: Face, has_tls: bool) -> u16 {
    match face {
        Face::Sxp => 8000,
        Face::XmlRpc => 8006,
        Face::XenApi if has_tls => 9367,
        Face::XenApi => 9363,
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let invalid = |why: &str| InvalidUri { text: text.to_owned(), why: why.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| invalid("it has no `://`"))?;
        let (face, transport) = match scheme.split_once('+') {
            Some((face, transport)) => (face.parse().map_err(|_| invalid("its face is unknown"))?, transport),
            None if scheme == "httpu" => (Face::XmlRpc, "unix"),
            None if scheme == "https" => (Face::XenApi, "tls"),
            None => return Err(invalid("its scheme is unknown")),
        };
        match transport {
            "unix" if rest.starts_with('/') => Ok(Self::unix(face, rest)),
            "unix" => {
                Err(invalid("the path of a Unix socket must be absolute, so that three slashes follow the colon"))
            }
            "tls" if face == Face::Sxp => Err(invalid("S-expressions have no TLS")),
            "tcp" | "tls" => {
                // The path of the URI is not sent: the daemon ignores the path of an XML-RPC request, and on `sxp` each
                // operation has a path of its own.
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                if !(path.is_empty() || face != Face::Sxp && path == "RPC2") {
                    let why = if face == Face::Sxp {
                        "no path may follow the port"
                    } else {
                        "nothing but `/RPC2` may follow the port"
                    };
                    return Err(invalid(why));
                }
                let (host, port) = split_port(authority).ok_or_else(|| invalid("it has no host"))?;
                let port = match port {
                    None if scheme == "https" => 443,
                    None => default_port(face, transport == "tls"),
                    Some(port) => port.parse().map_err(|_| invalid("its port is not a number from 0 to 65535"))?,
                };
                Ok(if transport == "tls" { Self::tls(face, host, port) } else { Self::tcp(face, host, port) })
            }
            _ => Err(invalid("its transport is unknown")),
        }
    }
}

/// Splits `HOST`, `HOST:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT` into the host and the port.
pub(crate) fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            (host, if behind.is_empty() { None } else { Some(behind.strip_prefix(':')?) })
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    (!host.is_empty()).then_some((host, port))
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Tcp { .. } => write!(f, "{}+tcp://{}", self.face, self.host()),
            Address::Tls { .. } => write!(f, "{}+tls://{}", self.face, self.host()),
            Address::Unix(path) => write!(f, "{}+unix://{}", self.face, path.display()),
        }
    }
}

/// The error that is returned for a text that is not the URI of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not the URI of a daemon: {why}; expected FACE+tcp://HOST:PORT, FACE+tls://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi"
)]
pub struct InvalidUri {
    text: String,
    why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        let check = |text: &str, expect: &str| {
            let got = match text.parse::<Uri>() {
                Ok(uri) => format!("{uri} {:?}", uri.face),
                Err(error) => error.why,
            };
            assert_eq!(got, expect, "{text}");
        };
        check("sxp+tcp://127.0.0.1:40123", "sxp+tcp://127.0.0.1:40123 Sxp");
        check("sxp+tcp://xen.example", "sxp+tcp://xen.example:8000 Sxp");
        check("sxp+tcp://xen.example/", "sxp+tcp://xen.example:8000 Sxp");
        check("xmlrpc+tcp://[::1]:8006/RPC2", "xmlrpc+tcp://[::1]:8006 XmlRpc");
        check("xmlrpc+tcp://[::1]", "xmlrpc+tcp://[::1]:8006 XmlRpc");
        check("xmlrpc+unix:///var/run/xend/xmlrpc.sock", "xmlrpc+unix:///var/run/xend/xmlrpc.sock XmlRpc");
        check("httpu:///var/run/xend/xmlrpc.sock", "xmlrpc+unix:///var/run/xend/xmlrpc.sock XmlRpc");
        check("xenapi+tcp://h", "xenapi+tcp://h:9363 XenApi");
        check("xmlrpc+tls://h", "xmlrpc+tls://h:8006 XmlRpc");
        check("xenapi+tls://[::1]/RPC2", "xenapi+tls://[::1]:9367 XenApi");
        check("https://h", "xenapi+tls://h:443 XenApi");
        check("https://h:9367/RPC2", "xenapi+tls://h:9367 XenApi");
        check("sxp+tls://h", "S-expressions have no TLS");
        check("localhost:8000", "it has no `://`");
        check("http://localhost:8000", "its scheme is unknown");
        check("rpc+tcp://h", "its face is unknown");
        check("sxp+ssh://h", "its transport is unknown");
        check("sxp+tcp://:8000", "it has no host");
        check("sxp+tcp://h:80000", "its port is not a number from 0 to 65535");
        check("sxp+tcp://h/xend", "no path may follow the port");
        check("sxp+tcp://h/RPC2", "no path may follow the port");
        check("xmlrpc+tcp://h/xend", "nothing but `/RPC2` may follow the port");
        check("sxp+unix://tmp/x", "the path of a Unix socket must be absolute, so that three slashes follow the colon");
    }
}
