//! Certificates, made for each test.

use std::sync::Arc;

use mitto::transport::tcp::Tcp;
use mitto::transport::tls::{Tls, TlsClient, TlsServer};
use mitto::transport::websocket::WebSocket;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use super::end::Place;

/// An authority that signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name, and its key.
    pub(crate) fn sign(&self, name: &str) -> (String, String) {
        self.finish(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// A certificate for 127.0.0.1 that is valid no longer, and its key.
    pub(crate) fn sign_expired(&self) -> (String, String) {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        self.finish(&params)
    }

    pub(crate) fn server(&self) -> TlsServer {
        let (certificate, key) = self.sign("127.0.0.1");
        TlsServer::from_pem(certificate, key).unwrap()
    }

    /// A client that trusts this authority alone.
    pub(crate) fn client(&self) -> TlsClient {
        TlsClient::trusting(self.pem()).unwrap()
    }

    pub(super) fn places(&self) -> [Place; 2] {
        places(self.server(), &self.client())
    }

    fn finish(&self, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Both transports with TLS.
pub(super) fn places(server: TlsServer, client: &TlsClient) -> [Place; 2] {
    let (server, client) = (Tls::from(server), Tls::from(client.clone()));
    let tls = Place {
        transport: Arc::new(Tcp::new().tls(server.clone()).tls(client.clone())),
        texts: false,
        tls: true,
        ..Place::new("tls://127.0.0.1:0")
    };
    let wss = Place {
        transport: Arc::new(WebSocket::new().tls(server).tls(client)),
        tls: true,
        ..Place::new("wss://127.0.0.1:0")
    };
    [tls, wss]
}
