//! What the transports over streams of bytes share: URLs, connecting, accepting, buffers.
//!
//! A socket becomes a stream (through a proxy, with TLS around it), and a [`Protocol`] makes a
//! connection of the stream.

mod buffers;
#[cfg(feature = "tcp")]
mod connect;
mod listener;
#[cfg(feature = "tcp")]
mod options;
#[cfg(feature = "tcp")]
mod tcp_listener;
#[cfg(feature = "tcp")]
mod url;

#[cfg(test)]
pub(super) use buffers::{AT_REST, BUSY};
pub(super) use buffers::{ReadBuffer, WriteBuffer, poll_shutdown};
#[cfg(feature = "proxy")]
pub(super) use connect::connect_tcp;
pub(super) use listener::{Accept, SocketListener};
#[cfg(feature = "tcp")]
pub(super) use options::TcpOptions;
#[cfg(feature = "tcp")]
#[cfg(feature = "websocket")]
pub(super) use url::path_of;
#[cfg(feature = "tcp")]
pub(super) use url::{Scheme, SocketUrl};

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::io::read_buf;

use super::{Connection, PeerInfo, Settings, TransportError};

/// How long a peer that is turned away may take to read why.
const LINGER: Duration = Duration::from_secs(1);

/// A stream of bytes in both directions.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> ByteStream for S {}

/// What makes a connection of a stream, handshake included.
pub(super) trait Protocol: Sized + Send + Sync + Unpin + 'static {
    fn open<S: ByteStream>(
        self,
        stream: S,
        peer: PeerInfo,
        settings: Settings,
    ) -> impl Future<Output = Result<Box<dyn Connection>, TransportError>> + Send;
}

/// The server's end of a protocol.
pub(super) trait ServerProtocol: Protocol + Clone {
    /// Tells the other end that there is no room, then closes.
    fn refuse<S: ByteStream>(self, stream: S) -> impl Future<Output = ()> + Send;
}

pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Err(TransportError::Timeout(limit)))
}

/// Answers and closes. The system would take the answer back if what the peer sends were left
/// unread, so that is read and thrown away for a moment.
pub(super) async fn say_and_close<S: ByteStream>(stream: &mut S, answer: &[u8]) {
    let linger = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut unread = Vec::with_capacity(4 << 10);
        while read_buf(stream, &mut unread).await? > 0 {
            unread.clear();
        }
        std::io::Result::Ok(())
    };
    // Nobody is left to tell about a failure.
    let _ = tokio::time::timeout(LINGER, linger).await;
}
