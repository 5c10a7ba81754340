use std::fmt;

use tokio::net::TcpStream;

use super::connect::connect_tcp;
use super::tcp_listener;
use super::{Protocol, ServerProtocol, SocketUrl, within};
use crate::transport::{Connection, Listener, PeerInfo, Settings, TransportError};

#[cfg(feature = "proxy")]
use crate::transport::proxy::Proxy;
#[cfg(feature = "tls")]
use crate::transport::tls::{Tls, TlsClient, TlsServer};

/// What goes around TCP, for every transport over it.
#[derive(Clone, Default)]
pub(crate) struct TcpOptions {
    #[cfg(feature = "tls")]
    client: Option<TlsClient>,
    #[cfg(feature = "tls")]
    server: Option<TlsServer>,
    #[cfg(feature = "proxy")]
    proxy: Option<Proxy>,
}

impl TcpOptions {
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(feature = "tls")]
            client: None,
            #[cfg(feature = "tls")]
            server: None,
            #[cfg(feature = "proxy")]
            proxy: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(&mut self, tls: Tls) {
        match tls {
            Tls::Client(client) => self.client = Some(client),
            Tls::Server(server) => self.server = Some(server),
        }
    }

    #[cfg(feature = "proxy")]
    pub(crate) fn proxy(&mut self, proxy: Proxy) {
        self.proxy = Some(proxy);
    }

    /// Connects, and does the handshakes of TLS and of `protocol`, all within the limit.
    pub(crate) async fn connect(
        &self,
        url: &SocketUrl,
        protocol: impl Protocol,
        settings: Settings,
    ) -> Result<Box<dyn Connection>, TransportError> {
        let limit = settings.handshake;
        let work = async move {
            let stream = self.reach(url).await?;
            let peer = PeerInfo::new(url.to_string());
            #[cfg(feature = "tls")]
            if url.tls() {
                let tls = self.client.clone().unwrap_or_default();
                let (stream, peer) = tls.connect(stream, url.host(), peer).await?;
                return protocol.open(stream, peer, settings).await;
            }
            protocol.open(stream, peer, settings).await
        };
        within(limit, work).await
    }

    async fn reach(&self, url: &SocketUrl) -> Result<TcpStream, TransportError> {
        #[cfg(feature = "proxy")]
        if let Some(proxy) = &self.proxy {
            return proxy.connect(&url.host_and_port()).await;
        }
        connect_tcp(url, "").await
    }

    /// Listens.
    pub(crate) async fn listen(
        &self,
        url: &SocketUrl,
        protocol: impl ServerProtocol,
        settings: &Settings,
    ) -> Result<Box<dyn Listener>, TransportError> {
        #[cfg(feature = "tls")]
        {
            let tls = match (&self.server, url.tls()) {
                (_, false) => None,
                (Some(tls), true) => Some(tls.clone()),
                (None, true) => {
                    let reason =
                        "give its transport a certificate: `.tls(TlsServer::from_pem(..)?)`";
                    return Err(TransportError::invalid_url(&url.to_string(), reason));
                }
            };
            let listener = tcp_listener::bind(url, protocol, settings).await?;
            Ok(Box::new(listener.with_tls(tls)))
        }
        #[cfg(not(feature = "tls"))]
        Ok(Box::new(tcp_listener::bind(url, protocol, settings).await?))
    }
}

impl fmt::Debug for TcpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TcpOptions");
        #[cfg(feature = "tls")]
        shown
            .field("client", &self.client)
            .field("server", &self.server);
        #[cfg(feature = "proxy")]
        shown.field("proxy", &self.proxy);
        shown.finish()
    }
}
