//! Connections with TLS: whom a client trusts, how it identifies itself, and what can be wrong.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError, ClientConfig, RootCertStore, crypto};

use crate::error::{ConnectError, TlsFailure};

/// Whom a client with TLS trusts, and how it identifies itself. Without it, a client trusts the certificates of the
/// system, or those in the file that `SSL_CERT_FILE` names, and has no certificate of its own.
///
/// ```no_run
/// use xend_client::{Client, Tls, Uri};
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::trusting(std::fs::read("/etc/xen/ca.pem")?)?;
/// let client = Client::new("xmlrpc+tls://xen1:8006".parse::<Uri>()?).tls(tls);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
}

/// The reason why a certificate or a key can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTls(String);

impl Tls {
    /// Trusts servers whose certificate one of these has issued, in PEM.
    ///
    /// # Errors
    /// Returns an error if there is no certificate in the text, or one that can't be used.
    pub fn trusting(certificates: impl AsRef<[u8]>) -> Result<Self, InvalidTls> {
        let roots = roots(certificates.as_ref())?;
        Ok(Self { config: Arc::new(builder()?.with_root_certificates(roots).with_no_client_auth()) })
    }

    /// Trusts the same servers, and shows them this certificate, with those that lead to its issuer; both in PEM.
    ///
    /// # Errors
    /// Returns an error if a text has no certificate or no key, or if the two do not belong together.
    pub fn trusting_with_identity(
        certificates: impl AsRef<[u8]>,
        own: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidTls> {
        let roots = roots(certificates.as_ref())?;
        let own = certificates_in(own.as_ref())?;
        let key = PrivateKeyDer::from_pem_slice(key.as_ref()).map_err(|why| match why {
            pem::Error::NoItemsFound => InvalidTls("there is no key in PEM".to_owned()),
            why => wrong("the key", &why),
        })?;
        let config = builder()?.with_root_certificates(roots).with_client_auth_cert(own, key);
        let config = config.map_err(|why| match why {
            rustls::Error::InconsistentKeys(_) => InvalidTls("the key is not that of the certificate".to_owned()),
            why => wrong("the certificate", &why),
        })?;
        Ok(Self { config: Arc::new(config) })
    }

    /// Trusts servers whose certificate one of those in a PEM file has issued.
    ///
    /// # Errors
    /// Returns an error if the file can't be read, or if it has no certificate that can be used.
    pub fn trusting_file(path: impl AsRef<Path>) -> Result<Self, InvalidTls> {
        let path = path.as_ref();
        let told = |why: &dyn fmt::Display| InvalidTls(format!("{}: {why}", path.display()));
        // A pipe or a device may never end.
        let is_file = std::fs::metadata(path).map_err(|error| told(&error))?.is_file();
        if !is_file {
            return Err(told(&"it is no regular file, expected one with certificates in PEM"));
        }
        let pem = std::fs::read(path).map_err(|error| told(&error))?;
        Self::trusting(pem).map_err(|error| told(&error))
    }

    /// Trusts the certificates of the system.
    fn of_system() -> Result<Self, InvalidTls> {
        static SYSTEM: OnceLock<Result<Tls, InvalidTls>> = OnceLock::new();
        let read = || {
            let mut roots = RootCertStore::empty();
            // A certificate that can't be read is not trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Ok(Self { config: Arc::new(builder()?.with_root_certificates(roots).with_no_client_auth()) })
        };
        SYSTEM.get_or_init(read).clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, InvalidTls> {
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    builder.with_safe_default_protocol_versions().map_err(|why| wrong("TLS", &why))
}

fn roots(pem: &[u8]) -> Result<RootCertStore, InvalidTls> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_in(pem)? {
        roots.add(certificate).map_err(|why| wrong("a certificate", &why))?;
    }
    Ok(roots)
}

fn certificates_in(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidTls> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|why| wrong("a certificate", &why))?;
    if certificates.is_empty() {
        return Err(InvalidTls("there is no certificate in PEM".to_owned()));
    }
    Ok(certificates)
}

fn wrong(what: &str, why: &dyn fmt::Display) -> InvalidTls {
    InvalidTls(format!("{what} can't be used: {why}"))
}

/// Does the handshake on a stream to a host.
pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    tls: Option<&Tls>,
) -> Result<TlsStream<S>, ConnectError> {
    let tls = match tls {
        Some(tls) => tls.clone(),
        None => Tls::of_system().map_err(|error| ConnectError::Tls(TlsFailure::Other, error.to_string()))?,
    };
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| ConnectError::Tls(TlsFailure::WrongHost, "a certificate can't be for this host".to_owned()))?;
    TlsConnector::from(tls.config).connect(name, stream).await.map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> ConnectError {
    let (failure, why) = match find(error) {
        Some(inner) => told(inner),
        None if error.kind() == io::ErrorKind::UnexpectedEof => closed(),
        None => return ConnectError::Io(io::Error::new(error.kind(), error.to_string())),
    };
    ConnectError::Tls(failure, why)
}

/// Returns why TLS broke a connection on which a request was sent, if the server cannot have seen the request: it
/// refuses the certificate of the client, or that there is none.
pub(crate) fn refused(error: &(dyn std::error::Error + 'static)) -> Option<ConnectError> {
    let (failure, why) = told(find(error)?);
    (failure == TlsFailure::ClientCertificate).then_some(ConnectError::Tls(failure, why))
}

/// Returns whether an error is that of a connection that ends without `close_notify`.
pub(crate) fn is_end_untold(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::UnexpectedEof
            && error.to_string().contains("close_notify")
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// Returns the error of TLS among the causes of an error.
fn find<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = error.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if found.is_some() {
            return found;
        }
        next = error.source();
    }
    None
}

fn closed() -> (TlsFailure, String) {
    (TlsFailure::NoTls, "the server closed the connection in the handshake, it may speak plain HTTP".to_owned())
}

/// Says what an error of TLS means.
fn told(error: &rustls::Error) -> (TlsFailure, String) {
    let (failure, why) = match error {
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            (TlsFailure::Expired, "the certificate of the server has expired")
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => (TlsFailure::NotValidYet, "the certificate of the server is not valid yet"),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (TlsFailure::WrongHost, "the certificate of the server is for another host"),
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            (TlsFailure::UnknownIssuer, "the certificate of the server has an issuer that is not trusted")
        }
        rustls::Error::InvalidMessage(_) => {
            (TlsFailure::NoTls, "the server does not speak TLS, it may speak plain HTTP")
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            (TlsFailure::ClientCertificate, "the server demands a certificate of the client")
        }
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::AccessDenied,
        ) => {
            return (
                TlsFailure::ClientCertificate,
                format!("the server refuses the certificate of the client: {error}"),
            );
        }
        other => return (TlsFailure::Other, other.to_string()),
    };
    (failure, why.to_owned())
}
