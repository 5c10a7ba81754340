//! `prefixed://127.0.0.1:9000`: frames over TCP, each behind its length in four bytes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use mitto::transport::{
    Batch, BoxFuture, CloseReason, Connection, Frame, Incoming, Listener, Settings, Transport,
    TransportError,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Prefixed;

impl Transport for Prefixed {
    fn schemes(&self) -> &'static [&'static str] {
        &["prefixed"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let connecting = TcpStream::connect(authority(url));
            let stream = tokio::time::timeout(settings.handshake, connecting)
                .await
                .map_err(|_| TransportError::Timeout(settings.handshake))?
                .map_err(|source| TransportError::Connect {
                    what: format!("cannot connect to {url}"),
                    source,
                })?;
            let remote = stream.peer_addr()?;
            Ok(Box::new(Wire::new(stream, remote, settings.max_frame)) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let failed = |source| TransportError::Listen {
                url: url.to_owned(),
                source,
            };
            let listener = TcpListener::bind(authority(url)).await.map_err(failed)?;
            let url = format!("prefixed://{}", listener.local_addr()?);
            let max_frame = settings.max_frame;
            Ok(Box::new(Place {
                listener,
                url,
                max_frame,
            }) as Box<dyn Listener>)
        })
    }
}

fn authority(url: &str) -> &str {
    url.split_once("://")
        .map_or(url, |(_, authority)| authority)
}

struct Place {
    listener: TcpListener,
    url: String,
    max_frame: usize,
}

impl Listener for Place {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>> {
        let (stream, remote) = ready!(self.listener.poll_accept(cx))?;
        let wire = Wire::new(stream, remote, self.max_frame);
        Poll::Ready(Ok(Box::new(Caller(wire))))
    }

    fn url(&self) -> &str {
        &self.url
    }
}

/// This transport has no handshake of its own: whoever comes in is connected.
struct Caller(Wire);

impl Incoming for Caller {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move { Ok(Box::new(self.0) as Box<dyn Connection>) })
    }

    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move { drop(self) })
    }

    fn remote(&self) -> &str {
        self.0.remote()
    }
}

struct Wire {
    stream: TcpStream,
    remote: String,
    max_frame: usize,
    read: Vec<u8>,
    parsed: usize,
    write: Vec<u8>,
    written: usize,
    accepted: u64,
}

impl Wire {
    fn new(stream: TcpStream, remote: SocketAddr, max_frame: usize) -> Self {
        Self {
            stream,
            remote: remote.to_string(),
            max_frame,
            read: Vec::new(),
            parsed: 0,
            write: Vec::new(),
            written: 0,
            accepted: 0,
        }
    }
}

impl Connection for Wire {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        self.read.drain(..std::mem::take(&mut self.parsed));
        let mut chunk = [0; 16 << 10];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
        self.read.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(!chunk.filled().is_empty()))
    }

    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        let Some((head, rest)) = self.read[self.parsed..].split_first_chunk() else {
            return Ok(None);
        };
        let len = u32::from_be_bytes(*head) as usize;
        if len > self.max_frame {
            return Err(TransportError::TooLarge {
                limit: self.max_frame,
            });
        }
        let Some(bytes) = rest.get(..len) else {
            return Ok(None);
        };
        self.parsed += 4 + len;
        Ok(Some(Frame { bytes, text: false }))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        for frame in batch.frames() {
            let len = u32::try_from(frame.bytes.len()).map_err(io::Error::other)?;
            self.write.extend_from_slice(&len.to_be_bytes());
            self.write.extend_from_slice(frame.bytes);
        }
        batch.clear();
        while self.written < self.write.len() {
            let rest = &self.write[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                n => self.written += n,
            }
        }
        self.accepted += self.written as u64;
        self.write.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        _: &CloseReason,
    ) -> Poll<Result<(), TransportError>> {
        ready!(self.poll_write(cx, &mut Batch::new()))?;
        Poll::Ready(ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).map_err(Into::into))
    }

    fn accepted(&self) -> u64 {
        self.accepted + self.written as u64
    }

    fn remote(&self) -> &str {
        &self.remote
    }
}
