//! Plain AMQP, without mitto.

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use mitto::queue::broker::Node;

use crate::broker::servers::rabbitmq::{shared, url};

pub(super) struct Raw {
    _connection: Connection,
    pub(super) channel: Channel,
}

impl Raw {
    pub(super) async fn connect(user: &str) -> Self {
        let url = url(user, shared().at());
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&url, properties)
            .await
            .expect("it is there");
        let channel = connection.create_channel().await.expect("a channel");
        Self {
            _connection: connection,
            channel,
        }
    }

    pub(super) async fn publish(&self, queue: &str, properties: BasicProperties, body: &[u8]) {
        let options = BasicPublishOptions::default();
        let published =
            self.channel
                .basic_publish("".into(), queue.into(), options, body, properties);
        published.await.expect("it is sent");
    }
}

pub(super) fn queue(node: &Node) -> String {
    format!("mitto.{}", node.joined('.'))
}
