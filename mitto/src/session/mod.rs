//! One live connection and its loop; the same at both ends.
//!
//! # The flow of a frame
//!
//! A stub's call comes in through the `Outbound` side: it takes a slot in the table of requests in
//! flight and encodes straight into the connection's out buffer. The session's one task reads a batch
//! of frames, completes slots with the answers among them, and submits the requests among them to its
//! queue. A handler that does not wait has answered into the same out buffer by then; one that waits
//! stays in the set of runs. When nothing more can be read the task writes the out buffer whole.
//!
//! A request that its queue has handed on to another session rests meanwhile: the last reply goes from that
//! session's read buffer straight into this one's out buffer, and wakes its task once for each batch.
//!
//! Before this comes the transport, which delimits frames, and the framing, which lays them out;
//! after it the queue.

mod admission;
mod answering;
mod apart;
mod assembly;
#[cfg(feature = "host")]
mod behind;
mod by_slot;
#[cfg(feature = "host")]
mod callers;
mod closing;
mod comparing;
mod config;
mod dispatch;
mod driver;
mod ending;
mod expiring;
mod handing;
mod handshake;
mod lent;
mod lists;
mod out;
mod outbound;
mod pace;
mod pieces;
mod receive;
mod replies;
mod requests;
mod room;
mod runs;
mod sending;
mod shapes;
mod shared;
mod signal;
mod spare;
mod ticking;
mod traffic;
mod waiting;
mod writing;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

pub use config::Config;
pub use handshake::HandshakeError;
pub use shapes::OwnShapes;
#[cfg(feature = "client")]
pub(crate) use waiting::Waiting;

use crate::limits::{Limit, reached};
use crate::peer::Peer;
use crate::runtime::{Instant, timeout};
use crate::status::Status;
use crate::transport::{Batch, Connection};
use driver::Driver;
use handshake::Side;
use shared::Shared;

/// One live connection: a future that is done when the connection has ended, with the reason.
#[must_use = "a session does nothing until it is polled"]
pub struct Session {
    driver: Driver,
    peer: Peer,
    /// The hello that is still to be said.
    greeting: Batch,
}

impl Session {
    /// Says hello as the end that connected.
    ///
    /// # Errors
    ///
    /// When the other end does not answer in time, or speaks another protocol.
    pub async fn connect(
        connection: Box<dyn Connection>,
        config: Arc<Config>,
    ) -> Result<Self, HandshakeError> {
        let limit = config.limits.handshake;
        Self::open(connection, config, Side::Connecting, limit).await
    }

    /// Says hello as the end that was connected to.
    ///
    /// # Errors
    ///
    /// When the other end does not say hello in time, or speaks another protocol.
    pub async fn accept(
        connection: Box<dyn Connection>,
        config: Arc<Config>,
    ) -> Result<Self, HandshakeError> {
        let limit = config.limits.handshake;
        Self::accept_within(connection, config, limit).await
    }

    /// The same in what is left of the time for the whole handshake.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub async fn accept_within(
        connection: Box<dyn Connection>,
        config: Arc<Config>,
        left: Duration,
    ) -> Result<Self, HandshakeError> {
        let begun = Instant::now();
        let mut session = Self::agree_within(connection, config, left).await?;
        session.greet(left.saturating_sub(begun.elapsed())).await?;
        Ok(session)
    }

    /// The same without the last step: the other end takes the connection for made when it has heard
    /// [`greet`](Self::greet).
    pub(crate) async fn agree_within(
        connection: Box<dyn Connection>,
        config: Arc<Config>,
        left: Duration,
    ) -> Result<Self, HandshakeError> {
        Self::open(connection, config, Side::Accepting, left).await
    }

    /// Says the hello of the end that was connected to, in what is left of the time for the handshake.
    pub(crate) async fn greet(&mut self, left: Duration) -> Result<(), HandshakeError> {
        let mut greeting = std::mem::take(&mut self.greeting);
        let connection = &mut *self.driver.connection;
        let Ok(written) = timeout(left, handshake::write(connection, &mut greeting)).await else {
            reached(Limit::Handshake, connection.remote());
            let limit = self.driver.shared().config.limits.handshake;
            return Err(HandshakeError::Timeout(limit));
        };
        connection.shrink();
        Ok(written?)
    }

    async fn open(
        mut connection: Box<dyn Connection>,
        config: Arc<Config>,
        side: Side,
        limit: Duration,
    ) -> Result<Self, HandshakeError> {
        let mut agreed = handshake::run(&mut *connection, &config, side, limit).await?;
        connection.shrink();
        let first = agreed.first.take();
        let greeting = std::mem::take(&mut agreed.greeting);
        let outgoing = config.outgoing.clone();
        let shared = Arc::new(Shared::new(config, agreed, connection.remote()));
        Ok(Self {
            peer: outgoing.around(Peer::new(shared.clone())),
            driver: Driver::new(connection, shared, first),
            greeting,
        })
    }

    /// The handle to the other end. It does not keep the connection open.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Future for Session {
    type Output = Status;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status> {
        let Self { driver, peer, .. } = &mut *self;
        driver.poll(peer, cx)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// No user code runs under the session's locks, so that what a panic leaves behind is whole.
#[inline]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
