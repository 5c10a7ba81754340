//! What endless small input takes: nothing that grows with it.
//!
//! `MITTO_FAULTS=full cargo test --release -p mitto-tests --test alloc` sends a million of each.

use std::time::Duration;

use mitto::codec::Format;
use mitto::envelope::{CorrelationId, Head, Kind, MessageId};
use mitto::framing::Native;
use mitto::message::Message;
use mitto::server::Handle;
use mitto::transport::Settings;
use mitto::{Limits, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::count::held;
use crate::service::{CountedServer, Note, Numbers, Plain};
use crate::wire::{Over, native, prefixed, ws};

/// What a flood may add to what the process holds, in bytes: the buffers that go with it.
const MOST: usize = 512 << 10;

/// Frames written at once.
const BATCH: usize = 64;

/// What is sent without end.
struct Flood {
    name: &'static str,
    over: Over,
    /// The bytes on the wire of the frame of a number.
    frame: fn(usize) -> Vec<u8>,
    /// Whether the server may end it.
    ends: bool,
    /// Good answers to `BATCH` frames.
    answers: usize,
}

const FLOODS: &[Flood] = &[
    flood("WebSocket pings", Over::WebSocket, |_| ws(0x89, b"p")),
    flood("WebSocket pongs", Over::WebSocket, |_| ws(0x8A, b"")),
    Flood {
        answers: BATCH,
        ..flood("requests in one-byte fragments", Over::WebSocket, fragments)
    },
    Flood {
        ends: true,
        ..flood("fragments without end", Over::WebSocket, |n| {
            ws(if n == 0 { 0x02 } else { 0x00 }, b"x")
        })
    },
    Flood {
        ends: true,
        ..flood("empty fragments", Over::WebSocket, |n| {
            ws(if n == 0 { 0x02 } else { 0x00 }, b"")
        })
    },
    Flood {
        ends: true,
        ..flood("empty messages", Over::WebSocket, |_| ws(0x82, b""))
    },
    flood("pings", Over::Prefixed, |_| {
        prefixed(&Head::new(Kind::Ping, CorrelationId::NONE), b"p")
    }),
    flood("cancels of nothing", Over::Prefixed, |n| {
        prefixed(&to_server(Kind::Cancel, n), b"")
    }),
    flood("credits of nothing", Over::Prefixed, |n| {
        prefixed(&to_server(Kind::Credit, n), &[0xFF; 4])
    }),
    flood("answers to nothing", Over::Prefixed, |n| {
        let from_requester = false;
        let head = to_server(Kind::Response, n);
        prefixed(
            &Head {
                from_requester,
                ..head
            },
            b"1",
        )
    }),
    flood("requests without a payload", Over::Prefixed, |n| {
        prefixed(&request::<Plain>(n), b"")
    }),
    flood("notifications without a payload", Over::Prefixed, |_| {
        let message = Note::INFO.id;
        let head = request::<Plain>(0);
        let correlation = CorrelationId::NONE;
        let kind = Kind::Notification;
        prefixed(
            &Head {
                kind,
                correlation,
                message,
                ..head
            },
            b"",
        )
    }),
    flood("unknown messages", Over::Prefixed, |n| {
        let message = MessageId(n as u32 | 1 << 31);
        prefixed(
            &Head {
                message,
                ..request::<Plain>(n)
            },
            b"{}",
        )
    }),
    flood("streams given up at once", Over::Prefixed, |n| {
        let stream = prefixed(&request::<Numbers>(n), b"{}");
        [stream, prefixed(&to_server(Kind::Cancel, n), b"")].concat()
    }),
    Flood {
        answers: BATCH,
        ..flood("requests in one-byte pieces", Over::Prefixed, pieces)
    },
    flood("empty pieces", Over::Prefixed, |n| {
        let head = request::<Plain>(0);
        let (total, more, rest) = ((n == 0).then_some(7), true, n > 0);
        prefixed(
            &Head {
                total,
                more,
                rest,
                ..head
            },
            b"",
        )
    }),
];

const fn flood(name: &'static str, over: Over, frame: fn(usize) -> Vec<u8>) -> Flood {
    Flood {
        name,
        over,
        frame,
        ends: false,
        answers: 0,
    }
}

/// Sends each flood over a connection of its own.
pub(crate) async fn floods() {
    let server = Server::new(CountedServer::default()).limits(limits());
    let server = server.embed().expect("good limits");
    for flood in FLOODS {
        let count = if std::env::var_os("MITTO_FAULTS").is_some() {
            1_000_000
        } else {
            30_000
        };
        let grown = flood.send(&server, count).await;
        println!("{:40} {grown:6} bytes at most", flood.name);
        assert!(grown <= MOST, "{} take memory", flood.name);
        while !server.peers().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.running(), 0, "{}", flood.name);
    }
    server.shutdown().await;
}

