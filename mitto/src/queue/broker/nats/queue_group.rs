//! Work of a queue group: the server gives each task to one of its members, and forgets it.

use std::collections::VecDeque;
use std::sync::Arc;

use async_nats::message::OutboundMessage;
use async_nats::{Message, Subscriber};

use super::message::{self, From};
use super::shared::Shared;
use super::work::{Event, Work, next};
use crate::queue::broker::{Delivery, Parcel, ParcelKind, wire};
use crate::status::{Code, Status};

/// How many tasks wait at a worker that has as many as it takes: the server cannot keep them.
const MOST_WAITING: usize = 1024;

/// How many bytes they have.
const MOST_BYTES: usize = 64 << 20;

/// Takes work until the line is dropped.
pub(super) async fn run(shared: Arc<Shared>, work: Arc<Work>) {
    let mut from: Option<Subscriber> = None;
    let mut queue = Queue::default();
    let mut draining = false;
    loop {
        match next(&mut from, &work.wake, None).await {
            Event::Came(message) => match work.most() {
                0 => give_back(&shared, message),
                _ => {
                    if let Some(refused) = queue.push(message) {
                        refuse(&shared, &refused);
                    }
                }
            },
            Event::Ended => {
                from = None;
                work.quiet.send_replace(true);
            }
            Event::Woken => {
                if let Some((given, _)) = work.take_given() {
                    from = Some(given);
                    draining = false;
                } else if let (0, false, Some(from)) = (work.most(), draining, from.as_mut()) {
                    // It ends behind the last message that was on its way.
                    let _ = from.drain().await;
                    draining = true;
                    while let Some(message) = queue.pop() {
                        give_back(&shared, message);
                    }
                }
            }
            Event::Tick => {}
        }
        while !queue.is_empty() && work.free() > 0 {
            if let Some(message) = queue.pop() {
                deliver(&shared, &work, message);
            }
        }
    }
}

fn deliver(shared: &Arc<Shared>, work: &Arc<Work>, message: Message) {
    let from = From::Queue(message.reply.as_deref());
    let parcel = message::read(&message, from, shared);
    work.taken();
    let tag = shared.hold(message, 1, work);
    let delivery = Delivery::new(tag, work.node.clone(), 1, parcel);
    shared.link.receiver.deliver(delivery);
}

/// Sends a task that nobody has begun to the queue again. If nobody is there this end hears of it, and tells
/// its sender.
pub(super) fn give_back(shared: &Arc<Shared>, message: Message) {
    let mut headers = message.headers.unwrap_or_default();
    let reply = message.reply.and_then(|reply| {
        if headers.get(wire::REPLY_TO).is_none() {
            message::set(&mut headers, wire::REPLY_TO, &reply);
        }
        shared.refuses_to(&reply).map(Into::into)
    });
    shared.push(OutboundMessage {
        subject: message.subject,
        reply,
        payload: message.payload,
        headers: Some(headers),
    });
}

/// Answers a task that there is no room for.
fn refuse(shared: &Arc<Shared>, refused: &Message) {
    let from = From::Queue(refused.reply.as_deref());
    let parcel = message::read(refused, from, shared);
    let place = parcel.ok().as_ref().and_then(message::answer_place);
    let subject = &refused.subject;
    tracing::warn!(%subject, "a worker has as many tasks waiting as it can, one was refused");
    let Some((reply_to, correlation)) = place else {
        return;
    };
    let status = Status::new(Code::Busy, "a worker has too many requests waiting");
    let parcel = Parcel::new(ParcelKind::Status(status), correlation);
    if let Ok(message) = shared.to_inbox(&reply_to, parcel) {
        shared.push(message);
    }
}

/// Tasks that wait.
#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
}

impl Queue {
    /// Gives back what there is no room for.
    fn push(&mut self, message: Message) -> Option<Message> {
        let full = self.messages.len() >= MOST_WAITING || self.bytes >= MOST_BYTES;
        if full {
            return Some(message);
        }
        self.bytes += message.payload.len();
        self.messages.push_back(message);
        None
    }

    fn pop(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.payload.len();
        Some(message)
    }

    fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}
