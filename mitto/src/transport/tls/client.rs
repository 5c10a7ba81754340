use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pem::{add_authorities, certified_key, read};
use super::{TlsError, handshake_failed, in_der, provider};
use crate::transport::{PeerInfo, TransportError};

/// Whom a client trusts, and what it shows. The server's name is the host of the URL.
#[derive(Clone)]
pub struct TlsClient {
    roots: RootCertStore,
    identity: Option<Arc<SingleCertAndKey>>,
}

impl TlsClient {
    /// Trusts the public authorities: those of Mozilla, as of the version of `webpki-roots` that was
    /// built in. Shows no certificate.
    pub fn new() -> Self {
        Self {
            roots: RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            },
            identity: None,
        }
    }

    /// Trusts these authorities, in PEM, and no others: for servers of one's own.
    ///
    /// # Errors
    ///
    /// The PEM text holds none, or a broken one.
    pub fn trusting(authorities: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let nobody = Self {
            roots: RootCertStore::empty(),
            identity: None,
        };
        nobody.authorities(authorities)
    }

    /// Trusts these authorities, in PEM, too.
    ///
    /// # Errors
    ///
    /// The PEM text holds none, or a broken one.
    pub fn authorities(mut self, authorities: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        add_authorities(&mut self.roots, authorities.as_ref())?;
        Ok(self)
    }

    /// Shows a certificate to a server that asks for one; it and its key are in PEM.
    ///
    /// # Errors
    ///
    /// One of them is missing or broken, or they do not belong together.
    pub fn certificate(
        mut self,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let key: CertifiedKey = certified_key(certificates.as_ref(), key.as_ref())?;
        self.identity = Some(Arc::new(SingleCertAndKey::from(key)));
        Ok(self)
    }

    /// As [`certificate`](Self::certificate), from files.
    ///
    /// # Errors
    ///
    /// As [`certificate`](Self::certificate), and when a file cannot be read.
    pub fn certificate_files(
        self,
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        self.certificate(read(certificates.as_ref())?, read(key.as_ref())?)
    }

    /// Does the handshake with the server `host`.
    pub(in crate::transport) async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
        mut peer: PeerInfo,
    ) -> Result<(TlsStream<TcpStream>, PeerInfo), TransportError> {
        let Ok(name) = ServerName::try_from(host.to_owned()) else {
            let reason = "its host is neither a name nor an address";
            return Err(TransportError::invalid_url(&peer.remote, reason));
        };
        let config = self.config().map_err(std::io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = stream.await.map_err(handshake_failed)?;
        peer.encrypted = true;
        peer.certificates = in_der(stream.get_ref().1.peer_certificates());
        Ok((stream, peer))
    }

    /// The configuration for rustls.
    pub(crate) fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots.clone());
        Ok(match &self.identity {
            Some(identity) => config.with_client_cert_resolver(identity.clone()),
            None => config.with_no_client_auth(),
        })
    }
}

impl Default for TlsClient {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient")
            .field("authorities", &self.roots.len())
            .field("certificate", &self.identity.is_some())
            .finish()
    }
}
