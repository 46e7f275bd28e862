//! Listeners with TLS: their certificates, and what becomes of a handshake.

mod certificate;
mod handshake;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig, crypto};

use self::certificate::{Authority, Leaf};
use crate::error::Error;
use crate::fault::{Certificate, Fault, Faults};
use crate::http::{Listener, Serves};

/// How listeners with TLS identify themselves, and which clients they accept.
///
/// ```
/// use mock_xend::{Address, Face, MockXend, Tls};
///
/// let listen = Address::Tls("127.0.0.1:0".parse()?);
/// let mock = MockXend::builder().listen(Face::XmlRpc, listen).tls(Tls::new()).start()?;
/// let trusted = mock.ca_pem().expect("the certificate is made on the fly");
/// assert!(trusted.starts_with("-----BEGIN CERTIFICATE-----"));
/// println!("point your client at {:?}, and let it trust {trusted}", mock.http_url(Face::XmlRpc));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Tls {
    identity: Option<(Vec<u8>, Vec<u8>)>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// Returns the default: a certificate that is made on the fly, for `localhost`, the addresses of loopback and those
    /// of the listeners, and any client.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the certificate, with the certificates that lead to its issuer, and its key, both in PEM.
    #[must_use]
    pub fn identity(self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Self { identity: Some((certificates.into(), key.into())), ..self }
    }

    /// Demands a certificate of each client, which one of these certificates in PEM has issued.
    #[must_use]
    pub fn client_ca(self, certificates: impl Into<Vec<u8>>) -> Self {
        Self { client_ca: Some(certificates.into()), ..self }
    }

    /// Returns which certificate the listeners have.
    pub(super) fn certificate(&self) -> Certificate {
        if self.identity.is_some() { Certificate::Given } else { Certificate::Made }
    }
}

/// The key is left out.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_given, demands) = (self.identity.is_some(), self.client_ca.is_some());
        f.debug_struct("Tls").field("has_identity", &is_given).field("demands_client", &demands).finish()
    }
}

/// What the listeners with TLS of one mock share.
#[derive(Debug)]
pub(super) struct Security {
    /// The configuration without a fault.
    config: Arc<ServerConfig>,
    /// Those who may issue the certificates of clients, if a client must have one.
    client_ca: Option<Arc<RootCertStore>>,
    /// Who issues certificates on the fly, unless one was given.
    authority: Option<Authority>,
}

impl Security {
    /// Reads the certificates that were given, or makes one for these addresses.
    pub(super) fn new(tls: &Tls, addresses: &[IpAddr]) -> Result<Self, Error> {
        let client_ca = tls.client_ca.as_deref().map(roots).transpose()?.map(Arc::new);
        let (authority, chain, key) = match &tls.identity {
            Some((certificates, key)) => {
                let chain = certificates_in(certificates).map_err(|why| wrong("the certificate", &why))?;
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|why| match why {
                    pem::Error::NoItemsFound => wrong("the key", &"there is none in PEM"),
                    why => wrong("the key", &why),
                })?;
                (None, chain, key)
            }
            None => {
                let authority = Authority::new(addresses).map_err(|why| wrong("a certificate", &why))?;
                let (certificate, key) =
                    authority.issue(Leaf::default()).map_err(|why| wrong("a certificate", &why))?;
                (Some(authority), vec![certificate], key)
            }
        };
        let config = Arc::new(config(chain, key, client_ca.as_ref())?);
        Ok(Self { config, client_ca, authority })
    }

    /// Returns the certificate that clients must trust, in PEM, unless one was given.
    pub(super) fn ca_pem(&self) -> Option<String> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// Serves a connection, unless its handshake fails.
    pub(super) async fn serve<T: Serves>(&self, stream: TcpStream, server: Arc<T>, mut listener: Listener) {
        let of_handshake = |fault: &&Fault| fault.is_of_handshake();
        let faults: Faults = server.line().everywhere().iter().filter(of_handshake).cloned().collect();
        let config = self.broken(&faults).unwrap_or_else(|| Arc::clone(&self.config));
        listener.handshake = Some(faults);
        handshake::serve(stream, &TlsAcceptor::from(config), server, listener).await;
    }

    /// Returns the configuration for handshakes with faults, if there are any.
    fn broken(&self, faults: &Faults) -> Option<Arc<ServerConfig>> {
        let has = |fault: &Fault| faults.as_slice().contains(fault);
        let leaf = Leaf { expired: has(&Fault::Expired), wrong_host: has(&Fault::WrongHost) };
        let authority = self.authority.as_ref().filter(|_| leaf != Leaf::default())?;
        let (certificate, key) = authority.issue(leaf).ok()?;
        config(vec![certificate], key, self.client_ca.as_ref()).ok().map(Arc::new)
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    client_ca: Option<&Arc<RootCertStore>>,
) -> Result<ServerConfig, Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|why| wrong("TLS", &why))?;
    let builder = match client_ca {
        Some(roots) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|why| wrong("the issuer of clients", &why))?)
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|why| match why {
        rustls::Error::InconsistentKeys(_) => wrong("the key", &"it is not that of the certificate"),
        why => wrong("the certificate", &why),
    })?;
    // Each connection has a whole handshake, so that a fault of the certificate shows on each.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Error> {
    let certificates = certificates_in(pem).map_err(|why| wrong("the issuer of clients", &why))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|why| wrong("the issuer of clients", &why))?;
    }
    Ok(roots)
}

fn certificates_in(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates.map_err(|error| error.to_string())?;
    if certificates.is_empty() { Err("there is no certificate in PEM".to_owned()) } else { Ok(certificates) }
}

fn wrong(what: &str, why: &dyn fmt::Display) -> Error {
    Error::Tls(format!("{what} can't be used: {why}"))
}
