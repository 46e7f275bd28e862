//! The handshake of TLS, and the stream that comes of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};
use tokio_rustls::server::TlsStream;

use super::super::reset;
use crate::http::{Closing, Input, Listener, Serves, TLS_HANDSHAKE, Then, finish};

/// The most of a request in plain text that the journal keeps, in bytes.
const LONGEST: usize = 16 << 10;

/// A stream with TLS.
struct Encrypted {
    stream: TlsStream<TcpStream>,
    /// Whether the stream is closed without `close_notify`.
    is_silent: bool,
}

/// Serves a connection, unless its handshake fails.
pub(super) async fn serve<T: Serves>(stream: TcpStream, acceptor: &TlsAcceptor, server: Arc<T>, listener: Listener) {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] != TLS_HANDSHAKE => {
            let mut request = vec![0; LONGEST];
            let length = stream.try_read(&mut request).unwrap_or_default();
            let why = "the client speaks plain HTTP, and this listener speaks TLS: use https:// in its URL";
            server.unserved(&listener, why.to_owned(), &request[..length]);
            return end(stream).await;
        }
        Ok(1) => {}
        // The client has gone.
        _ => return,
    }
    match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => {
            let stream = Encrypted { stream, is_silent: false };
            server.serve(stream, listener, Closing { reset: Encrypted::reset, silence: Encrypted::silence }).await;
        }
        Err((error, stream)) => {
            server.unserved(&listener, why_not(&error), b"");
            end(stream).await;
        }
    }
}

/// Closes a connection. What the client still sends is read, so that it gets the alert that tells it why.
async fn end(stream: TcpStream) {
    finish(Input::new(stream), Then::Close, Closing::plain(drop)).await;
}

impl Encrypted {
    fn reset(self) {
        reset::tcp(self.stream.into_inner().0);
    }

    fn silence(&mut self) {
        self.is_silent = true;
    }
}

/// Says why a handshake failed.
fn why_not(error: &io::Error) -> String {
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return "the client closed the connection during the TLS handshake".to_owned();
    };
    let refuses = |why: &str| format!("the client refuses the certificate of the mock: {why}");
    match error {
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => refuses("it has expired"),
        rustls::Error::AlertReceived(AlertDescription::UnknownCA) => {
            refuses("it does not know the issuer; let it trust the file that --tls-write-ca writes")
        }
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate,
        ) => refuses("it may be for another host"),
        rustls::Error::NoCertificatesPresented => "the client has no certificate, and the mock demands one".to_owned(),
        rustls::Error::InvalidCertificate(why) => {
            format!("the certificate of the client is refused: {}", refused(why))
        }
        other => format!("the TLS handshake failed: {other}"),
    }
}

/// Returns why the certificate of a client is refused, for people.
fn refused(why: &CertificateError) -> String {
    let known = match why {
        CertificateError::UnknownIssuer => "none of --tls-client-ca has issued it",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::BadEncoding => "it can't be read",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not one for clients"
        }
        // webpki has no type for it here.
        other if other.to_string().contains("UnsupportedCertVersion") => {
            "it is an X.509 certificate of version 1, and TLS takes version 3 (openssl makes one with -extfile)"
        }
        other => return other.to_string(),
    };
    known.to_owned()
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_silent {
            return Pin::new(self.stream.get_mut().0).poll_shutdown(context);
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::OtherError;

    use super::*;

    #[test]
    fn people_are_told_why_a_certificate_is_refused() {
        // A file with X.509 version 1 is what `openssl x509 -req` writes without extensions.
        let version = OtherError(Arc::new(io::Error::other("UnsupportedCertVersion")));
        for (why, told) in [
            (CertificateError::UnknownIssuer, "none of --tls-client-ca has issued it"),
            (CertificateError::Expired, "it has expired"),
            (CertificateError::InvalidPurpose, "it is not one for clients"),
            (CertificateError::Other(version), "it is an X.509 certificate of version 1"),
        ] {
            assert!(refused(&why).starts_with(told), "{why}");
        }
    }
}
