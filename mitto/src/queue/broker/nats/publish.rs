//! A task on its way to a queue group.

use std::ops::ControlFlow;
use std::sync::Arc;

use async_nats::message::OutboundMessage;

use super::message::{self, Packed, To};
use super::shared::Shared;
use super::subject;
use super::waiting::{Told, Waiter};
use crate::queue::broker::{Later, Node, Parcel, SendError};

/// Sends a task, at once if that can be, and waits until it has found somebody.
pub(super) fn publish(
    shared: &Arc<Shared>,
    node: &Node,
    task: Parcel,
) -> Later<Result<(), SendError>> {
    let (shared, node) = (shared.clone(), node.clone());
    let ready = match Ready::new(&shared, task) {
        Ok(ready) => ready,
        Err(error) => return Box::pin(std::future::ready(Err(error))),
    };
    let Some(epoch) = shared.connection() else {
        return Box::pin(async move {
            let epoch = shared.ready().await?;
            let (sent, message) = ready.enter(&shared, &node, epoch);
            shared.send(message).await?;
            sent.found(&shared, &node).await
        });
    };
    let (sent, message) = ready.enter(&shared, &node, epoch);
    match shared.send_at_once(message) {
        ControlFlow::Break(Ok(())) => Box::pin(async move { sent.found(&shared, &node).await }),
        ControlFlow::Break(Err(error)) => Box::pin(std::future::ready(Err(error))),
        ControlFlow::Continue(message) => Box::pin(async move {
            shared.send(message).await?;
            sent.found(&shared, &node).await
        }),
    }
}

/// Where a task is answered to, if the correlation is part of it; empty where it is not.
pub(super) fn answers(task: &Parcel, own: &Arc<str>) -> String {
    match &task.reply_to {
        Some(reply_to) if reply_to == own && subject::is_end(&task.correlation) => {
            // Room for the head.
            let mut place = String::with_capacity(reply_to.len() + 160);
            place.push_str(reply_to);
            place.push('.');
            place.push_str(&task.correlation);
            place
        }
        _ => String::new(),
    }
}

/// A task that is ready to be sent.
struct Ready {
    /// By which its answers are known, if it has some.
    token: Option<Arc<str>>,
    packed: Packed,
}

/// A task that is sent.
struct Sent {
    /// None where another one with the same correlation waits for the word.
    waiter: Option<Waiter>,
    is_answered: bool,
}

impl Ready {
    fn new(shared: &Shared, task: Parcel) -> Result<Self, SendError> {
        let token = task.correlation.clone();
        let answers = answers(&task, &shared.inbox);
        let token = (!answers.is_empty()).then_some(token);
        let packed = message::write(task, shared.key.as_ref(), To::Queue, answers)?;
        Ok(Self { token, packed })
    }

    /// Begins to wait for the word that nobody is there.
    fn enter(self, shared: &Shared, node: &Node, epoch: u64) -> (Sent, OutboundMessage) {
        let mut packed = self.packed;
        let place = std::mem::take(&mut packed.place);
        let is_answered = self.token.is_some();
        let (waiter, reply) = match self.token {
            // The answer says as well that there is somebody, so that few of these need a barrier.
            Some(token) => (shared.link.waiting.enter(token, epoch, true), place),
            None => {
                let (waiter, reply) = shared.wait(epoch, true);
                (Some(waiter), reply + &place)
            }
        };
        let message = packed.to(shared.queue(node), Some(reply.into()));
        let sent = Sent {
            waiter,
            is_answered,
        };
        (sent, message)
    }
}

impl Sent {
    async fn found(self, shared: &Arc<Shared>, node: &Node) -> Result<(), SendError> {
        let Some(waiter) = self.waiter else {
            return Ok(());
        };
        waiter.sent();
        if !self.is_answered {
            shared.send_barrier(shared.link.waiting.begin_barrier(true));
        }
        match waiter.await {
            Told::Passed | Told::Came(_) => Ok(()),
            Told::Nobody => Err(SendError::Nobody(node.to_string())),
            Told::Lost if shared.is_closed() => Err(SendError::Closed),
            Told::Lost => Err(SendError::Lost),
        }
    }
}
