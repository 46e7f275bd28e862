//! TLS of the servers of cases.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use tempfile::NamedTempFile;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

/// A certificate for loopback, with the file of it that callers must trust. The file is removed with the value.
pub(super) struct Certificate {
    config: Arc<ServerConfig>,
    file: NamedTempFile,
}

impl Certificate {
    /// Makes a certificate with a key of its own.
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names)?;
        let mut file = tempfile::Builder::new().prefix("xend-harness-").suffix(".pem").tempfile()?;
        file.write_all(made.cert.pem().as_bytes())?;
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = builder.with_single_cert(vec![made.cert.der().clone()], key)?;
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), file })
    }

    /// Returns the path of the file with the certificate that callers must trust.
    pub(super) fn ca_file(&self) -> String {
        self.file.path().display().to_string()
    }

    /// Returns a stream with TLS.
    pub(super) fn encrypt(&self, stream: TcpStream) -> io::Result<Encrypted> {
        let connection = ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        Ok(Encrypted(StreamOwned::new(connection, stream)))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("ca_file", &self.ca_file()).finish_non_exhaustive()
    }
}

/// A connection with TLS.
pub(super) struct Encrypted(StreamOwned<ServerConnection, TcpStream>);

impl Encrypted {
    pub(super) fn tcp(&self) -> &TcpStream {
        &self.0.sock
    }

    /// Does the handshake. `is_over` tells when to stop.
    pub(super) fn handshake(&mut self, is_over: impl Fn() -> bool) -> io::Result<()> {
        let StreamOwned { conn, sock } = &mut self.0;
        while conn.is_handshaking() {
            match conn.complete_io(sock) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && !is_over() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn close(&mut self, is_silent: bool) -> io::Result<()> {
        if !is_silent {
            self.0.conn.send_close_notify();
            self.0.flush()?;
        }
        self.0.sock.shutdown(Shutdown::Write)
    }
}

impl Read for Encrypted {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.0.read(bytes) {
            // Many callers end without saying so.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
}

impl Write for Encrypted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
