//! Peers that speak the protocol by hand, and badly.

use std::future::poll_fn;

use mitto::Limits;
use mitto::codec::{Codecs, Encoder, Format};
use mitto::envelope::{CorrelationId, Head, Kind};
use mitto::framing::{Framing, Hello, Native};
use mitto::message::Message;
use mitto::transport::{Batch, Connection, Settings, Transports};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// A connection whose other end is a server that takes it for a client.
pub(crate) struct RawPeer(Box<dyn Connection>);

impl RawPeer {
    /// Connects, and says hello as one that takes as much as can be said.
    pub(crate) async fn connect(url: &str) -> Result<Self, Failure> {
        let settings = Settings::default();
        let transports = Transports::default();
        let connection = transports.by_url(url)?.connect(url, &settings).await?;
        let mut peer = Self(connection);
        let mut batch = Batch::new();
        frame(&mut batch, |bytes| bytes.extend_from_slice(&hello()));
        peer.send(batch).await?;
        while peer.0.next_frame()?.is_none() {
            if !poll_fn(|cx| peer.0.poll_fill(cx)).await? {
                return Err("the server has closed instead of saying hello".into());
            }
        }
        Ok(peer)
    }

    pub(crate) async fn send(&mut self, mut batch: Batch) -> Result<(), Failure> {
        poll_fn(|cx| self.0.poll_write(cx, &mut batch)).await?;
        Ok(())
    }
}

/// Ends what `write` adds as a frame.
pub(crate) fn frame(batch: &mut Batch, write: impl FnOnce(&mut Vec<u8>)) {
    write(batch.bytes_mut());
    batch.end_frame(false);
}

/// The frame of a hello.
pub(crate) fn hello() -> Vec<u8> {
    let mut limits = Limits::default();
    limits.message = usize::MAX;
    limits.in_flight = 1 << 16;
    limits.stream_window = usize::MAX;
    let mut hello = Hello::new(&limits);
    hello.formats = vec![Format::MESSAGE_PACK];
    let mut out = Vec::new();
    Native.begin(&Head::new(Kind::Hello, CorrelationId::NONE), &mut out);
    hello.write(&mut out);
    Native.finish(&Head::new(Kind::Hello, CorrelationId::NONE), 0, &mut out);
    out
}

/// The frame of a request.
pub(crate) fn request<M: Message + serde::Serialize>(
    id: CorrelationId,
    message: &M,
) -> Result<Vec<u8>, Failure> {
    let head = Head {
        from_requester: true,
        message: M::INFO.id,
        format: Some(Format::MESSAGE_PACK),
        ..Head::new(Kind::Request, id)
    };
    let mut out = Vec::new();
    Native.begin(&head, &mut out);
    let codecs = Codecs::default();
    Encoder::new(&codecs, Format::MESSAGE_PACK, &mut out, usize::MAX).encode(message)?;
    Native.finish(&head, 0, &mut out);
    Ok(out)
}

/// The first piece of a request whose whole is `total` bytes.
pub(crate) fn piece(id: CorrelationId, total: u64) -> Vec<u8> {
    let head = Head {
        from_requester: true,
        more: true,
        message: crate::service::Blow::INFO.id,
        format: Some(Format::MESSAGE_PACK),
        total: Some(total),
        ..Head::new(Kind::Request, id)
    };
    let mut out = Vec::new();
    Native.begin(&head, &mut out);
    out.extend_from_slice(b"little");
    Native.finish(&head, 0, &mut out);
    out
}

/// A request for a WebSocket, as bytes.
pub(crate) const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A WebSocket as a bare stream of bytes, after its upgrade.
pub(crate) async fn upgraded(address: &str) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(UPGRADE.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(stream)
}

/// A masked binary message of a WebSocket, whose mask is 0.
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    let mut out = header(payload.len() as u64);
    out.extend_from_slice(payload);
    out
}

/// The header of a masked binary message of `length` bytes.
pub(crate) fn header(length: u64) -> Vec<u8> {
    let mut out = vec![0x82];
    match u8::try_from(length) {
        Ok(short) if short < 126 => out.push(0x80 | short),
        _ => match u16::try_from(length) {
            Ok(middle) => {
                out.push(0x80 | 126);
                out.extend_from_slice(&middle.to_be_bytes());
            }
            Err(_) => {
                out.push(0x80 | 127);
                out.extend_from_slice(&length.to_be_bytes());
            }
        },
    }
    out.extend_from_slice(&[0; 4]);
    out
}
