use std::future::poll_fn;
use std::sync::Arc;

use mitto::transport::memory::Memory;
use mitto::transport::{
    Batch, CloseReason, Connection, Incoming, Listener, Settings, Transport, TransportError,
    Transports,
};

use super::authority::Authority;
use super::directory::Directory;

/// A connection, with the methods a test wants.
pub(super) struct End(pub(super) Box<dyn Connection>);

impl End {
    pub(super) async fn send(&mut self, frames: &[(&[u8], bool)]) -> Result<(), TransportError> {
        let mut batch = batch(frames);
        poll_fn(|cx| self.0.poll_write(cx, &mut batch)).await
    }

    /// The next frame, or `None` at the end of the stream.
    pub(super) async fn receive(&mut self) -> Result<Option<(Vec<u8>, bool)>, TransportError> {
        loop {
            if let Some(frame) = self.0.next_frame()? {
                return Ok(Some((frame.bytes.to_vec(), frame.text)));
            }
            self.send(&[]).await?;
            if !poll_fn(|cx| self.0.poll_fill(cx)).await? {
                return Ok(None);
            }
        }
    }

    pub(super) async fn close(&mut self, reason: &CloseReason) -> Result<(), TransportError> {
        poll_fn(|cx| self.0.poll_close(cx, reason)).await
    }

    /// Sends back what comes, then closes with what the contract says, and reads to the end.
    pub(super) async fn echo(mut self) -> Result<(), TransportError> {
        let result = self.echo_frames().await;
        let reason = match &result {
            Ok(()) => CloseReason::done(),
            Err(error) => error.close_reason(),
        };
        self.close(&reason).await?;
        while poll_fn(|cx| self.0.poll_fill(cx)).await? {}
        result
    }

    async fn echo_frames(&mut self) -> Result<(), TransportError> {
        while let Some((bytes, text)) = self.receive().await? {
            self.send(&[(&bytes, text)]).await?;
        }
        Ok(())
    }
}

pub(super) fn batch(frames: &[(&[u8], bool)]) -> Batch {
    let mut batch = Batch::new();
    for (bytes, text) in frames {
        batch.bytes_mut().extend_from_slice(bytes);
        batch.end_frame(*text);
    }
    batch
}

/// A transport, a URL of it to listen at, and what it can and cannot do.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) url: String,
    pub(super) settings: Settings,
    /// It tells text from bytes, and its goodbye carries a text.
    pub(super) texts: bool,
    /// Connecting waits for an answer.
    pub(super) handshake: bool,
    pub(super) tls: bool,
    /// Where a socket's file is, until the test ends.
    pub(super) directory: Option<Arc<Directory>>,
}

impl Place {
    /// One of every transport.
    pub(super) fn all() -> [Self; 6] {
        let [tls, wss] = Authority::new().places();
        [
            Self::memory(),
            Self::websocket(),
            Self::tcp(),
            Self::unix(),
            tls,
            wss,
        ]
    }

    pub(super) fn tcp() -> Self {
        Self {
            texts: false,
            handshake: false,
            ..Self::new("tcp://127.0.0.1:0")
        }
    }

    pub(super) fn unix() -> Self {
        let directory = Directory::new();
        Self {
            texts: false,
            handshake: false,
            ..Self::new(&directory.url())
        }
        .inside(directory)
    }

    pub(super) fn memory() -> Self {
        Self::new("memory://test")
    }

    pub(super) fn websocket() -> Self {
        Self::new("ws://127.0.0.1:0")
    }

    fn inside(self, directory: Directory) -> Self {
        Self {
            directory: Some(Arc::new(directory)),
            ..self
        }
    }

    pub(super) fn new(url: &str) -> Self {
        let transports = Transports::new(vec![Arc::new(Memory::new())]);
        Self {
            transport: transports.by_url(url).unwrap().clone(),
            url: url.to_owned(),
            settings: Settings::default(),
            texts: true,
            handshake: true,
            tls: false,
            directory: None,
        }
    }

    pub(super) async fn listen(&self) -> Box<dyn Listener> {
        let listener = self.transport.listen(&self.url, &self.settings).await;
        listener.unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }

    pub(super) async fn connect(&self, url: &str) -> Result<End, TransportError> {
        self.transport.connect(url, &self.settings).await.map(End)
    }

    /// The client's and the server's end of a connection.
    pub(super) async fn connected(&self) -> (End, End) {
        let mut listener = self.listen().await;
        let url = listener.url().to_owned();
        let (client, server) =
            tokio::join!(self.connect(&url), async { accept(&mut *listener).await });
        (client.unwrap(), server.unwrap())
    }
}

pub(super) async fn incoming(listener: &mut dyn Listener) -> Box<dyn Incoming> {
    poll_fn(|cx| listener.poll_accept(cx)).await.unwrap()
}

pub(super) async fn accept(listener: &mut dyn Listener) -> Result<End, TransportError> {
    incoming(listener).await.accept().await.map(End)
}
