//! Making a connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rumqttc::{ConnAck, Connect, ConnectAuth, ConnectProperties, ConnectReturnCode, Packet};
use rustls::pki_types::ServerName;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Mqtt;
use super::url::{Url, without_password};
use crate::limits::Limits;
use crate::queue::broker::BrokerError;
use crate::runtime::timeout;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);

/// How long either end may be silent, in seconds; the other is lost after half as long again.
pub(super) const KEEP_ALIVE: u16 = 10;

/// The most bytes that a packet has beside its body: a name, metadata, an identity.
const HEAD: usize = 1 << 20;

/// What is taken at least, so that what is too large for a message is a dead letter, and not lost at the broker.
const PACKET: usize = 32 << 20;

/// The first byte of what a broker answers.
const CONNACK: u8 = 0x20;

/// A connection's bytes, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Where the broker is, and who connects.
pub(super) struct Door {
    url: Url,
    /// The URL, without its password.
    pub(super) shown: String,
    tls: Option<TlsConnector>,
    pub(super) packet: u32,
    pub(super) outbound: usize,
    pub(super) fail_fast: bool,
}

/// What the broker is told of the session.
#[derive(Clone)]
pub(super) struct Hello {
    pub(super) client: String,
    /// Whether what there may be of the session is thrown away.
    pub(super) clean: bool,
    /// In seconds.
    pub(super) expiry: u32,
    /// How many messages that are not acknowledged may be here.
    pub(super) most: u16,
}

/// A connection that was made.
pub(super) struct Made {
    pub(super) stream: Box<dyn Stream>,
    /// What has come behind the broker's answer.
    pub(super) read: BytesMut,
    /// Whether the broker knew the session.
    pub(super) resumed: bool,
    /// How many messages that are not acknowledged may be there.
    pub(super) window: u16,
    /// The most bytes of a packet.
    pub(super) largest: usize,
    pub(super) keep_alive: Duration,
    /// Whether it keeps messages for those who subscribe later.
    pub(super) retains: bool,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Failed {
    /// Another try would end in the same way.
    Refused(String),
    Unreachable(String),
}

impl Door {
    pub(super) fn new(mqtt: &Mqtt, limits: &Limits) -> Result<Self, BrokerError> {
        let url = Url::parse(&mqtt.url)?;
        let shown = without_password(&mqtt.url);
        let tls = match url.encrypted {
            true => {
                let config = mqtt.tls.config().map_err(|error| BrokerError::Refused {
                    url: shown.clone(),
                    why: error.to_string(),
                })?;
                Some(TlsConnector::from(Arc::new(config)))
            }
            false => None,
        };
        let packet = limits.message.saturating_add(HEAD).max(PACKET);
        Ok(Self {
            url,
            shown,
            tls,
            packet: u32::try_from(packet).unwrap_or(u32::MAX),
            outbound: limits.outbound,
            fail_fast: mqtt.fail_fast,
        })
    }

    /// Connects, within a time.
    pub(super) async fn connect(&self, hello: &Hello) -> Result<Made, Failed> {
        match timeout(TRY, self.try_connect(hello)).await {
            Ok(made) => made,
            Err(_) => Err(Failed::Unreachable(format!("no answer within {TRY:?}"))),
        }
    }

