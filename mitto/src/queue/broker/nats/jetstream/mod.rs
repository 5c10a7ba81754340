//! Tasks in JetStream: kept on disk until a worker has settled them.

mod api;
mod claims;
mod dead;
mod pull;
mod set_up;

pub(super) use api::check;
pub(super) use dead::{dead_letters, put_back};
pub(super) use pull::pull;
pub(super) use set_up::set_up;

use std::sync::Arc;

use super::message::{self, MESSAGE_ID, OURS, To};
use super::publish::answers;
use super::shared::{Held, Shared, bare};
use super::subject;
use super::waiting::Told;
use crate::queue::broker::{Node, Parcel, SendError, Settled};
use crate::runtime::spawn;

/// Puts a task into the stream of a node, and waits until it is stored.
pub(super) async fn publish(
    shared: Arc<Shared>,
    node: Node,
    task: Parcel,
) -> Result<(), SendError> {
    let idempotent = task.task().is_some_and(|task| task.idempotent);
    let answers = answers(&task, &shared.inbox);
    let mut packed = message::write(task, shared.key.as_ref(), To::Stream, answers)?;
    if idempotent {
        // What is sent again, and nothing else, is left out where it was stored already.
        let id = format!("{OURS}{}-{}", shared.inbox, shared.link.waiting.token());
        message::set(packed.headers.get_or_insert_default(), MESSAGE_ID, &id);
    }
    let mut message = Some(packed.to(subject::queue(&node), None));
    while let Some(mut now) = message.take() {
        if idempotent {
            message = Some(now.clone());
        }
        let epoch = shared.ready().await?;
        let (waiter, reply) = shared.wait(epoch, false);
        now.reply = Some(reply.into());
        shared.send(now).await?;
        match waiter.await {
            Told::Came(stored) => return api::stored(&stored.payload),
            Told::Nobody => return Err(SendError::Nobody(node.to_string())),
            Told::Lost | Told::Passed if shared.is_closed() => return Err(SendError::Closed),
            Told::Lost | Told::Passed => {}
        }
    }
    Err(SendError::Lost)
}

/// Says what became of a task.
pub(super) fn settle(shared: &Arc<Shared>, held: Held, settled: Settled) {
    match settled {
        Settled::Done => acknowledge(shared, held, "+ACK"),
        Settled::GiveBack => acknowledge(shared, held, "-NAK"),
        Settled::Dead(reason) => {
            let shared = shared.clone();
            spawn(async move { dead::bury(&shared, held, &reason).await });
        }
    }
}

/// Answers to what JetStream has given.
fn acknowledge(shared: &Arc<Shared>, held: Held, how: &'static str) {
    if let Some(reply) = held.message.reply {
        shared.push(bare(reply, None, how));
    }
}
