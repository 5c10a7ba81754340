//! Queues and exchanges, made when they are needed and never taken away, but for inboxes.
//!
//! All of it is taken by RabbitMQ 3.10 and 4: nothing that is neither durable nor exclusive, no global
//! prefetch, no queue modes or versions.

use lapin::options::{
    ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ExchangeKind, Result};

use super::names;
use crate::queue::broker::{ATTEMPTS, Node};

/// How long an inbox stays that nobody reads any more, in milliseconds: 5 minutes.
const INBOX_EXPIRES: i32 = 5 * 60 * 1000;

/// More than dead letters are ever looked at. From version 4 on a quorum queue without a limit has one of
/// 20.
const DEAD_LOOKS: i32 = 1_000_000_000;

/// How the queues of nodes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// On several servers of a cluster, with a limit of deliveries.
    Quorum,
    /// On one server.
    Classic,
}

/// A channel on which the broker confirms.
pub(super) async fn confirming(connection: &Connection) -> Result<Channel> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(channel)
}

pub(super) async fn topics(channel: &Channel) -> Result<()> {
    exchange(channel, names::TOPICS, ExchangeKind::Direct).await
}

pub(super) async fn workers(channel: &Channel, node: &Node) -> Result<()> {
    exchange(channel, &names::workers(node), ExchangeKind::Fanout).await
}

pub(super) async fn inbox(channel: &Channel, inbox: &str) -> Result<()> {
    let arguments = [
        ("x-queue-type", text("classic")),
        ("x-expires", AMQPValue::LongInt(INBOX_EXPIRES)),
    ];
    queue(channel, inbox, arguments).await
}

/// The dead letters of a node.
pub(super) async fn dead(channel: &Channel, node: &Node, kind: Kind) -> Result<()> {
    let name = names::dead(node);
    exchange(channel, names::DEAD, ExchangeKind::Direct).await?;
    let kind_of = ("x-queue-type", text(kind.name()));
    match kind {
        Kind::Quorum => {
            let looks = ("x-delivery-limit", AMQPValue::LongInt(DEAD_LOOKS));
            queue(channel, &name, [kind_of, looks]).await?;
        }
        Kind::Classic => queue(channel, &name, [kind_of]).await?,
    }
    bind(channel, &name, names::DEAD, &name).await
}

/// The queue of a node, with all that belongs to it.
pub(super) async fn node(channel: &Channel, node: &Node, kind: Kind) -> Result<()> {
    dead(channel, node, kind).await?;
    workers(channel, node).await?;
    let name = names::queue(node);
    let common = [
        ("x-queue-type", text(kind.name())),
        ("x-dead-letter-exchange", text(names::DEAD)),
        ("x-dead-letter-routing-key", text(&names::dead(node))),
    ];
    match kind {
        Kind::Quorum => {
            // The limit is of deliveries after the first one. The last two keep a dead letter until its
            // own queue has it.
            let limit = i32::try_from(ATTEMPTS - 1).unwrap_or(i32::MAX);
            let more = [
                ("x-delivery-limit", AMQPValue::LongInt(limit)),
                ("x-dead-letter-strategy", text("at-least-once")),
                ("x-overflow", text("reject-publish")),
            ];
            queue(channel, &name, common.into_iter().chain(more)).await
        }
        Kind::Classic => queue(channel, &name, common).await,
    }
}

pub(super) async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<()> {
    let options = QueueBindOptions::default();
    let arguments = FieldTable::default();
    channel
        .queue_bind(
            queue.into(),
            exchange.into(),
            key.into(),
            options,
            arguments,
        )
        .await
}

pub(super) async fn unbind(
    channel: &Channel,
    queue: &str,
    exchange: &str,
    key: &str,
) -> Result<()> {
    let arguments = FieldTable::default();
    channel
        .queue_unbind(queue.into(), exchange.into(), key.into(), arguments)
        .await
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<()> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(name.into(), kind, options, FieldTable::default())
        .await
}

async fn queue(
    channel: &Channel,
    name: &str,
    arguments: impl IntoIterator<Item = (&'static str, AMQPValue)>,
) -> Result<()> {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    channel.queue_declare(name.into(), options, table).await?;
    Ok(())
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Quorum => "quorum",
            Self::Classic => "classic",
        }
    }
}
