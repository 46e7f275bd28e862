//! The options of listeners with TLS.

use std::path::{Path, PathBuf};

use super::output::{cannot, open};
use crate::error::Error;
use crate::host::{MockXend, Tls};
use crate::out_file::OutFile;
use crate::removed_on_drop::RemovedOnDrop;

/// How listeners with TLS identify themselves, and which clients they accept.
#[derive(Debug, clap::Args)]
pub(super) struct TlsOptions {
    /// Identify listeners with TLS by the certificate in this PEM file; by default one is made on the fly for localhost and
    /// their addresses
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The key of --tls-cert, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Demand a certificate of each client, which one of those in this PEM file has issued
    #[arg(long, value_name = "FILE")]
    tls_client_ca: Option<PathBuf>,

    /// Write the certificate that clients must trust to this file, in PEM; the file is removed when the mock stops
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    tls_write_ca: Option<PathBuf>,
}

/// A file with the certificate that clients must trust.
#[derive(Debug)]
pub(super) struct CaFile {
    pub(super) path: PathBuf,
    _file: Option<RemovedOnDrop>,
}

impl TlsOptions {
    /// Reads the files. `has_tls` tells whether a listener has TLS.
    pub(super) fn settings(&self, has_tls: bool) -> Result<Tls, Error> {
        let options = [
            ("--tls-cert", &self.tls_cert),
            ("--tls-client-ca", &self.tls_client_ca),
            ("--tls-write-ca", &self.tls_write_ca),
        ];
        if let Some((option, _)) = options.into_iter().find(|(_, given)| given.is_some()).filter(|_| !has_tls) {
            return Err(Error::Tls(format!("{option} needs a listener with TLS, such as --xmlrpc tls:localhost:0")));
        }
        let read = |option: &str, path: &Path| std::fs::read(path).map_err(|error| cannot(option, path, error));
        let mut tls = Tls::new();
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            tls = tls.identity(read("--tls-cert", certificate)?, read("--tls-key", key)?);
        }
        if let Some(path) = &self.tls_client_ca {
            tls = tls.client_ca(read("--tls-client-ca", path)?);
        }
        Ok(tls)
    }

    /// Opens the file for the certificate that clients must trust.
    pub(super) fn open_ca(&self) -> Result<Option<OutFile>, Error> {
        self.tls_write_ca.as_deref().map(|path| open("--tls-write-ca", path)).transpose()
    }

    /// Writes that file.
    pub(super) fn write_ca(&self, file: Option<OutFile>, mock: &MockXend) -> Result<Option<CaFile>, Error> {
        let (Some(path), Some(file), Some(pem)) = (&self.tls_write_ca, file, mock.ca_pem()) else { return Ok(None) };
        let written = file.write(pem.as_bytes()).and_then(|()| {
            // A pipe is left alone.
            if path.metadata()?.is_file() { RemovedOnDrop::at(path).map(Some) } else { Ok(None) }
        });
        let file = written.map_err(|error| cannot("--tls-write-ca", path, error))?;
        Ok(Some(CaFile { path: path.clone(), _file: file }))
    }
}
