//! Calls over every socket, and over streams that came in by other means.

use mitto::server::{Handle, Listening};
use mitto::transport::prefixed::Prefixed;
use mitto::transport::tcp::Tcp;
use mitto::transport::websocket::{self, WebSocket};
use mitto::transport::{
    BoxFuture, Connection, Listener, PeerInfo, Settings, Transport, TransportError,
};
use mitto::{Limits, Server};
use mitto_test_messages::presence::{Presence, PresenceClient, Who};
use tokio::net::TcpListener;

use super::authority::Authority;
use super::directory::Directory;

#[mitto::provider(server of Presence: [who])]
struct Lobby;

#[mitto::handler]
fn who(_: Who) -> Vec<String> {
    vec!["Ann".to_owned()]
}

async fn check(client: &PresenceClient) {
    assert_eq!(client.who(Who).await.unwrap(), ["Ann"]);
}

#[tokio::test]
async fn calls_are_answered_over_every_socket() {
    let authority = Authority::new();
    let directory = Directory::new();
    let (server, client) = (authority.server(), authority.client());
    let server = Server::new(Lobby)
        .transport(Tcp::new().tls(server.clone()))
        .transport(WebSocket::new().tls(server));
    let mut listening = server.listen("tcp://127.0.0.1:0").await.unwrap();
    for url in [
        "ws://127.0.0.1:0",
        "tls://127.0.0.1:0",
        "wss://127.0.0.1:0",
        &directory.url(),
    ] {
        listening = listening.and_listen(url).await.unwrap();
    }
    let urls: Vec<_> = listening.urls().map(str::to_owned).collect();
    assert_eq!(urls.len(), 5);
    let handle = listening.spawn();
    for url in urls {
        let client = PresenceClient::builder()
            .transport(Tcp::new().tls(client.clone()))
            .transport(WebSocket::new().tls(client.clone()))
            .connect(&url)
            .await
            .unwrap();
        check(&client).await;
    }
    handle.shutdown().await;
}

/// Connects by handing the server the other end of a pipe.
struct Pipes(Handle);

impl Transport for Pipes {
    fn schemes(&self) -> &'static [&'static str] {
        &["pipe"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let (here, there) = tokio::io::duplex(1_000);
            let there = Prefixed::new(there, PeerInfo::new("a pipe"), settings);
            self.0.serve(Box::new(there));
            let here = Prefixed::new(here, PeerInfo::new(url), settings);
            Ok(Box::new(here) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        _: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            Err(TransportError::InvalidUrl {
                url: url.to_owned(),
                reason: "pipes are not listened at".to_owned(),
            })
        })
    }
}

async fn listening(limits: Limits) -> Listening {
    let server = Server::new(Lobby).limits(limits);
    server.listen("tcp://127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn any_stream_of_bytes_can_be_served() {
    let mut limits = Limits::default();
    limits.connections = 1;
    let handle = listening(limits).await.spawn();
    let connect = || {
        PresenceClient::builder()
            .transport(Pipes(handle.clone()))
            .connect("pipe://here")
    };
    let client = connect().await.unwrap();
    check(&client).await;
    assert_eq!(handle.peers().list()[0].remote(), "a pipe");
    let full = connect().await.unwrap_err().to_string();
    assert!(full.contains("no more connections now"), "{full}");
    handle.shutdown().await;
    assert!(connect().await.is_err(), "the server is shut down");
}

#[tokio::test]
async fn stream_that_came_in_elsewhere_is_upgraded_to_a_websocket() {
    let handle = listening(Limits::default()).await.spawn();
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/chat?token=1", elsewhere.local_addr().unwrap());
    let served = async {
        let (stream, _) = elsewhere.accept().await.unwrap();
        let peer = PeerInfo::new("elsewhere");
        let settings = Settings::default();
        let connection = websocket::accept(stream, "/chat", peer, &settings).await;
        let mut connection = connection.unwrap();
        let request = connection.take_peer_info().request.unwrap();
        assert_eq!(request.target(), "/chat?token=1");
        assert_eq!(request.header("Sec-WebSocket-Protocol"), Some("mitto.1"));
        assert!(connection.take_peer_info().request.is_none());
        handle.serve(connection);
    };
    let (client, ()) = tokio::join!(PresenceClient::connect(&url), served);
    check(&client.unwrap()).await;
}
