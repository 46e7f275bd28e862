//! The URI of a server that a proxy stands before, and connections to it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use xend_wire::operation::Face;

use crate::address::is_number;

/// The URI of a server: `sxp+tcp://HOST:8000`, `xmlrpc+unix:///var/run/xend/xmlrpc.sock`, or `httpu:///PATH`, Xend's own
/// spelling of XML-RPC over a Unix socket.
///
/// If the port is left out, it is the daemon's: 8000 for `sxp`, 8006 for `xmlrpc`, and 9363 for `xenapi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    face: Face,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A host and a port, as the system resolves them.
    Tcp(String),
    Unix(PathBuf),
}

/// A connection to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Upstream {
    /// Returns the face that the server speaks.
    pub fn face(&self) -> Face {
        self.face
    }

    /// Returns whether the server listens on a Unix socket.
    pub(super) fn is_unix(&self) -> bool {
        matches!(self.place, Place::Unix(_))
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.place {
            Place::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                // A failure means that the stream is closed already, and then the option does not matter.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            Place::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

impl FromStr for Upstream {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        let invalid = || InvalidUpstream::NoUri(text.to_owned());
        if text.split_once("://").is_some_and(|(scheme, _)| scheme == "https" || scheme.ends_with("+tls")) {
            return Err(InvalidUpstream::Tls(text.to_owned()));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(invalid)?;
        let (face, transport) = match scheme {
            "httpu" => (Face::XmlRpc, "unix"),
            scheme => {
                let (face, transport) = scheme.split_once('+').ok_or_else(invalid)?;
                (face.parse().map_err(|_| invalid())?, transport)
            }
        };
        let place = match transport {
            "unix" if rest.starts_with('/') => Place::Unix(rest.into()),
            "tcp" => {
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                if authority.is_empty() || !(path.is_empty() || (face != Face::Sxp && path == "RPC2")) {
                    return Err(invalid());
                }
                let given = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| is_number(port));
                if given.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
                    return Err(InvalidUpstream::NoPort(text.to_owned()));
                }
                let port = match face {
                    Face::Sxp => 8000,
                    Face::XmlRpc => 8006,
                    Face::XenApi => 9363,
                };
                Place::Tcp(if given.is_some() { authority.to_owned() } else { format!("{authority}:{port}") })
            }
            _ => return Err(invalid()),
        };
        Ok(Self { face, place })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Tcp(address) => write!(f, "{}+tcp://{address}", self.face),
            Place::Unix(path) => write!(f, "{}+unix://{}", self.face, path.display()),
        }
    }
}

/// The error for a text that is not the URI of a server that a proxy can stand before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUpstream {
    /// It is no such URI.
    #[error(
        "`{0}` is not the URI of a server, expected FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi"
    )]
    NoUri(String),
    /// Its port is none.
    #[error("`{0}` has no port that a server can have, expected a number from 1 to 65535")]
    NoPort(String),
    /// The server has TLS.
    #[error(
        "`{0}` is a server with TLS, which a proxy does not speak: give its address without TLS, or that of a program that takes the TLS off"
    )]
    Tls(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for (text, again) in [
            ("sxp+tcp://localhost:8000", "sxp+tcp://localhost:8000"),
            ("xmlrpc+tcp://[::1]:8006/RPC2", "xmlrpc+tcp://[::1]:8006"),
            ("xenapi+tcp://xen1", "xenapi+tcp://xen1:9363"),
            ("httpu:///var/run/xend/xmlrpc.sock", "xmlrpc+unix:///var/run/xend/xmlrpc.sock"),
        ] {
            assert_eq!(text.parse::<Upstream>().map(|uri| uri.to_string()), Ok(again.to_owned()));
        }
        for text in
            ["", "localhost:8000", "http://localhost", "sxp+tcp://", "sxp+tcp://a/b", "sxp+unix://a", "soap+tcp://a"]
        {
            assert!(matches!(text.parse::<Upstream>(), Err(InvalidUpstream::NoUri(_))), "{text}");
        }
        for text in ["sxp+tcp://127.0.0.1:99999", "xmlrpc+tcp://xen1:0/RPC2", "xenapi+tcp://[::1]:65536"] {
            assert!(matches!(text.parse::<Upstream>(), Err(InvalidUpstream::NoPort(_))), "{text}");
        }
        for text in ["https://xen1:8006", "xmlrpc+tls://xen1", "xenapi+tls://xen1:9363"] {
            assert!(matches!(text.parse::<Upstream>(), Err(InvalidUpstream::Tls(_))), "{text}");
        }
    }
}
