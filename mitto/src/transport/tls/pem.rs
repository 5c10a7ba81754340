use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{TlsError, provider};

/// A certificate, those between it and its authority, and the key.
pub(super) fn certified_key(certificates: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let chain = chain(certificates)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        Error::NoItemsFound => TlsError::NoKey,
        error => TlsError::Pem(error.to_string()),
    })?;
    Ok(CertifiedKey::from_der(chain, key, &provider())?)
}

/// Adds authorities to those that are trusted.
pub(super) fn add_authorities(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), TlsError> {
    for certificate in chain(pem)? {
        roots.add(certificate)?;
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })
}

fn chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match chain.map_err(|error| TlsError::Pem(error.to_string()))? {
        none if none.is_empty() => Err(TlsError::NoCertificate),
        chain => Ok(chain),
    }
}
