//! Certificates that are made on the fly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Who issues the certificates of one mock. Clients trust its own certificate.
#[derive(Debug)]
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The names and addresses that a certificate is for.
    names: Vec<String>,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) expired: bool,
    pub(super) wrong_host: bool,
}

/// The host that a certificate is for that is for the wrong one. Names that end so are never resolved (RFC 6761 §6.4).
const WRONG_HOST: &str = "wrong-host.invalid";

impl Authority {
    /// Makes an issuer of certificates for loopback and these addresses.
    pub(super) fn new(addresses: &[IpAddr]) -> Result<Self, Error> {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut addresses: Vec<_> =
            loopback.iter().chain(addresses).filter(|address| !address.is_unspecified()).collect();
        addresses.sort();
        addresses.dedup();
        let names = ["localhost".to_owned()].into_iter().chain(addresses.iter().map(ToString::to_string)).collect();
        // A client that trusts another mock says that it does not know this one.
        let mut params = named(&format!("mock-xend {:016x}", fastrand::u64(..)), Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)?, names })
    }

    /// Returns the certificate of the issuer, in PEM.
    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate with a key of its own.
    pub(super) fn issue(&self, leaf: Leaf) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
        let names = if leaf.wrong_host { vec![WRONG_HOST.to_owned()] } else { self.names.clone() };
        let mut params = named("mock-xend server", names)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if leaf.expired {
            (params.not_before, params.not_after) = (date_time_ymd(2005, 1, 1), date_time_ymd(2006, 1, 1));
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into())))
    }
}

fn named(name: &str, names: Vec<String>) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
