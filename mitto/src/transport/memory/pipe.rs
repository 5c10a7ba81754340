use std::fmt;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::lock;
use crate::transport::{Batch, CloseReason, Connection, Frame, Settings, TransportError};

/// Two ends that are connected to each other. A writer waits while its reader has more than
/// `capacity` bytes before it. Frames are limited to the default [`Settings::max_frame`].
pub fn pair(capacity: usize) -> (MemoryConnection, MemoryConnection) {
    let there = Arc::new(Mutex::new(Pipe::new(capacity)));
    let back = Arc::new(Mutex::new(Pipe::new(capacity)));
    (
        MemoryConnection::new(back.clone(), there.clone()),
        MemoryConnection::new(there, back),
    )
}

/// One end of a connection in memory. Batches move from end to end as they are; their buffers go
/// round, so that nothing is copied, and nothing is allocated once it runs.
pub struct MemoryConnection {
    incoming: Arc<Mutex<Pipe>>,
    outgoing: Arc<Mutex<Pipe>>,
    /// What was taken from `incoming`, and how far it is read.
    reading: Batch,
    next: usize,
    /// A frame was refused; nothing more is read.
    failed: bool,
    close_reason: Option<CloseReason>,
    max_frame: usize,
    remote: String,
}

impl MemoryConnection {
    fn new(incoming: Arc<Mutex<Pipe>>, outgoing: Arc<Mutex<Pipe>>) -> Self {
        Self {
            incoming,
            outgoing,
            reading: Batch::new(),
            next: 0,
            failed: false,
            close_reason: None,
            max_frame: Settings::default().max_frame,
            remote: "memory".to_owned(),
        }
    }

    pub(super) fn configure(&mut self, remote: &str, max_frame: usize) {
        remote.clone_into(&mut self.remote);
        self.max_frame = max_frame;
    }
}

impl Connection for MemoryConnection {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        if self.next < self.reading.frames().len() && !self.failed {
            return Poll::Ready(Ok(true));
        }
        self.reading.clear();
        self.next = 0;
        let mut pipe = lock(&self.incoming);
        if !pipe.batch.is_empty() {
            mem::swap(&mut pipe.batch, &mut self.reading);
            pipe.taken += self.reading.len() as u64;
            let writer = pipe.writer.take();
            drop(pipe);
            wake(writer);
            return Poll::Ready(Ok(true));
        }
        if pipe.write_closed {
            self.close_reason = pipe.reason.take().or(self.close_reason.take());
            return Poll::Ready(Ok(false));
        }
        register(&mut pipe.reader, cx);
        Poll::Pending
    }

    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TransportError> {
        if self.failed {
            return Ok(None);
        }
        let Some(frame) = self.reading.get(self.next) else {
            return Ok(None);
        };
        if frame.bytes.len() > self.max_frame {
            self.failed = true;
            return Err(TransportError::TooLarge {
                limit: self.max_frame,
            });
        }
        self.next += 1;
        Ok(Some(frame))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
    ) -> Poll<Result<(), TransportError>> {
        let mut pipe = lock(&self.outgoing);
        if pipe.lost || (!batch.is_empty() && (pipe.read_closed || pipe.write_closed)) {
            batch.clear();
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::BrokenPipe).into()));
        }
        let mut reader = None;
        if !batch.is_empty() {
            pipe.batch.append(batch);
            reader = pipe.reader.take();
        }
        let full = pipe.batch.len() > pipe.capacity;
        if full {
            register(&mut pipe.writer, cx);
        }
        drop(pipe);
        wake(reader);
        match full {
            true => Poll::Pending,
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_close(
        &mut self,
        _: &mut Context<'_>,
        reason: &CloseReason,
    ) -> Poll<Result<(), TransportError>> {
        let mut pipe = lock(&self.outgoing);
        if !pipe.write_closed {
            pipe.write_closed = true;
            pipe.reason = Some(reason.clone());
        }
        let reader = pipe.reader.take();
        drop(pipe);
        wake(reader);
        Poll::Ready(Ok(()))
    }

    fn shrink(&mut self) {
        self.reading.shrink();
        lock(&self.incoming).batch.shrink();
    }

    fn accepted(&self) -> u64 {
        lock(&self.outgoing).taken
    }

    fn remote(&self) -> &str {
        &self.remote
    }

    fn close_reason(&self) -> Option<&CloseReason> {
        self.close_reason.as_ref()
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        let mut pipe = lock(&self.outgoing);
        pipe.write_closed = true;
        let reader = pipe.reader.take();
        drop(pipe);
        let mut pipe = lock(&self.incoming);
        pipe.read_closed = true;
        let unread = mem::take(&mut pipe.batch);
        let writer = pipe.writer.take();
        pipe.lost = !unread.is_empty();
        drop(pipe);
        drop(unread);
        wake(reader);
        wake(writer);
    }
}

impl fmt::Debug for MemoryConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConnection")
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

/// One direction. Wakers are woken after unlocking, or the woken task would meet the lock.
struct Pipe {
    batch: Batch,
    capacity: usize,
    taken: u64,
    reader: Option<Waker>,
    writer: Option<Waker>,
    write_closed: bool,
    read_closed: bool,
    /// The reader went away with frames unread.
    lost: bool,
    reason: Option<CloseReason>,
}

impl Pipe {
    fn new(capacity: usize) -> Self {
        Self {
            batch: Batch::new(),
            capacity,
            taken: 0,
            reader: None,
            writer: None,
            write_closed: false,
            read_closed: false,
            lost: false,
            reason: None,
        }
    }
}

fn register(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
