//! Calls of methods of any XML-RPC server, which need not be a Xend.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use xend_wire::Limits;
use xend_wire::http::{Reply, Request};
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Response, Rules, Value};

use crate::connection::{Connection, Unanswered, http_request};
use crate::error::{Kind, TlsFailure};
use crate::settings::{Deadline, Deadlines, Settings};
use crate::uri::{Uri, split_port};

/// A caller of any XML-RPC server over HTTP, by the specification.
///
/// Each call has a connection of its own, and is sent once, whatever becomes of it.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let server = xend_client::XmlRpc::new("http://127.0.0.1:8080/RPC2")?;
/// let reply = server.call("examples.getStateName", vec![41.into()]).await?;
/// println!("{reply:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct XmlRpc {
    settings: Settings,
    target: String,
}

/// The reason why a call of a method has neither a value nor a fault.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CallError(#[source] CallErrorKind);

#[derive(Debug, thiserror::Error)]
enum CallErrorKind {
    #[error(
        "`{0}` is no address of an XML-RPC server, expected http://HOST:PORT/PATH, https://HOST:PORT/PATH or http+unix://SOCKET/PATH"
    )]
    Address(String),
    #[error("the call can't be written: {0}")]
    Unwritable(#[source] xend_wire::Error),
    #[error("{0}")]
    NoReply(#[source] Kind),
    #[error("the server replied {0} {1}")]
    Status(u16, String),
    #[error("the reply is compressed ({0}), which was not asked for")]
    Compressed(String),
    #[error("the reply is no response: {0}")]
    Unreadable(#[source] xend_wire::Error),
}

impl CallError {
    /// Returns what is wrong with TLS, if that is why there is no connection.
    pub fn tls_failure(&self) -> Option<TlsFailure> {
        if let CallErrorKind::NoReply(kind) = &self.0 { kind.tls_failure() } else { None }
    }

    /// Returns whether the server may have carried out the call.
    pub fn may_have_happened(&self) -> bool {
        match &self.0 {
            CallErrorKind::Address(_) | CallErrorKind::Unwritable(_) => false,
            CallErrorKind::NoReply(kind) => !matches!(kind, Kind::Unreachable { .. } | Kind::Unsendable(_)),
            CallErrorKind::Status(..) | CallErrorKind::Compressed(_) | CallErrorKind::Unreadable(_) => true,
        }
    }
}

impl XmlRpc {
    /// Returns a caller for the server at an address like `http://127.0.0.1:8080/RPC2`. Without a port it is 80, with
    /// `https://` 443, and without a path it is `/`. `http+unix://%2Ftmp%2Fserver.sock/RPC2` is a Unix socket, whose path is
    /// percent-encoded.
    ///
    /// # Errors
    /// Returns an error if the address does not have this form.
    pub fn new(address: &str) -> Result<Self, CallError> {
        let invalid = || CallError(CallErrorKind::Address(address.to_owned()));
        let (scheme, rest) = address.split_once("://").ok_or_else(invalid)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let tcp = |default| {
            let (host, port) = split_port(authority)?;
            Some((host, port.map_or(Ok(default), str::parse).ok()?))
        };
        let uri = match scheme {
            "http" => tcp(80).map(|(host, port)| Uri::tcp(Face::XmlRpc, host, port)),
            "https" => tcp(443).map(|(host, port)| Uri::tls(Face::XmlRpc, host, port)),
            "http+unix" => percent_decoded(authority).map(|path| Uri::unix(Face::XmlRpc, path)),
            _ => None,
        };
        let target = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { settings: Settings::new(uri.ok_or_else(invalid)?), target })
    }

    /// Sets the time that a whole call may take: 5 minutes by default.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.settings.deadlines = Deadlines { connect: limit, first_byte: limit, whole: limit };
        self
    }

    /// Sets whom the caller trusts on a connection with TLS, and how it identifies itself. By default it trusts whom the
    /// system trusts.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: crate::tls::Tls) -> Self {
        self.settings.tls = Some(tls);
        self
    }

    /// Calls a method, and returns the value or the fault that the server replies.
    ///
    /// # Errors
    /// Returns an error if the call can't be written by the specification, or if there is no reply with the status 200
    /// and a well-formed response.
    pub async fn call(&self, method: &str, params: Vec<Value>) -> Result<Response<'static>, CallError> {
        let limits = Limits::default();
        let request = Request::call(method, params).map_err(CallErrorKind::Unwritable)?;
        // What breaks the specification, such as a double that is not a number, is noticed here and not by the server.
        xmlrpc::decode_call(&request.body, Rules::extended(), &limits).map_err(CallErrorKind::Unwritable)?;
        let request = Request { target: self.target.clone(), ..request };
        let reply = self.exchange(request).await.map_err(CallErrorKind::NoReply)?;
        if reply.status != 200 {
            return Err(CallErrorKind::Status(reply.status, reply.reason).into());
        }
        if let Some(coding) = reply.compression() {
            return Err(CallErrorKind::Compressed(coding).into());
        }
        let response = xmlrpc::decode_response(&reply.body, Rules::extended(), &limits);
        Ok(response.map_err(CallErrorKind::Unreadable)?.into_owned())
    }

    async fn exchange(&self, request: Request) -> Result<Reply, Kind> {
        let deadline = Deadline::after(self.settings.deadlines.whole);
        let request = http_request(&self.settings, request)?;
        let connection = Connection::open(&self.settings, deadline).await?;
        let answered = connection.exchange(&self.settings, request, deadline).await;
        answered.map(|(reply, _)| reply).map_err(Unanswered::into_kind)
    }
}

/// Decodes the path of a Unix socket in an address, which must be absolute.
fn percent_decoded(text: &str) -> Option<OsString> {
    let mut bytes = Vec::new();
    let mut pieces = text.split('%');
    bytes.extend(pieces.next()?.bytes());
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend(piece.get(2..)?.bytes());
    }
    bytes.starts_with(b"/").then(|| OsString::from_vec(bytes))
}

impl From<CallErrorKind> for CallError {
    fn from(kind: CallErrorKind) -> Self {
        Self(kind)
    }
}

impl fmt::Debug for XmlRpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlRpc").field("uri", &self.settings.uri).field("target", &self.target).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |address: &str, host: &str, target: &str| {
            let server = XmlRpc::new(address).expect(address);
            assert_eq!((server.settings.uri.host().as_str(), server.target.as_str()), (host, target), "{address}");
        };
        check("http://127.0.0.1:8080/RPC2", "127.0.0.1:8080", "/RPC2");
        check("http://example.org", "example.org:80", "/");
        check("http://[::1]:81/a/b?c=d", "[::1]:81", "/a/b?c=d");
        check("http://h:1?a", "h:1", "/?a");
        check("https://h/RPC2", "h:443", "/RPC2");
        check("http+unix://%2Ftmp%2Fa.sock/RPC2", "localhost", "/RPC2");
        for address in
            ["", "http+unix://tmp/", "http+unix://%2Ftmp%2/", "http://", "http://:80/", "http://a:x/", "ftp://a/"]
        {
            let error = XmlRpc::new(address).expect_err(address);
            assert!(error.to_string().contains("expected http://HOST:PORT/PATH"), "{error}");
            assert!(!error.may_have_happened());
        }
    }
}
