//! What is on its way to the connection.
//!
//! The client's own task writes what it finds when it is woken, and who sends first wakes it: of many who send at once
//! each would have a write of its own, which costs as much as all else of a message. So they leave their messages here,
//! and a task hands them on together, once whoever is ready has run. Who is alone hands on straight.

use std::convert::Infallible;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use async_nats::client::traits::Publisher;
use async_nats::message::OutboundMessage;
use async_nats::{Client, HeaderValue};
use futures_util::Sink;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::line::CLOSE;
use super::shared::Shared;
use crate::queue::broker::SendError;
use crate::queue::broker::gather::Gather;
use crate::runtime::{spawn, timeout};

/// How many messages wait here at most, and as many in the client; then whoever sends waits.
pub(super) const MOST: usize = 1024;

/// Where messages are put.
pub(super) struct Outbox {
    /// Takes messages without waiting.
    client: Mutex<Client>,
    left: mpsc::Sender<OutboundMessage>,
    /// How many were left here and not handed on. None may overtake them.
    count: Arc<AtomicUsize>,
    /// Ends with what it is part of.
    _open: oneshot::Sender<Infallible>,
}

/// Where they are taken from.
pub(super) struct Outgoing {
    client: Client,
    left: mpsc::Receiver<OutboundMessage>,
    count: Arc<AtomicUsize>,
    ended: oneshot::Receiver<Infallible>,
}

pub(super) fn outbox(client: Client) -> (Outbox, Outgoing) {
    let (send, receive) = mpsc::channel(MOST);
    let (open, ended) = oneshot::channel();
    let count = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox {
        client: Mutex::new(client.clone()),
        left: send,
        count: count.clone(),
        _open: open,
    };
    let outgoing = Outgoing {
        client,
        left: receive,
        count,
        ended,
    };
    (outbox, outgoing)
}

impl Outgoing {
    /// Hands on what is left in the outbox; what is there when that has ended too, unless it takes too long.
    pub(super) async fn hand_on(self, shared: Weak<Shared>) {
        let handing = pin!(hand_on(self.client, self.left, &self.count, shared));
        if let Either::Right((_, handing)) = select(handing, self.ended).await
            && timeout(CLOSE, handing).await.is_err()
        {
            tracing::debug!("the last messages to NATS were not sent in time");
        }
    }
}

async fn hand_on(
    client: Client,
    mut left: mpsc::Receiver<OutboundMessage>,
    count: &AtomicUsize,
    shared: Weak<Shared>,
) {
    let mut gather = Gather::default();
    while let Some(first) = left.recv().await {
        if shared.upgrade().is_some_and(|shared| shared.is_busy()) {
            poll_fn(|cx| gather.poll(cx)).await;
        }
        let mut next = Some(first);
        while let Some(message) = next {
            if let Err(error) = client.publish_message(message).await {
                tracing::debug!(%error, "a message to NATS was not sent");
            }
            count.fetch_sub(1, Ordering::Release);
            next = left.try_recv().ok();
        }
    }
    // Without it the client forgets what it has not written when it is dropped.
    if let Err(error) = client.flush().await {
        tracing::debug!(%error, "the last messages to NATS were not sent");
    }
}

impl Outbox {
    async fn leave(&self, message: OutboundMessage) -> Result<(), SendError> {
        let room = self.left.reserve().await;
        let room = room.map_err(|_| SendError::Closed)?;
        self.count.fetch_add(1, Ordering::Relaxed);
        room.send(message);
        Ok(())
    }

    fn leave_at_once(
        &self,
        message: OutboundMessage,
    ) -> ControlFlow<Result<(), SendError>, OutboundMessage> {
        match self.left.try_reserve() {
            Ok(room) => {
                self.count.fetch_add(1, Ordering::Relaxed);
                room.send(message);
                ControlFlow::Break(Ok(()))
            }
            Err(TrySendError::Full(())) => ControlFlow::Continue(message),
            Err(TrySendError::Closed(())) => ControlFlow::Break(Err(SendError::Closed)),
        }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Hands a message on, if the client has room. If not it goes on with the message.
    fn hand_on(
        &self,
        message: OutboundMessage,
    ) -> ControlFlow<Result<(), SendError>, OutboundMessage> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let mut client = Pin::new(&mut *client);
        match client
            .as_mut()
            .poll_ready(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Ok(())) => {
                let sent = client.start_send(message);
                ControlFlow::Break(sent.map_err(|_| SendError::Closed))
            }
            Poll::Ready(Err(_)) => ControlFlow::Break(Err(SendError::Closed)),
            Poll::Pending => ControlFlow::Continue(message),
        }
    }
}

impl Shared {
    /// Ready when there was room.
    pub(super) async fn send(&self, message: OutboundMessage) -> Result<(), SendError> {
        match self.send_at_once(message) {
            ControlFlow::Break(sent) => sent,
            ControlFlow::Continue(message) => self.outbox.leave(message).await,
        }
    }

    /// Sends, if there is room. If not it goes on with the message.
    pub(super) fn send_at_once(
        &self,
        message: OutboundMessage,
    ) -> ControlFlow<Result<(), SendError>, OutboundMessage> {
        if let Err(error) = self.check(&message) {
            return ControlFlow::Break(Err(error));
        }
        let message = match self.outbox.is_empty() && !self.is_busy() {
            true => self.outbox.hand_on(message),
            false => ControlFlow::Continue(message),
        };
        match message {
            ControlFlow::Break(sent) => ControlFlow::Break(sent),
            ControlFlow::Continue(message) => self.outbox.leave_at_once(message),
        }
    }

    /// Whether the server takes as much. The client would say so when nobody waits for it any more.
    fn check(&self, message: &OutboundMessage) -> Result<(), SendError> {
        let bytes = message.payload.len();
        match head(message) + bytes <= self.client.max_payload() {
            true => Ok(()),
            false => Err(SendError::TooLarge(bytes)),
        }
    }

    /// Sends without waiting, in another task if there is no room.
    pub(super) fn push(self: &Arc<Self>, message: OutboundMessage) {
        let told = |shared: &Self, sent: Result<(), SendError>| {
            if let Err(error) = sent {
                let url = &shared.link.url;
                tracing::debug!(%url, %error, "a message to NATS was not sent");
            }
        };
        match self.send_at_once(message) {
            ControlFlow::Break(sent) => told(self, sent),
            ControlFlow::Continue(message) => {
                let shared = self.clone();
                spawn(async move { told(&shared, shared.send(message).await) });
            }
        }
    }
}

/// How many bytes the headers of a message have on the wire.
fn head(message: &OutboundMessage) -> usize {
    let Some(headers) = &message.headers else {
        return 0;
    };
    let lines = headers.iter().flat_map(|(name, values)| {
        let name: &str = name.as_ref();
        let length = |value: &HeaderValue| name.len() + value.as_str().len();
        values
            .iter()
            .map(move |value| length(value) + ": \r\n".len())
    });
    "NATS/1.0\r\n\r\n".len() + lines.sum::<usize>()
}
