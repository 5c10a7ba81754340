//! The inbox of a line.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::FutureExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer, Result};

use super::common::Common;
use super::work::cancelled;
use super::{names, properties, topology};
use crate::queue::broker::ParcelKind;
use crate::queue::broker::wire::Place;
use crate::runtime::timeout;

/// The most messages that wait in this process.
const MOST: u16 = 1024;

/// How long the end of the queue may take.
const ENDING: std::time::Duration = std::time::Duration::from_secs(2);

/// The inbox of a line, on a channel of its own.
pub(super) struct Inbox {
    channel: Channel,
    consumer: Consumer,
    queue: String,
}

impl Inbox {
    pub(super) async fn open(channel: Channel, queue: &str, purges: bool) -> Result<Self> {
        topology::topics(&channel).await?;
        topology::inbox(&channel, queue).await?;
        if purges {
            let options = QueuePurgeOptions::default();
            channel.queue_purge(queue.into(), options).await?;
        }
        let options = BasicQosOptions { global: false };
        channel.basic_qos(MOST, options).await?;
        let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer = channel
            .basic_consume(queue.into(), "".into(), options, table)
            .await?;
        Ok(Self {
            channel,
            consumer,
            queue: queue.to_owned(),
        })
    }

    pub(super) async fn bind(&self, exchange: &str, key: &str) -> Result<()> {
        topology::bind(&self.channel, &self.queue, exchange, key).await
    }

    pub(super) async fn unbind(&self, exchange: &str, key: &str) -> Result<()> {
        topology::unbind(&self.channel, &self.queue, exchange, key).await
    }

    /// Gives the receiver what has come, `most` of it, and acknowledges it at once. Says how much that was.
    pub(super) fn poll(
        &mut self,
        common: &Common,
        topics: &HashMap<String, String>,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Result<usize> {
        let (mut came, mut last) = (0, None);
        while came < most {
            match Pin::new(&mut self.consumer).poll_next(cx) {
                Poll::Ready(Some(message)) => {
                    let message = message?;
                    came += 1;
                    last = Some(message.delivery_tag);
                    give(message, common, topics);
                }
                Poll::Ready(None) => return Err(cancelled()),
                Poll::Pending => break,
            }
        }
        if let Some(tag) = last {
            let ack = BasicAckOptions { multiple: true };
            let _ = self.channel.basic_ack(tag, ack).now_or_never();
        }
        Ok(came)
    }

    /// Takes the queue away, so that others learn at once that nobody is here.
    pub(super) async fn delete(&self) {
        let options = QueueDeleteOptions::default();
        let deleting = self
            .channel
            .queue_delete(self.queue.as_str().into(), options);
        let _ = timeout(ENDING, deleting).await;
    }
}

fn give(message: Delivery, common: &Common, topics: &HashMap<String, String>) {
    let (properties, body) = (&message.properties, message.data);
    let trusted = &common.trusted;
    let parcel = match properties::read(Place::Inbox, properties, body, trusted, &common.limits) {
        Ok(parcel) => parcel,
        Err(error) => {
            tracing::debug!(%error, "what has come to the inbox is left out");
            return;
        }
    };
    // It may have been given before the connection was lost. A second answer finds nobody who waits.
    let is_answer = matches!(
        parcel.kind,
        ParcelKind::Response | ParcelKind::Error | ParcelKind::Status(_)
    );
    if message.redelivered && !is_answer {
        return;
    }
    if message.exchange.as_str() != names::TOPICS {
        common.receiver.receive(parcel);
    } else if let Some(topic) = topics.get(message.routing_key.as_str()) {
        common.receiver.heard(topic, parcel);
    }
}
