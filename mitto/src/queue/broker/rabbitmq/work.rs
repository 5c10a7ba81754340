//! One node's queue, on a channel of its own.

use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::FutureExt;
use futures_util::stream::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer, ErrorKind, Result};

use super::names;
use crate::queue::broker::Node;

/// Takes tasks from the queue of a node.
///
/// The broker counts what is unsettled for each consumer, by the number that it began with. So another
/// number means other consumers: together with what those before them have left unsettled they have as
/// many as are wanted, and one more comes when that is settled.
pub(super) struct Work {
    pub(super) node: Node,
    channel: Channel,
    most: u16,
    consumers: Vec<Consumer>,
    /// How many the consumers may have unsettled.
    granted: u16,
    /// Delivery tags.
    unsettled: BTreeSet<u64>,
    /// The highest tag that consumers before these have got.
    earlier: u64,
    highest: u64,
    /// Delivery tags, with how many messages are to be written before.
    done: VecDeque<(u64, u64)>,
    /// Kept for its room.
    ready: Vec<u64>,
}

impl Work {
    pub(super) fn new(node: Node, channel: Channel) -> Self {
        Self {
            node,
            channel,
            most: 0,
            consumers: Vec::new(),
            granted: 0,
            unsettled: BTreeSet::new(),
            earlier: 0,
            highest: 0,
            done: VecDeque::new(),
            ready: Vec::new(),
        }
    }

    /// Takes so many at once from now on. What comes in until then is given back.
    pub(super) async fn set_most(&mut self, most: u16) -> Result<Vec<Delivery>> {
        let mut late = Vec::new();
        if most == self.most {
            return Ok(late);
        }
        for mut consumer in std::mem::take(&mut self.consumers) {
            let options = BasicCancelOptions::default();
            self.channel.basic_cancel(consumer.tag(), options).await?;
            while let Some(delivery) = consumer.next().await {
                let delivery = delivery?;
                self.note(&delivery);
                late.push(delivery);
            }
        }
        (self.most, self.granted, self.earlier) = (most, 0, self.highest);
        self.consume().await?;
        Ok(late)
    }

    /// Grants what is not granted, if there is something.
    pub(super) async fn consume(&mut self) -> Result<()> {
        let left = self.unsettled.range(..=self.earlier).count();
        let left = u16::try_from(left).unwrap_or(u16::MAX);
        let more = self.most.saturating_sub(left).saturating_sub(self.granted);
        // In two steps at most, not in one for each task that is settled.
        if more == 0 || (left > 0 && self.granted > 0) {
            return Ok(());
        }
        let options = BasicQosOptions { global: false };
        self.channel.basic_qos(more, options).await?;
        let (queue, options) = (names::queue(&self.node), BasicConsumeOptions::default());
        let table = FieldTable::default();
        let consumer = self
            .channel
            .basic_consume(queue.into(), "".into(), options, table)
            .await?;
        self.consumers.push(consumer);
        self.granted += more;
        Ok(())
    }

    /// Whether [`consume`](Self::consume) has something to do.
    pub(super) fn wants_more(&self) -> bool {
        self.granted < self.most && self.unsettled.range(..=self.earlier).next().is_none()
    }

    pub(super) fn poll_delivery(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivery>> {
        for at in 0..self.consumers.len() {
            match Pin::new(&mut self.consumers[at]).poll_next(cx) {
                Poll::Ready(Some(Ok(delivery))) => {
                    self.note(&delivery);
                    return Poll::Ready(Ok(delivery));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => return Poll::Ready(Err(cancelled())),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    fn note(&mut self, delivery: &Delivery) {
        self.unsettled.insert(delivery.delivery_tag);
        self.highest = self.highest.max(delivery.delivery_tag);
    }

    /// It is acknowledged with the others, in [`flush`](Self::flush), when so many messages are written.
    pub(super) fn done(&mut self, tag: u64, sent: u64) {
        if self.unsettled.contains(&tag) {
            self.done.push_back((tag, sent));
        }
    }

    /// Whether something is done and not acknowledged.
    pub(super) fn holds(&self) -> bool {
        !self.done.is_empty()
    }

    /// Acknowledges what is done: all up to the first that is not with one frame.
    pub(super) fn flush(&mut self, written: u64) {
        let held = self.done.iter().position(|(_, sent)| *sent > written);
        let ready = held.unwrap_or(self.done.len());
        if ready == 0 {
            return;
        }
        let done = self.done.drain(..ready).map(|(tag, _)| tag);
        let mut ready = std::mem::take(&mut self.ready);
        ready.extend(done);
        for tag in &ready {
            self.unsettled.remove(tag);
        }
        ready.sort_unstable();
        let first = self.unsettled.first().copied().unwrap_or(u64::MAX);
        let run = ready.partition_point(|tag| *tag < first);
        if let Some(last) = run.checked_sub(1) {
            self.ack(ready[last], run > 1);
        }
        for tag in &ready[run..] {
            self.ack(*tag, false);
        }
        ready.clear();
        self.ready = ready;
    }

    /// With the first poll it is on its way. A failure ends the consumers as well.
    fn ack(&self, tag: u64, multiple: bool) {
        let ack = self.channel.basic_ack(tag, BasicAckOptions { multiple });
        let _ = ack.now_or_never();
    }

    pub(super) fn give_back(&mut self, tag: u64) {
        if self.unsettled.remove(&tag) {
            let options = BasicNackOptions {
                requeue: true,
                multiple: false,
            };
            let _ = self.channel.basic_nack(tag, options).now_or_never();
        }
    }
}

/// The broker has taken the queue away, or the channel.
pub(super) fn cancelled() -> lapin::Error {
    ErrorKind::InvalidChannelState(lapin::ChannelState::Closed, "the broker has cancelled it")
        .into()
}
