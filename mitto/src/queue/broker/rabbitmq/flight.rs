//! What was published and is not confirmed.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FuturesUnordered, StreamExt};
use lapin::message::BasicReturnMessage;
use lapin::{Channel, Confirmation, PublisherConfirm};

use super::common::Common;
use super::in_order::InOrder;
use super::link::why;
use super::outgoing::Waiting;
use crate::queue::broker::SendError;

/// How often a message is sent when the broker closes the channel, for it or for another one.
const TRIES: u32 = 3;

/// What was published on a channel and is not confirmed.
pub(super) struct Flight {
    writing: InOrder<(Waiting, lapin::Result<PublisherConfirm>)>,
    unconfirmed: FuturesUnordered<Unconfirmed>,
    /// What is confirmed and not answered, and whether the broker has it. Kept for its room.
    seen: Vec<(Waiting, bool)>,
    /// What has come back, until it is known of whom.
    returned: Vec<BasicReturnMessage>,
    again: VecDeque<Waiting>,
    head_max: usize,
}

/// One that is written. Ready when the broker has said something of it.
struct Unconfirmed {
    waiting: Option<Waiting>,
    confirm: PublisherConfirm,
}

impl Flight {
    /// Over frames of so many bytes.
    pub(super) fn new(frame_max: usize) -> Self {
        Self {
            writing: InOrder::new(),
            unconfirmed: FuturesUnordered::new(),
            seen: Vec::new(),
            returned: Vec::new(),
            again: VecDeque::new(),
            head_max: frame_max,
        }
    }

    pub(super) fn head_max(&self) -> usize {
        self.head_max
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writing.is_empty() && self.unconfirmed.is_empty()
    }

    pub(super) fn start(
        &mut self,
        channel: &Arc<Channel>,
        mut waiting: Waiting,
        common: &Common,
        cx: &mut Context<'_>,
    ) {
        if waiting.done.is_closed() {
            return;
        }
        let (properties, head) = waiting.out.properties(common);
        if head > self.head_max {
            let _ = waiting.done.send(Err(SendError::TooLarge(head)));
            return;
        }
        waiting.tries += 1;
        let channel = channel.clone();
        let publishing = async move {
            let written = waiting.out.publish(&channel, properties).await;
            (waiting, written)
        };
        self.writing.begin(publishing, cx);
    }

    /// Answers what was confirmed. Ready when something was lost.
    ///
    /// The library gives a message that has come back to whichever publish it finds confirmed next,
    /// which need not be the one that it belongs to. The right one is confirmed later than that, so who
    /// is confirmed is answered only when all that were confirmed before have been seen.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<lapin::Error> {
        let mut lost = None;
        loop {
            let before = self.seen.len();
            while let Poll::Ready(Some((waiting, written))) = self.writing.poll_next(cx) {
                match written {
                    Ok(confirm) => self.unconfirmed.push(Unconfirmed {
                        waiting: Some(waiting),
                        confirm,
                    }),
                    // Not all of it was written: the broker cannot have it.
                    Err(error) => {
                        self.keep(waiting, &error, true);
                        lost = Some(error);
                    }
                }
            }
            while let Poll::Ready(Some((waiting, confirmed))) = self.unconfirmed.poll_next_unpin(cx)
            {
                match (waiting, confirmed) {
                    (Some(waiting), Ok(confirmed)) => {
                        let is_there = confirmed.is_ack();
                        self.returned.extend(confirmed.take_message());
                        self.seen.push((waiting, is_there));
                    }
                    // Nobody knows what became of it.
                    (Some(waiting), Err(error)) => {
                        self.keep(waiting, &error, false);
                        lost = Some(error);
                    }
                    (None, _) => {}
                }
            }
            if self.seen.len() == before {
                break;
            }
        }
        let mut seen = std::mem::take(&mut self.seen);
        for (waiting, confirmed) in seen.drain(..) {
            self.answer(waiting, confirmed);
        }
        self.seen = seen;
        if self.is_empty() {
            self.returned.clear();
        }
        match lost {
            Some(error) => Poll::Ready(error),
            None => Poll::Pending,
        }
    }

    /// Waits for what becomes of the rest, when the connection has ended.
    pub(super) async fn finish(&mut self) {
        std::future::poll_fn(|cx| {
            while self.poll(cx).is_ready() {}
            match self.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    /// What is to be sent again on the next connection.
    pub(super) fn into_again(self) -> Vec<Waiting> {
        self.again.into()
    }

    fn answer(&mut self, waiting: Waiting, confirmed: bool) {
        let returned = &mut self.returned;
        let own = returned.iter().position(|message| waiting.out.is(message));
        let answer = match (own, confirmed) {
            (Some(own), _) => {
                returned.swap_remove(own);
                Err(SendError::Nobody(waiting.out.key()))
            }
            (None, true) => Ok(()),
            (None, false) => {
                let why = format!("`{}` is full, or not to be had now", waiting.out.key());
                Err(SendError::Refused(why))
            }
        };
        let _ = waiting.done.send(answer);
    }

    fn keep(&mut self, waiting: Waiting, error: &lapin::Error, unsent: bool) {
        if !unsent && !waiting.idempotent {
            let _ = waiting.done.send(Err(SendError::Lost));
        } else if error.is_amqp_soft_error() && waiting.tries >= TRIES {
            // Such an error is the answer to a message, which may be this one.
            let _ = waiting.done.send(Err(SendError::Refused(why(error))));
        } else {
            self.again.push_back(waiting);
        }
    }
}

impl Future for Unconfirmed {
    type Output = (Option<Waiting>, lapin::Result<Confirmation>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let confirmed = ready!(Pin::new(&mut self.confirm).poll(cx));
        Poll::Ready((self.waiting.take(), confirmed))
    }
}
