//! What is on its way to the connection.
//!
//! The client's own task writes what it finds when it is woken, and who sends first wakes it: of many who send at once
//! each would have a write of its own, which costs as much as all else of a message. So they leave their messages here,
//! and a task hands them on together, once whoever is ready has run.

use std::error::Error;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;

use async_nats::HeaderValue;
use async_nats::client::traits::Publisher;
use async_nats::message::OutboundMessage;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TrySendError;

use super::shared::Shared;
use crate::queue::broker::SendError;
use crate::queue::broker::gather::Gather;
use crate::runtime::spawn;

/// How many messages wait here at most, and as many in the client; then whoever sends waits.
pub(super) const MOST: usize = 1024;

/// Hands on what is put into the outbox.
pub(super) async fn hand_on(shared: Arc<Shared>, mut outbox: Receiver<OutboundMessage>) {
    let mut gather = Gather::default();
    while let Some(first) = outbox.recv().await {
        if shared.is_busy() {
            poll_fn(|cx| gather.poll(cx)).await;
        }
        let mut next = Some(first);
        while let Some(message) = next {
            if let Err(error) = shared.client.publish_message(message).await {
                unsent(&shared, &error);
            }
            next = outbox.try_recv().ok();
        }
    }
}

impl Shared {
    /// Ready when there was room.
    pub(super) async fn send(&self, message: OutboundMessage) -> Result<(), SendError> {
        self.check(&message)?;
        let sent = self.outbox.send(message).await;
        sent.map_err(|_| SendError::Closed)
    }

    /// Sends, if there is room. If not it goes on with the message.
    pub(super) fn send_at_once(
        &self,
        message: OutboundMessage,
    ) -> ControlFlow<Result<(), SendError>, OutboundMessage> {
        if let Err(error) = self.check(&message) {
            return ControlFlow::Break(Err(error));
        }
        match self.outbox.try_send(message) {
            Ok(()) => ControlFlow::Break(Ok(())),
            Err(TrySendError::Full(message)) => ControlFlow::Continue(message),
            Err(TrySendError::Closed(_)) => ControlFlow::Break(Err(SendError::Closed)),
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
                unsent(shared, &error);
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

fn unsent(shared: &Shared, error: &dyn Error) {
    let url = &shared.link.url;
    tracing::debug!(%url, %error, "a message to NATS was not sent");
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