impl Flood {
    /// Sends so many frames. Gives back how much more the process held at any time than when they had
    /// just begun.
    async fn send(&self, server: &Handle, count: usize) -> usize {
        let (mut here, there) = duplex(64 << 10);
        self.over
            .connect(server, &settings(), &mut here, there)
            .await;
        let (read, mut write) = tokio::io::split(here);
        let mut answers = Answers::new(read, self.over);
        let hello = self.over.hello(&limits());
        write.write_all(&hello).await.expect("there is room");
        let mut bytes = Vec::with_capacity(64 << 10);
        let (mut begun, mut most) = (held(), held());
        for batch in 0..count / BATCH {
            bytes.clear();
            for n in 0..BATCH {
                bytes.extend((self.frame)(batch * BATCH + n));
            }
            answers.read_while(write.write_all(&bytes)).await;
            if answers.ended {
                assert!(self.ends, "{}: the connection has ended", self.name);
                return most - begun;
            }
            answers.read_while(tokio::task::yield_now()).await;
            // By then the buffers are as large as they get.
            if batch == count / BATCH / 10 && !self.ends {
                (begun, most) = (held(), held());
            }
            most = most.max(held());
        }
        assert!(
            !self.ends,
            "{}: the connection should have ended",
            self.name
        );
        let expected = count / BATCH * self.answers;
        // A good request, and an end to what was begun before.
        let good = self.over.frame(&request::<Plain>(1_023), br#"{"n":1}"#);
        write.write_all(&good).await.expect("the connection lives");
        while answers.good <= expected {
            answers.read().await;
            assert!(!answers.ended, "{}: the connection has ended", self.name);
        }
        assert_eq!(answers.good, expected + 1, "{}", self.name);
        most - begun
    }
}

/// What the server says, and how many responses are in it.
struct Answers {
    read: tokio::io::ReadHalf<DuplexStream>,
    over: Over,
    bytes: Vec<u8>,
    upgraded: bool,
    good: usize,
    ended: bool,
}

impl Answers {
    fn new(read: tokio::io::ReadHalf<DuplexStream>, over: Over) -> Self {
        Self {
            read,
            upgraded: over == Over::Prefixed,
            over,
            bytes: Vec::with_capacity(128 << 10),
            good: 0,
            ended: false,
        }
    }

    /// Reads until something else is done.
    async fn read_while<T>(&mut self, other: impl Future<Output = T>) {
        let mut other = std::pin::pin!(other);
        while !self.ended {
            tokio::select! {
                biased;
                () = self.read() => {}
                _ = &mut other => return,
            }
        }
    }

    async fn read(&mut self) {
        let read = self.read.read_buf(&mut self.bytes).await;
        self.ended = !matches!(read, Ok(1..));
        if !self.upgraded {
            let end = self.bytes.windows(4).position(|end| end == b"\r\n\r\n");
            let Some(end) = end else { return };
            self.bytes.drain(..end + 4);
            self.upgraded = true;
        }
        let mut at = 0;
        while let Some((head, size)) = self.next_frame(&self.bytes[at..]) {
            let Some(frame) = self.bytes.get(at + head..at + head + size) else {
                break;
            };
            self.good += usize::from(frame.get(1) == Some(&Kind::Response.number()));
            at += head + size;
        }
        self.bytes.drain(..at);
    }

    /// The bytes of the head of the next frame, and of what is behind it.
    fn next_frame(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        match (self.over, bytes) {
            (Over::WebSocket, [_, 126, high, low, ..])
            | (Over::Prefixed, [0, 0, high, low, ..]) => {
                Some((4, usize::from(u16::from_be_bytes([*high, *low]))))
            }
            (Over::WebSocket, [_, size @ ..126, ..]) => Some((2, usize::from(*size))),
            _ => None,
        }
    }
}

/// A good request, as a WebSocket message of which each byte is a fragment.
fn fragments(n: usize) -> Vec<u8> {
    let frame = native(&request::<Plain>(n % BATCH), br#"{"n":1}"#);
    let last = frame.len() - 1;
    let fragments = frame.iter().enumerate().flat_map(|(at, byte)| {
        let first = match at {
            0 => 0x02,
            at if at == last => 0x80,
            _ => 0x00,
        };
        ws(first, &[*byte])
    });
    fragments.collect()
}

/// A good request, each byte of its payload in a frame of its own.
fn pieces(n: usize) -> Vec<u8> {
    let payload = br#"{"n":1}"#;
    let head = request::<Plain>(n % BATCH);
    let pieces = payload.iter().enumerate().flat_map(|(at, byte)| {
        let total = (at == 0).then_some(payload.len() as u64);
        let (more, rest) = (at < payload.len() - 1, at > 0);
        prefixed(
            &Head {
                total,
                more,
                rest,
                ..head
            },
            &[*byte],
        )
    });
    pieces.collect()
}

fn request<M: Message>(n: usize) -> Head<'static> {
    Head {
        message: M::INFO.id,
        format: Some(Format::JSON),
        ..to_server(Kind::Request, n)
    }
}

/// Slots come again, each time in a later generation.
fn to_server(kind: Kind, n: usize) -> Head<'static> {
    let (slot, generation) = (n % 1_024, 1 + n / 1_024);
    Head {
        from_requester: true,
        ..Head::new(kind, CorrelationId::new(slot as u32, generation as u32))
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.message = 64 << 10;
    limits.outbound = 128 << 10;
    limits.write_stall = Duration::from_secs(1);
    limits
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.max_frame = limits().message + Native::OVERHEAD;
    settings
}
