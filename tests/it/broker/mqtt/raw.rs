//! A client of MQTT that knows nothing of mitto.

use bytes::BytesMut;
use rumqttc::{
    Connect, ConnectAuth, ConnectProperties, Packet, PubAck, PubAckReason, Publish,
    PublishProperties, QoS, RetainForwardRule, Subscribe, SubscribeFilter,
};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::broker::lines::LONG;

pub(super) struct Raw {
    stream: TcpStream,
    read: BytesMut,
    next: u16,
    came: Vec<Publish>,
}

impl Raw {
    pub(super) async fn connect(at: SocketAddr) -> Self {
        let mut raw = Self {
            stream: TcpStream::connect(at).await.expect("it is there"),
            read: BytesMut::new(),
            next: 0,
            came: Vec::new(),
        };
        let connect = Connect {
            keep_alive: 60,
            client_id: format!("raw-{:016x}", rand::random::<u64>()),
            clean_start: true,
            properties: Some(ConnectProperties::new()),
        };
        raw.write(Packet::Connect(connect, None, ConnectAuth::None))
            .await;
        let answer = raw.packet().await;
        assert!(matches!(answer, Packet::ConnAck(_)), "{answer:?}");
        raw
    }

    pub(super) async fn subscribe(&mut self, filter: &str) {
        let mut filter = SubscribeFilter::new(filter, QoS::AtLeastOnce);
        filter.retain_forward_rule = RetainForwardRule::OnEverySubscribe;
        let mut packet = Subscribe::new(filter, None);
        packet.pkid = self.id();
        self.write(Packet::Subscribe(packet)).await;
        while !matches!(self.packet().await, Packet::SubAck(_)) {}
    }

    /// Publishes, and gives what the broker says.
    pub(super) async fn publish(
        &mut self,
        topic: &str,
        properties: PublishProperties,
        body: impl Into<Vec<u8>>,
    ) -> PubAckReason {
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, body.into(), Some(properties));
        publish.pkid = self.id();
        self.write(Packet::Publish(publish)).await;
        loop {
            if let Packet::PubAck(PubAck { reason, .. }) = self.packet().await {
                return reason;
            }
        }
    }

    /// Publishes without acknowledgement.
    pub(super) async fn publish_at_most_once(
        &mut self,
        topic: &str,
        properties: PublishProperties,
    ) {
        let publish = Publish::new(topic, QoS::AtMostOnce, "{}", Some(properties));
        self.write(Packet::Publish(publish)).await;
    }

    /// The next message.
    pub(super) async fn came(&mut self) -> Publish {
        while self.came.is_empty() {
            self.packet().await;
        }
        self.came.remove(0)
    }

    /// Writes bytes that need not be a packet, behind their length.
    pub(super) async fn spoil(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("it is there");
    }

    fn id(&mut self) -> u16 {
        self.next += 1;
        self.next
    }

    async fn write(&mut self, packet: Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, None).expect("a packet");
        self.stream.write_all(&bytes).await.expect("it is there");
    }

    async fn packet(&mut self) -> Packet {
        loop {
            match Packet::read(&mut self.read, None) {
                Ok(Packet::Publish(publish)) => {
                    if publish.qos == QoS::AtLeastOnce {
                        self.write(Packet::PubAck(PubAck::new(publish.pkid, None)))
                            .await;
                    }
                    self.came.push(publish.clone());
                    return Packet::Publish(publish);
                }
                Ok(packet) => return packet,
                Err(rumqttc::Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            let read = timeout(LONG, self.stream.read_buf(&mut self.read)).await;
            let count = read.expect("it answers").expect("it is there");
            assert!(count > 0, "the broker has closed the connection");
        }
    }
}

/// Properties that name a message.
pub(super) fn named(name: &str) -> PublishProperties {
    PublishProperties {
        user_properties: vec![("mitto-type".to_owned(), name.to_owned())],
        ..PublishProperties::default()
    }
}
