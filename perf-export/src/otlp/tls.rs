//! Whom an `https://` endpoint is trusted by.

use super::StartError;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The authorities of these certificates, or Mozilla's.
pub(super) fn config(authorities: Option<&str>) -> Result<TlsConfig, StartError> {
    let roots = match authorities {
        Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        None => RootCerts::WebPki,
    };
    Ok(TlsConfig::builder().root_certs(roots).build())
}

fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, StartError> {
    let all = parse_pem(pem.as_bytes()).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(_) => Some(Err(StartError::Certificate)),
    });
    let all: Vec<_> = all.collect::<Result<_, _>>()?;
    if all.is_empty() { Err(StartError::Certificate) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_an_error() {
        for pem in ["", "x", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(config(Some(pem)), Err(StartError::Certificate)), "{pem}");
        }
        assert!(config(None).is_ok());
    }
}
