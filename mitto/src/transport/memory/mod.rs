//! `memory://name`: both ends in one process, nothing is copied.

mod pipe;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::{mpsc, oneshot};

use super::{BoxFuture, Connection, Incoming, Listener, Settings, Transport, TransportError};
pub use pipe::{MemoryConnection, pair};

/// Bytes that one end may be ahead of the other, unless told otherwise.
const CAPACITY: usize = 64 << 10;

/// Connections that have come in and wait to be taken; one more is refused.
const BACKLOG: usize = 1_024;

/// The in-memory transport: an own space of names. Clones share the names; give one to the server's
/// builder and one to the client's.
#[derive(Clone)]
pub struct Memory {
    names: Names,
    capacity: usize,
}

type Names = Arc<Mutex<HashMap<String, mpsc::Sender<Waiting>>>>;

impl Memory {
    /// An empty space of names. Each end of a connection may be 64 KiB ahead of the other.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty space of names, where a writer waits while its reader has more than `capacity`
    /// bytes before it.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            names: Names::default(),
            capacity,
        }
    }

    async fn open(
        &self,
        url: &str,
        settings: &Settings,
    ) -> Result<MemoryConnection, TransportError> {
        let nobody = || TransportError::Connect {
            what: format!("nothing listens at {url}"),
            source: io::ErrorKind::ConnectionRefused.into(),
        };
        let listener = lock(&self.names).get(name(url)?).cloned();
        let listener = listener.ok_or_else(nobody)?;
        let (mut ours, theirs) = pair(self.capacity);
        ours.configure(url, settings.max_frame);
        let (accepted, answer) = oneshot::channel();
        let waiting = Waiting {
            connection: theirs,
            accepted,
        };
        listener.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TransportError::Refused,
            mpsc::error::TrySendError::Closed(_) => nobody(),
        })?;
        match tokio::time::timeout(settings.handshake, answer).await {
            Ok(Ok(Answer::Accepted)) => Ok(ours),
            Ok(Ok(Answer::Refused)) => Err(TransportError::Refused),
            Ok(Err(_)) => Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
            Err(_) => Err(TransportError::Timeout(settings.handshake)),
        }
    }

    fn bind(&self, url: &str, settings: &Settings) -> Result<MemoryListener, TransportError> {
        let name = name(url)?;
        let (sender, waiting) = mpsc::channel(BACKLOG);
        match lock(&self.names).entry(name.to_owned()) {
            Entry::Occupied(_) => {
                return Err(TransportError::Listen {
                    url: url.to_owned(),
                    source: io::ErrorKind::AddrInUse.into(),
                });
            }
            Entry::Vacant(free) => free.insert(sender),
        };
        Ok(MemoryListener {
            url: url.to_owned(),
            settings: settings.clone(),
            waiting,
            _place: Place {
                names: self.names.clone(),
                name: name.to_owned(),
            },
        })
    }
}

impl Transport for Memory {
    fn schemes(&self) -> &'static [&'static str] {
        &["memory"]
    }

    fn connect<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            let connection = self.open(url, settings).await?;
            Ok(Box::new(connection) as Box<dyn Connection>)
        })
    }

    fn listen<'a>(
        &'a self,
        url: &'a str,
        settings: &'a Settings,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, TransportError>> {
        Box::pin(async move { Ok(Box::new(self.bind(url, settings)?) as Box<dyn Listener>) })
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(lock(&self.names).keys()).finish()
    }
}

struct MemoryListener {
    url: String,
    settings: Settings,
    waiting: mpsc::Receiver<Waiting>,
    _place: Place,
}

impl Listener for MemoryListener {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Incoming>>> {
        let Some(mut waiting) = ready!(self.waiting.poll_recv(cx)) else {
            // The space of names holds a sender as long as `_place` lives.
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        waiting
            .connection
            .configure(&self.url, self.settings.max_frame);
        Poll::Ready(Ok(Box::new(waiting)))
    }

    fn url(&self) -> &str {
        &self.url
    }
}

/// A name that is taken; it is free again when this is dropped.
struct Place {
    names: Names,
    name: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.names).remove(&self.name);
    }
}

/// A connection whose other end waits for the answer.
struct Waiting {
    connection: MemoryConnection,
    accepted: oneshot::Sender<Answer>,
}

enum Answer {
    Accepted,
    Refused,
}

impl Incoming for Waiting {
    fn accept(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            match self.accepted.send(Answer::Accepted) {
                Ok(()) => Ok(Box::new(self.connection) as Box<dyn Connection>),
                Err(_) => Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
            }
        })
    }

    fn refuse(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // Whoever has stopped waiting does not need the answer.
            let _ = self.accepted.send(Answer::Refused);
        })
    }

    fn remote(&self) -> &str {
        self.connection.remote()
    }
}

fn name(url: &str) -> Result<&str, TransportError> {
    match url.split_once("://") {
        Some((_, name)) if !name.is_empty() => Ok(name),
        _ => Err(TransportError::invalid_url(url, "write `memory://name`")),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