    async fn try_connect(&self, hello: &Hello) -> Result<Made, Failed> {
        let Url { host, port, .. } = &self.url;
        let unreachable = |error: std::io::Error| Failed::Unreachable(error.to_string());
        let stream = TcpStream::connect((&**host, *port)).await;
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(connector) => {
                let name = ServerName::try_from(host.clone()).map_err(|_| {
                    Failed::Refused("its host is neither a name nor an address".to_owned())
                })?;
                let connected = connector.connect(name, stream).await;
                Box::new(connected.map_err(|error| match error.get_ref() {
                    Some(why) if why.is::<rustls::Error>() => {
                        Failed::Refused(format!("TLS failed: {why}"))
                    }
                    _ => unreachable(error),
                })?)
            }
        };
        let mut write = BytesMut::new();
        let packet = self.hello(hello);
        packet
            .write(&mut write, None)
            .map_err(|error| Failed::Refused(error.to_string()))?;
        stream.write_all(&write).await.map_err(unreachable)?;
        stream.flush().await.map_err(unreachable)?;
        let mut read = BytesMut::with_capacity(4096);
        let answer = loop {
            match Packet::read(&mut read, Some(self.packet)) {
                Ok(Packet::ConnAck(answer)) => break answer,
                Err(rumqttc::Error::InsufficientBytes(_))
                    if read.first().is_none_or(|first| *first == CONNACK) => {}
                Ok(_) | Err(_) => {
                    return Err(Failed::Refused("it does not speak MQTT 5 here".to_owned()));
                }
            }
            if stream.read_buf(&mut read).await.map_err(unreachable)? == 0 {
                let why = "it has closed the connection without a word";
                return Err(Failed::Unreachable(why.to_owned()));
            }
        };
        self.made(stream, read, &answer)
    }

    fn hello(&self, hello: &Hello) -> Packet {
        let mut properties = ConnectProperties::new();
        properties.session_expiry_interval = Some(hello.expiry);
        properties.receive_maximum = Some(hello.most);
        properties.max_packet_size = Some(self.packet);
        let connect = Connect {
            keep_alive: KEEP_ALIVE,
            client_id: hello.client.clone(),
            clean_start: hello.clean,
            properties: Some(properties),
        };
        let password = self.url.password.clone().map(Into::into);
        let auth = match (self.url.user.clone(), password) {
            (None, None) => ConnectAuth::None,
            (Some(username), None) => ConnectAuth::Username { username },
            (None, Some(password)) => ConnectAuth::Password { password },
            (Some(username), Some(password)) => {
                ConnectAuth::UsernamePassword { username, password }
            }
        };
        Packet::Connect(connect, None, auth)
    }

    fn made(
        &self,
        stream: Box<dyn Stream>,
        read: BytesMut,
        answer: &ConnAck,
    ) -> Result<Made, Failed> {
        use ConnectReturnCode as Code;
        let properties = answer.properties.as_ref();
        let said = properties.and_then(|said| said.reason_string.as_deref());
        let why = match said {
            Some(said) => format!("{:?}: {said}", answer.code),
            None => format!("{:?}", answer.code),
        };
        match answer.code {
            Code::Success => {}
            Code::BadUserNamePassword | Code::NotAuthorized => {
                let why = format!("its user or password is wrong, or has no right here ({why})");
                return Err(Failed::Refused(why));
            }
            Code::ServerUnavailable
            | Code::ServiceUnavailable
            | Code::ServerBusy
            | Code::QuotaExceeded
            | Code::ConnectionRateExceeded
            | Code::UnspecifiedError => return Err(Failed::Unreachable(why)),
            _ => return Err(Failed::Refused(why)),
        }
        if properties.and_then(|said| said.max_qos) == Some(0) {
            let why = "it takes no messages that it acknowledges (QoS 1)";
            return Err(Failed::Refused(why.to_owned()));
        }
        let keep_alive = properties.and_then(|said| said.server_keep_alive);
        let largest = properties.and_then(|said| said.max_packet_size);
        let window = properties.and_then(|said| said.receive_max);
        Ok(Made {
            stream,
            read,
            resumed: answer.session_present,
            window: window.unwrap_or(u16::MAX).max(1),
            largest: largest.map_or(usize::MAX, |largest| largest as usize),
            keep_alive: Duration::from_secs(u64::from(
                keep_alive
                    .filter(|seconds| *seconds > 0)
                    .unwrap_or(KEEP_ALIVE),
            )),
            retains: properties.and_then(|said| said.retain_available) != Some(0),
        })
    }
}
