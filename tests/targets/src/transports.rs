//! What comes over a socket: the same frames come out however the bytes are cut on their way.

use std::future::poll_fn;

use mitto::transport::prefixed::Prefixed;
use mitto::transport::{Batch, Connection, PeerInfo, Settings, websocket as ws};
use tokio::runtime::{Builder, Runtime};

use crate::stream::Given;

/// The largest frame taken, in bytes; small, so that mutations pass it.
const MAX_FRAME: usize = 1_000;

/// A request that upgrades to a WebSocket.
pub const UPGRADE: &[u8] =
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// What a connection gave: its frames and whether they are text, and how it ended.
type Read = (Vec<(Vec<u8>, bool)>, Result<(), String>);

/// What a client sends over a WebSocket. The first byte says whether a good upgrade request stands
/// before the rest.
pub fn websocket(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let bytes = match first % 2 {
        0 => rest.to_vec(),
        _ => [UPGRADE, rest].concat(),
    };
    let settings = settings();
    cut_anyhow(&bytes, |stream| {
        block_on(async {
            let peer = PeerInfo::default();
            let accepted = ws::accept(stream, "/", peer, &settings).await;
            Some(read(&mut *accepted.ok()?).await)
        })
    });
}

/// What comes over a stream of frames behind their length.
pub fn prefixed(bytes: &[u8]) {
    let settings = settings();
    cut_anyhow(bytes, |stream| {
        let mut connection = Prefixed::new(stream, PeerInfo::default(), &settings);
        Some(block_on(read(&mut connection)))
    });
}

/// Reads the bytes as a whole and cut into small reads.
fn cut_anyhow(bytes: &[u8], read: impl Fn(Given) -> Option<Read>) {
    let whole = read(Given::new(bytes.to_vec(), usize::MAX));
    for step in [1, 7] {
        let cut = read(Given::new(bytes.to_vec(), step));
        assert_eq!(whole, cut, "in reads of {step} bytes");
    }
}

async fn read(connection: &mut dyn Connection) -> Read {
    let mut frames = Vec::new();
    let outcome = loop {
        match connection.next_frame() {
            Ok(Some(frame)) => {
                assert!(frame.bytes.len() <= MAX_FRAME);
                assert!(!frame.text || std::str::from_utf8(frame.bytes).is_ok());
                frames.push((frame.bytes.to_vec(), frame.text));
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                let reason = error.close_reason();
                assert!(matches!(connection.next_frame(), Ok(None)), "{error}");
                let close = poll_fn(|cx| connection.poll_close(cx, &reason));
                close.await.expect("the stream takes everything");
                while let Ok(true) = poll_fn(|cx| connection.poll_fill(cx)).await {
                    assert!(matches!(connection.next_frame(), Ok(None)), "{error}");
                }
                break Err(error.to_string());
            }
        }
        let mut nothing = Batch::new();
        let written = poll_fn(|cx| connection.poll_write(cx, &mut nothing)).await;
        written.expect("the stream takes everything");
        match poll_fn(|cx| connection.poll_fill(cx)).await {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error.to_string()),
        }
    };
    (frames, outcome)
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.max_frame = MAX_FRAME;
    settings
}

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
}

/// Runs on the thread's own runtime: making one costs more than most input.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(future))
}
