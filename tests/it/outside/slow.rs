//! Handshakes that are never finished.

use std::time::Duration;

use mitto::transport::tcp::Tcp;
use mitto::transport::tls::{TlsClient, TlsServer};
use mitto::transport::websocket::WebSocket;
use mitto::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::transport::Authority;
use crate::world::*;

const PEERS: usize = 100;
const HANDSHAKE: Duration = Duration::from_millis(500);
const PACE: Duration = Duration::from_millis(20);

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What a peer sends at once, and what it then sends slowly; the second never ends.
#[derive(Clone, Copy, Debug)]
struct Slow {
    scheme: &'static str,
    at_once: &'static str,
    slowly: &'static [u8],
}

const SLOW: [Slow; 5] = [
    Slow {
        scheme: "wss",
        at_once: "",
        slowly: &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
    },
    Slow {
        scheme: "ws",
        at_once: "",
        slowly: b"GET / HTTP/1.1\r\nHost: ",
    },
    Slow {
        scheme: "ws",
        at_once: UPGRADE,
        slowly: &[0x82, 0xFE, 1, 0, 0, 0, 0, 0],
    },
    Slow {
        scheme: "tcp",
        at_once: "",
        slowly: &[0, 0, 1, 0, 1, 1],
    },
    Slow {
        scheme: "tls",
        at_once: "",
        slowly: b"",
    },
];

#[tokio::test]
async fn unfinished_handshakes_end_in_time_and_nobody_waits_for_them() {
    let authority = Authority::new();
    let (ours, theirs): (TlsServer, TlsClient) = (authority.server(), authority.client());
    let mut limits = Limits::default();
    limits.handshake = HANDSHAKE;
    let (events, _heard) = Events::new();
    let word = String::new();
    let mut listening = Server::new(TheService { events, word })
        .limits(limits)
        .transport(Tcp::new().tls(ours.clone()))
        .transport(WebSocket::new().tls(ours))
        .listen("ws://127.0.0.1:0")
        .await
        .unwrap();
    for url in [
        "wss://127.0.0.1:0",
        "tcp://127.0.0.1:0",
        "tls://127.0.0.1:0",
    ] {
        listening = listening.and_listen(url).await.unwrap();
    }
    let server = listening.spawn();
    let urls: Vec<String> = server.urls().map(str::to_owned).collect();

    // The clock stands still until all are there: nobody takes any time for somebody else.
    let clock = Clock::stop();
    let mut peers = JoinSet::new();
    for slow in SLOW.into_iter().cycle().take(PEERS) {
        let begin = format!("{}://", slow.scheme);
        let address = urls.iter().find_map(|url| url.strip_prefix(&begin));
        let address = address.unwrap().trim_end_matches('/');
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(slow.at_once.as_bytes()).await.unwrap();
        peers.spawn(stay(stream, slow));
    }
    for url in &urls {
        let client = ServiceClient::builder()
            .transport(Tcp::new().tls(theirs.clone()))
            .transport(WebSocket::new().tls(theirs.clone()))
            .connect(url);
        let client = client.await.expect("nobody waits");
        assert_eq!(client.nothing(Nothing {}).await, Ok(()));
    }
    // Those who came before the good ones are being served by now.
    let begun = Instant::now();
    while begun.elapsed() < HANDSHAKE - PACE {
        clock.advance(PACE).await;
    }
    assert_eq!(peers.len(), PEERS);
    assert!(peers.try_join_next().is_none(), "it may still finish");
    clock.advance(2 * PACE).await;
    // A close waits for the other end's, for a second at most.
    clock.advance(2 * HANDSHAKE + PACE).await;
    while let Some(ended) = peers.join_next().await {
        ended.unwrap();
    }
    server.shutdown().await;
}

/// Stays as long as the server lets it.
async fn stay(mut stream: TcpStream, slow: Slow) {
    let (mut read, mut write) = stream.split();
    let trickle = async {
        for byte in slow.slowly.iter().chain(std::iter::repeat(&b'x')) {
            tokio::time::sleep(PACE).await;
            if slow.slowly.is_empty() || write.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let until_closed = async {
        let mut bytes = [0; 512];
        while matches!(read.read(&mut bytes).await, Ok(1..)) {}
    };
    tokio::select! {
        () = trickle => {}
        () = until_closed => {}
    }
}
