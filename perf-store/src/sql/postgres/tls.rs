//! TLS where the server or the URL asks for it.

use crate::error::{Result, StoreError};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) fn connector(roots: Option<&Path>) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Failed(format!("TLS: {error}")))?
        .with_root_certificates(trusted(roots)?)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Those of the file, or Mozilla's.
fn trusted(roots: Option<&Path>) -> Result<RootCertStore> {
    let mut trusted = RootCertStore::empty();
    let Some(path) = roots else {
        trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(trusted);
    };
    let wrong = |what: String| StoreError::Url(format!("sslrootcert {}: {what}", path.display()));
    let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        trusted.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if trusted.is_empty() { Err(wrong("it holds no certificate".into())) } else { Ok(trusted) }
}
