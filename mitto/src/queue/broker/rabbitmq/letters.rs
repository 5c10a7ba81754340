//! Dead letters: read, and put back. Each time on a connection of its own: who looks at what nobody could
//! handle holds nobody up.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions};
use lapin::types::AMQPValue;
use lapin::{BasicProperties, Channel};
use sha2::{Digest, Sha256};

use super::common::{Common, Side};
use super::properties::{self, ATTEMPTS, REASON};
use super::{names, topology};
use crate::queue::broker::wire::Place;
use crate::queue::broker::{self, BrokerError, DeadLetter, Node};

/// Reads the oldest dead letters.
pub(super) async fn read(
    common: Arc<Common>,
    node: Node,
    most: usize,
) -> Result<Vec<DeadLetter>, BrokerError> {
    on_a_channel(&common, &node, async |channel| {
        let letters = get(channel, &node, most).await?.into_iter();
        Ok(letters
            .map(|message| letter(message, &node, &common))
            .collect())
    })
    .await
}

/// Puts one back into its node's queue. False when it is not there.
pub(super) async fn put_back(
    common: Arc<Common>,
    node: Node,
    key: Arc<str>,
) -> Result<bool, BrokerError> {
    let user = common.url.user();
    on_a_channel(&common, &node, async |channel| {
        raise(channel, &node, &key, user).await
    })
    .await
}

async fn on_a_channel<T>(
    common: &Common,
    node: &Node,
    what: impl AsyncFnOnce(&Channel) -> lapin::Result<T>,
) -> Result<T, BrokerError> {
    if common.ending.is_cancelled() {
        return Err(BrokerError::Closed);
    }
    let link = common.connect(Side::DeadLetters).await?;
    let connection = link.connection().clone();
    let done = async {
        let channel = topology::confirming(&connection).await?;
        topology::dead(&channel, node, common.kind).await?;
        let done = what(&channel).await?;
        // All that is left is there again before the channel ends: when a connection is gone, that takes
        // a while.
        let all = BasicNackOptions {
            multiple: true,
            requeue: true,
        };
        channel.basic_nack(0, all).await?;
        channel.close(200, "done".into()).await?;
        Ok(done)
    };
    let done = common.in_time(done).await;
    link.close().await;
    done
}

/// Takes some out, until the channel is closed.
async fn get(channel: &Channel, node: &Node, most: usize) -> lapin::Result<Vec<BasicGetMessage>> {
    let mut read = Vec::new();
    while read.len() < most {
        match next(channel, node).await? {
            Some(message) => read.push(message),
            None => break,
        }
    }
    Ok(read)
}

async fn next(channel: &Channel, node: &Node) -> lapin::Result<Option<BasicGetMessage>> {
    let (queue, options) = (names::dead(node), BasicGetOptions::default());
    channel.basic_get(queue.into(), options).await
}

async fn raise(
    channel: &Channel,
    node: &Node,
    wanted: &str,
    user: Option<&str>,
) -> lapin::Result<bool> {
    while let Some(message) = next(channel, node).await? {
        if key(&message.properties, &message.data) != wanted {
            continue;
        }
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let properties = properties::raised(&message.properties, user);
        let queue = names::queue(node).into();
        let confirm = channel
            .basic_publish("".into(), queue, options, &message.data, properties)
            .await?;
        let confirmed = confirm.await?;
        if !confirmed.is_ack() || confirmed.take_message().is_some() {
            return Ok(false);
        }
        let options = BasicAckOptions::default();
        channel.basic_ack(message.delivery_tag, options).await?;
        return Ok(true);
    }
    Ok(false)
}

fn letter(message: BasicGetMessage, node: &Node, common: &Common) -> DeadLetter {
    let properties = &message.delivery.properties;
    let key = key(properties, &message.delivery.data).into();
    let reason = reason(properties);
    let attempts = attempts(properties);
    let (trusted, limits) = (&common.trusted, &common.limits);
    let body = message.delivery.data;
    let properties = &message.delivery.properties;
    let parcel = properties::read(Place::Queue, properties, body, trusted, limits);
    DeadLetter::new(key, node.clone(), reason, attempts, parcel)
}

/// A letter has no name at the broker: it is known by what is in it, and by when it died.
fn key(properties: &BasicProperties, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [
        properties.message_id(),
        properties.correlation_id(),
        properties.kind(),
    ] {
        let part = part.as_ref().map_or("", |part| part.as_str());
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let death = properties::header(properties, "x-death");
    hash.update(format!("{death:?}"));
    hash.update(properties::text(properties, REASON).unwrap_or_default());
    hash.update(body);
    HEXLOWER.encode(&hash.finalize()[..16])
}

fn reason(properties: &BasicProperties) -> String {
    if let Some(reason) = properties::text(properties, REASON) {
        return reason;
    }
    match death(properties).as_deref() {
        Some("delivery_limit") => format!("it was delivered {} times", broker::ATTEMPTS),
        Some("rejected") => "a consumer has rejected it".to_owned(),
        Some("maxlen") => "the queue was full".to_owned(),
        Some("expired") => "it has expired in the queue".to_owned(),
        Some(other) => format!("RabbitMQ says `{}`", other.escape_debug()),
        None => "nobody has said why".to_owned(),
    }
}

fn attempts(properties: &BasicProperties) -> u32 {
    let told = properties::text(properties, ATTEMPTS);
    match told.and_then(|told| told.parse().ok()) {
        Some(told) => told,
        None if death(properties).as_deref() == Some("delivery_limit") => broker::ATTEMPTS,
        None => properties::attempt(properties, false),
    }
}

/// Why the broker itself has made it a dead letter, the last time.
fn death(properties: &BasicProperties) -> Option<String> {
    let Some(AMQPValue::FieldArray(deaths)) = properties::header(properties, "x-death") else {
        return None;
    };
    let Some(AMQPValue::FieldTable(last)) = deaths.as_slice().first() else {
        return None;
    };
    match last.inner().get("reason")? {
        AMQPValue::LongString(reason) => Some(reason.to_string()),
        _ => None,
    }
}
