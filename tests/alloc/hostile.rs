//! What a server holds for peers that announce much, or ask for much and never read.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use mitto::codec::{Codecs, Encoder, Format};
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Hello, Native};
use mitto::message::Message;
use mitto::transport::{Batch, Connection, Settings, Transports};
use mitto::{Limits, Server};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::count::held;
use crate::service::{CountedServer, Large, Numbers};

/// Bytes that may be held for one that announces much.
const ANNOUNCED: usize = 12 << 10;
/// And for one that never reads: what `Limits::outbound` says. It is more for small messages and for
/// large ones: the limit counts their bytes, not where each of them ends, nor the room that growing
/// buffers have.
const MUTE: usize = 4 << 20;
const WITH_ROOM: usize = 3 * MUTE;

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Peers whose first frame is said to be one of 1 MiB, 1 GiB or 2^63 bytes; hardly any follow.
pub(crate) async fn announced() {
    const PEERS: usize = 100;
    let websocket = |length: u64| [&[0x82, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat();
    let tcp = |length: u32| length.to_be_bytes().to_vec();
    for (url, header) in [
        ("ws://127.0.0.1:0", websocket(1 << 20)),
        ("ws://127.0.0.1:0", websocket(1 << 30)),
        ("ws://127.0.0.1:0", websocket(1 << 63)),
        ("tcp://127.0.0.1:0", tcp(1 << 20)),
        ("tcp://127.0.0.1:0", tcp(1 << 30)),
    ] {
        let server = Server::new(CountedServer::default());
        let server = server.listen(url).await.expect("listens").spawn();
        let (scheme, address) = server.url().split_once("://").expect("a URL");
        let mut peers = Vec::with_capacity(PEERS);
        let before = held();
        for _ in 0..PEERS {
            let address = address.trim_end_matches('/');
            let mut peer = TcpStream::connect(address).await.expect("connects");
            if scheme == "ws" {
                upgrade(&mut peer).await;
            }
            peer.write_all(&header).await.expect("announces");
            peer.write_all(&[7; 100]).await.expect("begins");
            peers.push(peer);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let each = held().saturating_sub(before) / PEERS;
        println!("a {scheme} peer that announces {header:02x?} has {each} bytes held");
        assert!(each <= ANNOUNCED, "{each} bytes");
        drop(peers);
        server.shutdown().await;
    }
}

async fn upgrade(peer: &mut TcpStream) {
    peer.write_all(UPGRADE.as_bytes()).await.expect("asks");
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        last[3] = peer.read_u8().await.expect("an answer");
    }
}

/// Peers that ask for much, and read nothing of it.
pub(crate) async fn mute() {
    let numbers = request(0, &Numbers {});
    let large = |bytes| move |slot| request(slot, &Large { bytes });
    for url in ["ws://127.0.0.1:0", "tcp://127.0.0.1:0"] {
        let asking = [
            ("numbers", WITH_ROOM, vec![numbers.clone()]),
            ("60 kB", WITH_ROOM, (0..1_000).map(large(60_000)).collect()),
            ("64 KiB", MUTE, (0..1_000).map(large(64 << 10)).collect()),
            (
                "1 MB",
                WITH_ROOM,
                (0..1_000).map(large(1_000_000)).collect(),
            ),
        ];
        for (what, most, requests) in asking {
            let held = one_mute(url, &requests).await;
            println!("a peer at {url} that reads no answers of {what} has {held} bytes held");
            assert!(held <= most, "{held} bytes");
        }
    }
}

async fn one_mute(url: &str, requests: &[Vec<u8>]) -> usize {
    let server = Server::new(CountedServer::default());
    let server = server.listen(url).await.expect("listens").spawn();
    let mut peer = connect(server.url()).await;
    let before = held();
    let mut batch = Batch::new();
    for request in requests {
        frame(&mut batch, request);
    }
    poll_fn(|cx| peer.poll_write(cx, &mut batch))
        .await
        .expect("asks");
    let mut most = 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(400) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        most = most.max(held().saturating_sub(before));
    }
    drop(peer);
    server.shutdown().await;
    most
}

/// A peer that has said hello, and takes as much as can be said.
async fn connect(url: &str) -> Box<dyn Connection> {
    let (transports, settings) = (Transports::default(), Settings::default());
    let transport = transports.by_url(url).expect("a transport");
    let mut peer = transport.connect(url, &settings).await.expect("connects");
    let mut limits = Limits::default();
    limits.stream_window = usize::MAX;
    let hello = written(&Head::new(Kind::Hello, CorrelationId::NONE), |out| {
        Hello::new(&limits).write(out);
    });
    let mut batch = Batch::new();
    frame(&mut batch, &hello);
    poll_fn(|cx| peer.poll_write(cx, &mut batch))
        .await
        .expect("says hello");
    while peer.next_frame().expect("a frame").is_none() {
        assert!(poll_fn(|cx| peer.poll_fill(cx)).await.expect("a hello"));
    }
    peer
}

fn request<M: Message + Serialize>(slot: u32, message: &M) -> Vec<u8> {
    let format = Format::MESSAGE_PACK;
    let head = Head {
        from_requester: true,
        message: M::INFO.id,
        format: Some(format),
        ..Head::new(Kind::Request, CorrelationId::new(slot, 1))
    };
    written(&head, |out| {
        let codecs = Codecs::default();
        let encoded = Encoder::new(&codecs, format, out, usize::MAX).encode(message);
        encoded.expect("a number");
    })
}

fn written(head: &Head<'_>, payload: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    Native.begin(head, &mut out);
    payload(&mut out);
    Native.finish(head, 0, &mut out);
    out
}

fn frame(batch: &mut Batch, bytes: &[u8]) {
    batch.bytes_mut().extend_from_slice(bytes);
    batch.end_frame(false);
}
