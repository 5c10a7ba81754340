//! TLS around TCP, for `tls://` and `wss://`: rustls with ring, TLS 1.2 and 1.3, no ALPN.
//!
//! A [`TlsServer`] or a [`TlsClient`] is given to the transport, and that to the builder:
//!
//! ```no_run
//! # fn example() -> Result<(), mitto::transport::tls::TlsError> {
//! use mitto::transport::tcp::Tcp;
//! use mitto::transport::tls::{TlsClient, TlsServer};
//!
//! let tls = TlsServer::from_files("server.pem", "server.key")?;
//! let server = Tcp::new().tls(tls.clone()); // .transport(server), .listen("tls://0.0.0.0:7000")
//! let client = Tcp::new().tls(TlsClient::new());
//! tls.reload_files("server.pem", "server.key")?; // from now on, for new connections
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod explain;
mod fingerprint;
mod pem;
mod server;

pub use client::TlsClient;
pub use error::TlsError;
pub use fingerprint::fingerprint;
pub use server::TlsServer;

pub(super) use explain::explain;

use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;

use super::TransportError;

/// The settings of one end, for the `tls` method of a transport.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tls {
    /// For connecting.
    Client(TlsClient),
    /// For listening.
    Server(TlsServer),
}

impl From<TlsClient> for Tls {
    fn from(client: TlsClient) -> Self {
        Self::Client(client)
    }
}

impl From<TlsServer> for Tls {
    fn from(server: TlsServer) -> Self {
        Self::Server(server)
    }
}

/// Always the same one: the default of the process is the application's business.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn handshake_failed(error: io::Error) -> TransportError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => TransportError::Tls {
            what: "the other end closed the connection during the TLS handshake; \
                   does it speak TLS, and has it room?"
                .to_owned(),
            source: error,
        },
        _ => error.into(),
    }
}

fn in_der(certificates: Option<&[CertificateDer<'_>]>) -> Vec<Vec<u8>> {
    let all = certificates.unwrap_or_default().iter();
    all.map(|certificate| certificate.to_vec()).collect()
}
