//! A transport of one's own, `pipes://name`: frames with their length in front, over byte pipes.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use mitto::transport::{
    Batch, BoxFuture, CloseReason, Connection, Frame, Incoming, Listener, Settings, Transport,
    TransportError,
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

#[derive(Clone, Default)]
pub(crate) struct Pipes {
    places: Arc<Mutex<HashMap<String, mpsc::UnboundedSender<DuplexStream>>>>,
}

impl Transport for Pipes {
    fn schemes(&self) -> &'static [&'static str] {
        &["pipes"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(16 << 10);
            let places = self.places.lock().unwrap();
            let taken = places.get(url).map(|place| place.send(theirs));
            match taken {
                Some(Ok(())) => Ok(Box::new(Pipe::new(ours, settings.max_frame)) as _),
                _ => Err(TransportError::Connect {
                    what: format!("nothing listens at {url}"),
                    source: io::ErrorKind::ConnectionRefused.into(),
                }),
            }
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move {
            let (place, waiting) = mpsc::unbounded_channel();
            self.places.lock().unwrap().insert(url.to_owned(), place);
            Ok(Box::new(Place {
                url: url.to_owned(),
                max_frame: settings.max_frame,
                waiting,
            }) as _)
        })
    }
}

struct Place {
    url: String,
    max_frame: usize,
    waiting: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Listener for Place {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>> {
        match ready!(self.waiting.poll_recv(cx)) {
            Some(stream) => Poll::Ready(Ok(Box::new(Arrived(Pipe::new(stream, self.max_frame))))),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn url(&self) -> &str {
        &self.url
    }
}

struct Arrived(Pipe);

impl Incoming for Arrived {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move { Ok(Box::new(self.0) as _) })
    }

    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn remote(&self) -> &str {
        "a pipe"
    }
}

struct Pipe {
    stream: DuplexStream,
    max_frame: usize,
    read: Vec<u8>,
    parsed: usize,
    write: Vec<u8>,
    written: usize,
    accepted: u64,
}

impl Pipe {
    fn new(stream: DuplexStream, max_frame: usize) -> Self {
        Self {
            stream,
            max_frame,
            read: Vec::new(),
            parsed: 0,
            write: Vec::new(),
            written: 0,
            accepted: 0,
        }
    }
}

impl Connection for Pipe {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        self.read.drain(..std::mem::take(&mut self.parsed));
        let mut chunk = [0; 4096];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut chunk))?;
        self.read.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(!chunk.filled().is_empty()))
    }

    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        let Some((head, rest)) = self.read[self.parsed..].split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*head) as usize;
        if length > self.max_frame {
            let limit = self.max_frame;
            return Err(TransportError::TooLarge { limit });
        }
        let Some(bytes) = rest.get(..length) else {
            return Ok(None);
        };
        self.parsed += 4 + length;
        Ok(Some(Frame { bytes, text: false }))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        for frame in batch.frames() {
            let length = frame.bytes.len() as u32;
            self.write.extend_from_slice(&length.to_be_bytes());
            self.write.extend_from_slice(frame.bytes);
        }
        batch.clear();
        while self.written < self.write.len() {
            let rest = &self.write[self.written..];
            let count = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            self.written += count;
            self.accepted += count as u64;
        }
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
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        Poll::Ready(Ok(()))
    }

    fn accepted(&self) -> u64 {
        self.accepted
    }

    fn remote(&self) -> &str {
        "a pipe"
    }
}
