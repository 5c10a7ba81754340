//! What has been begun: a stream of its own, in which workers claim the tasks that must not run twice.
//!
//! A consumer knows what it has given out, but the server writes that down up to a tenth of a second late. Killed, it
//! gives out again, as if for the first time, what it gave out then, whether it was acknowledged or not. What is
//! published it writes at once: a claim that is confirmed is there when the server is back.

use std::sync::Arc;

use super::api;
use super::pull::Given;
use super::set_up::claims_stream;
use crate::escaped::Escaped;
use crate::queue::broker::nats::message::{self, EXPECTED};
use crate::queue::broker::nats::shared::{ANSWER, Shared, bare};
use crate::queue::broker::nats::subject;
use crate::queue::broker::nats::waiting::Told;
use crate::queue::broker::{Node, SendError};
use crate::runtime::timeout;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nobody has begun it.
    First,
    /// Somebody has, or was about to.
    Taken,
    /// Nobody knows: the server is gone, or does not answer. It gives the task out again.
    Unknown,
}

/// Claims a task that was given out for the first time, as far as the server knows.
pub(super) async fn claim(shared: &Arc<Shared>, node: &Node, given: &Given) -> Claim {
    let mut made = once(shared, node, given).await;
    if matches!(made, Ok(Told::Nobody)) && claims_stream(shared, node).await.is_ok() {
        made = once(shared, node, given).await;
    }
    let stored = match made {
        Ok(Told::Came(answer)) => api::claimed(&answer.payload),
        Ok(Told::Nobody) => Err(SendError::Nobody(node.to_string())),
        Ok(Told::Lost | Told::Passed) | Err(SendError::Closed) => return Claim::Unknown,
        Err(error) => Err(error),
    };
    stored.unwrap_or_else(|error| {
        tracing::error!(%node, error = %Escaped(error), "a task could not be claimed, and is not begun");
        Claim::Unknown
    })
}

async fn once(shared: &Arc<Shared>, node: &Node, given: &Given) -> Result<Told, SendError> {
    let Some(epoch) = shared.connection() else {
        return Ok(Told::Lost);
    };
    let (waiter, reply) = shared.wait(epoch, false);
    let subject = subject::claim(node, given.number, given.stored);
    let mut claim = bare(subject, Some(reply.into()), "");
    // Nothing may be there yet.
    message::set(claim.headers.get_or_insert_default(), EXPECTED, "0");
    shared.send(claim).await?;
    let late = |_| Err(SendError::Lost);
    timeout(ANSWER, waiter).await.map_or_else(late, Ok)
}
