//! What was published and is not confirmed.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use lapin::Channel;
use lapin::message::BasicReturnMessage;

use super::link::why;
use super::outgoing::{Fate, Waiting, confirmed};
use crate::queue::broker::SendError;

/// How often a message is sent when the broker closes the channel, for it or for another one.
const TRIES: u32 = 3;

/// What was published on a channel and is not confirmed.
pub(super) struct Flight {
    pending: FuturesUnordered<Pending>,
    /// What has come back, until it is known of whom.
    returned: Vec<BasicReturnMessage>,
    again: VecDeque<Waiting>,
    head_max: usize,
}

type Pending = Pin<Box<dyn Future<Output = (Waiting, Fate)> + Send>>;

impl Flight {
    /// Over frames of so many bytes.
    pub(super) fn new(frame_max: usize) -> Self {
        Self {
            pending: FuturesUnordered::new(),
            returned: Vec::new(),
            again: VecDeque::new(),
            head_max: frame_max,
        }
    }

    pub(super) fn head_max(&self) -> usize {
        self.head_max
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn start(&mut self, channel: &Channel, mut waiting: Waiting, cx: &mut Context<'_>) {
        if waiting.done.is_closed() {
            return;
        }
        if waiting.out.head > self.head_max {
            let too_large = SendError::TooLarge(waiting.out.head);
            let _ = waiting.done.send(Err(too_large));
            return;
        }
        waiting.tries += 1;
        let mut pending: Pending = Box::pin(confirmed(channel.clone(), waiting));
        // At once, so that the order stays.
        match pending.poll_unpin(cx) {
            Poll::Ready(ready) => self.pending.push(Box::pin(std::future::ready(ready))),
            Poll::Pending => self.pending.push(pending),
        }
    }

    /// Answers what was confirmed. Ready when something was lost.
    ///
    /// The library gives a message that has come back to whichever publish it finds confirmed next,
    /// which need not be the one that it belongs to. The right one is confirmed later than that, so who
    /// is confirmed is answered only when all that were confirmed before have been seen.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<lapin::Error> {
        let mut seen = Vec::new();
        let mut lost = None;
        loop {
            let before = seen.len();
            while let Poll::Ready(Some((waiting, fate))) = self.pending.poll_next_unpin(cx) {
                match fate {
                    Fate::Answered(confirmed, returned) => {
                        self.returned.extend(returned.map(|returned| *returned));
                        seen.push((waiting, confirmed));
                    }
                    Fate::Unsent(error) => {
                        self.keep(waiting, &error, true);
                        lost = Some(error);
                    }
                    Fate::Lost(error) => {
                        self.keep(waiting, &error, false);
                        lost = Some(error);
                    }
                }
            }
            if seen.len() == before {
                break;
            }
        }
        for (waiting, confirmed) in seen {
            self.answer(waiting, confirmed);
        }
        if self.pending.is_empty() {
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
            match self.pending.is_empty() {
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
                Err(SendError::Nobody(waiting.out.key().to_owned()))
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
