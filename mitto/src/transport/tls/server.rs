use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::pem::{add_authorities, certified_key, read};
use super::{TlsError, handshake_failed, in_der, provider};
use crate::transport::socket::ByteStream;
use crate::transport::{PeerInfo, TransportError};

/// What a server shows and asks for. Clones share the certificate, so that one kept aside can
/// [`reload`](Self::reload) it while the server runs.
#[derive(Clone)]
pub struct TlsServer {
    certificate: Arc<Current>,
    config: Arc<ServerConfig>,
}

impl TlsServer {
    /// A server with a certificate and its key, both in PEM; behind the certificate come those
    /// between it and its authority. Clients need not show one.
    ///
    /// # Errors
    ///
    /// One of them is missing or broken, or they do not belong together.
    pub fn from_pem(
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let key = certified_key(certificates.as_ref(), key.as_ref())?;
        let certificate = Arc::new(Current(RwLock::new(Arc::new(key))));
        let config = config(WebPkiClientVerifier::no_client_auth(), certificate.clone())?;
        Ok(Self {
            certificate,
            config,
        })
    }

    /// As [`from_pem`](Self::from_pem), from files.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem), and when a file cannot be read.
    pub fn from_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        Self::from_pem(read(certificates.as_ref())?, read(key.as_ref())?)
    }

    /// Lets in only clients that show a certificate of one of these authorities, in PEM.
    ///
    /// # Errors
    ///
    /// The PEM text holds none, or a broken one.
    pub fn require_client_certificates(
        self,
        authorities: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        self.verify_clients(authorities.as_ref(), true)
    }

    /// Asks clients for a certificate of one of these authorities, in PEM, and lets in those without
    /// one, too; see [`PeerInfo::certificates`]. A certificate of another authority is refused.
    ///
    /// # Errors
    ///
    /// The PEM text holds none, or a broken one.
    pub fn accept_client_certificates(
        self,
        authorities: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        self.verify_clients(authorities.as_ref(), false)
    }

    /// Shows another certificate from now on, in every clone. Connections that are there stay; on an
    /// error all stays as it is.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn reload(
        &self,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<(), TlsError> {
        let key = certified_key(certificates.as_ref(), key.as_ref())?;
        let current = self.certificate.0.write();
        *current.unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        Ok(())
    }

    /// As [`reload`](Self::reload), from files.
    ///
    /// # Errors
    ///
    /// As [`from_files`](Self::from_files).
    pub fn reload_files(
        &self,
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<(), TlsError> {
        self.reload(read(certificates.as_ref())?, read(key.as_ref())?)
    }

    fn verify_clients(self, authorities: &[u8], required: bool) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        add_authorities(&mut roots, authorities)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let verifier = match required {
            true => verifier.build(),
            false => verifier.allow_unauthenticated().build(),
        };
        let verifier = verifier.map_err(|error| TlsError::Unusable(error.to_string()))?;
        Ok(Self {
            config: config(verifier, self.certificate.clone())?,
            certificate: self.certificate,
        })
    }

    /// Does the handshake of a stream that has come in.
    pub(in crate::transport) async fn accept(
        &self,
        stream: Box<dyn ByteStream>,
        mut peer: PeerInfo,
    ) -> Result<(Box<dyn ByteStream>, PeerInfo), TransportError> {
        let stream = TlsAcceptor::from(self.config.clone()).accept(stream);
        let stream = stream.await.map_err(handshake_failed)?;
        peer.encrypted = true;
        peer.certificates = in_der(stream.get_ref().1.peer_certificates());
        Ok((Box::new(stream), peer))
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").finish_non_exhaustive()
    }
}

/// The certificate for the next connection.
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(current.clone())
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}

fn config(
    clients: Arc<dyn ClientCertVerifier>,
    certificate: Arc<Current>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificate);
    Ok(Arc::new(config))
}
