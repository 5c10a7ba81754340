//! What a server holds for peers that announce much, or ask for much and never read.

use mitto::codec::{Codecs, Encoder, Format};
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::message::Message;
use mitto::transport::Settings;
use mitto::{Limits, Server};
use serde::Serialize;
use tokio::io::{AsyncWriteExt, duplex};

use crate::count::held;
use crate::service::{CountedServer, Large, Numbers};
use crate::wire::{Over, settle};

/// Bytes that may be held for one that announces much.
const ANNOUNCED: usize = 12 << 10;
/// And for one that never reads: what `Limits::outbound` says. It is more for small messages and for
/// large ones: the limit counts their bytes, not where each of them ends, nor the room that growing
/// buffers have.
const MUTE: usize = 4 << 20;
const WITH_ROOM: usize = 3 * MUTE;

/// Peers whose first frame is said to be one of 1 MiB, 1 GiB or 2^63 bytes; hardly any follow.
pub(crate) async fn announced() {
    const PEERS: usize = 100;
    let websocket = |length: u64| [&[0x82, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat();
    let prefixed = |length: u32| length.to_be_bytes().to_vec();
    for (over, header) in [
        (Over::WebSocket, websocket(1 << 20)),
        (Over::WebSocket, websocket(1 << 30)),
        (Over::WebSocket, websocket(1 << 63)),
        (Over::Prefixed, prefixed(1 << 20)),
        (Over::Prefixed, prefixed(1 << 30)),
    ] {
        let server = Server::new(CountedServer::default()).embed();
        let server = server.expect("good limits");
        let settings = Settings::default();
        let pipes: Vec<_> = (0..PEERS).map(|_| duplex(1 << 10)).collect();
        let mut peers = Vec::with_capacity(PEERS);
        let before = held();
        for (mut here, there) in pipes {
            over.connect(&server, &settings, &mut here, there).await;
            here.write_all(&header).await.expect("announces");
            here.write_all(&[7; 100]).await.expect("begins");
            peers.push(here);
        }
        settle(held).await;
        let each = held().saturating_sub(before) / PEERS;
        println!("a {over:?} peer that announces {header:02x?} has {each} bytes held");
        assert!(each <= ANNOUNCED, "{each} bytes");
        drop(peers);
        server.shutdown().await;
    }
}

/// Peers that ask for much, and read nothing of it.
pub(crate) async fn mute() {
    let large = |bytes| move |slot| Asked::new(slot, &Large { bytes });
    for over in Over::ALL {
        let asking = [
            ("numbers", WITH_ROOM, vec![Asked::new(0, &Numbers {})]),
            ("60 kB", WITH_ROOM, (0..1_000).map(large(60_000)).collect()),
            ("64 KiB", MUTE, (0..1_000).map(large(64 << 10)).collect()),
            (
                "1 MB",
                WITH_ROOM,
                (0..1_000).map(large(1_000_000)).collect(),
            ),
        ];
        for (what, most, requests) in asking {
            let held = one_mute(over, &requests).await;
            println!("a {over:?} peer that reads no answers of {what} has {held} bytes held");
            assert!(held <= most, "{held} bytes");
        }
    }
}

async fn one_mute(over: Over, requests: &[Asked]) -> usize {
    let server = Server::new(CountedServer::default()).embed();
    let server = server.expect("good limits");
    // Takes all requests at once, and so many bytes of answers.
    let (mut here, there) = duplex(256 << 10);
    over.connect(&server, &Settings::default(), &mut here, there)
        .await;
    // It takes as much as can be said.
    let limits = Limits::default().stream_window(usize::MAX);
    let hello = over.hello(&limits);
    here.write_all(&hello).await.expect("says hello");
    let mut bytes = Vec::new();
    for asked in requests {
        bytes.extend(over.frame(&asked.head, &asked.payload));
    }
    settle(held).await;
    let before = held();
    here.write_all(&bytes).await.expect("asks");
    let most = settle(|| held().saturating_sub(before)).await;
    drop(here);
    server.shutdown().await;
    most
}

/// A request, encoded.
struct Asked {
    head: Head<'static>,
    payload: Vec<u8>,
}

impl Asked {
    fn new<M: Message + Serialize>(slot: u32, message: &M) -> Self {
        let format = Format::MESSAGE_PACK;
        let head = Head {
            from_requester: true,
            message: M::INFO.id,
            format: Some(format),
            ..Head::new(Kind::Request, CorrelationId::new(slot, 1))
        };
        let (codecs, mut payload) = (Codecs::default(), Vec::new());
        let encoded = Encoder::new(&codecs, format, &mut payload, usize::MAX).encode(message);
        encoded.expect("a number");
        Self { head, payload }
    }
}
