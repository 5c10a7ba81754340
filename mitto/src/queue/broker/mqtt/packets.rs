//! Reading and writing the packets of a connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use rumqttc::DisconnectReasonCode as Reasons;
use rumqttc::{Disconnect, PacketType, Publish, QoS, SubAck, SubscribeReasonCode, UnsubAck};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::connection::{Connection, Reason, Told, Waits};
use super::link::Taker;
use crate::runtime::{Instant, later, sleep_until};

/// How much is read at once.
const READ: usize = 16 << 10;

/// The most of a buffer that is kept between two writes.
const KEPT: usize = 64 << 10;

/// What has come.
enum Packet {
    Publish(Publish),
    Acknowledged(u16, Told),
    Subscribed(u16, Told),
    Disconnected(String),
    Alive,
}

/// Reads until the connection is lost, and says why.
pub(super) async fn read(
    mut from: impl AsyncRead + Unpin,
    mut bytes: BytesMut,
    connection: &Connection,
    taker: &dyn Taker,
    largest: u32,
) -> String {
    loop {
        loop {
            match next(&mut bytes, largest) {
                Ok(Some(packet)) => {
                    if let Some(why) = take(packet, connection, taker) {
                        return why;
                    }
                }
                Ok(None) => break,
                Err(error) => return format!("it has sent what is no packet: {error}"),
            }
        }
        bytes.reserve(READ);
        match from.read_buf(&mut bytes).await {
            Ok(0) => return "it has closed the connection".to_owned(),
            Ok(_) => connection.came.store(true, Ordering::Relaxed),
            Err(error) => return error.to_string(),
        }
    }
}

/// Writes until the connection is lost: why, if it was not ended here.
pub(super) async fn write(
    mut to: impl AsyncWrite + Unpin,
    connection: &Connection,
) -> Option<String> {
    let mut bytes = BytesMut::new();
    loop {
        let goes_on = connection.take(&mut bytes);
        if !bytes.is_empty() {
            let mut written = to.write_all(&bytes).await;
            if written.is_ok() {
                written = to.flush().await;
            }
            if let Err(error) = written {
                return Some(error.to_string());
            }
            match bytes.capacity() > KEPT {
                true => bytes = BytesMut::new(),
                false => bytes.clear(),
            }
            if goes_on {
                continue;
            }
        }
        if !goes_on {
            let _ = to.shutdown().await;
            return None;
        }
        connection.wake.notified().await;
    }
}

/// Shows now and then that this end lives. Ends, saying so, when the other one does not.
pub(super) async fn tick(connection: &Connection, keep_alive: Duration) -> String {
    // Three halves of the time without a sign of life are too many.
    let mut silent = 0;
    loop {
        sleep_until(later(Instant::now(), keep_alive / 2)).await;
        let sent = connection.sent.swap(false, Ordering::Relaxed);
        let came = connection.came.swap(false, Ordering::Relaxed);
        silent = if came { 0 } else { silent + 1 };
        if silent >= 3 {
            return "it does not answer".to_owned();
        }
        if !sent || !came {
            connection.ping();
        }
    }
}

/// What came of one packet: why the connection has ended, if it has.
fn take(packet: Packet, connection: &Connection, taker: &dyn Taker) -> Option<String> {
    match packet {
        Packet::Publish(publish) => {
            let (id, qos) = (publish.pkid, publish.qos);
            if taker.came(publish) && qos != QoS::AtMostOnce {
                connection.acknowledge(id);
            }
        }
        Packet::Acknowledged(id, told) => {
            let waits = connection.acknowledged(id);
            if waits.is_some() {
                connection.one_more();
            }
            match waits {
                Some(Waits::Told(tell)) => drop(tell.send(told)),
                Some(Waits::Inbox(inbox, parcel)) => match told {
                    Ok(()) => {}
                    Err(Reason::Nobody) => taker.returned(&inbox, parcel),
                    Err(reason) => {
                        tracing::warn!(%inbox, %reason, "a message to an inbox was not taken");
                    }
                },
                Some(Waits::Nobody) | None => {}
            }
        }
        Packet::Subscribed(id, told) => {
            if let Some(Waits::Told(tell)) = connection.acknowledged(id) {
                drop(tell.send(told));
            }
        }
        Packet::Disconnected(why) => return Some(why),
        Packet::Alive => {}
    }
    None
}

/// The next packet; `None` if it is not whole.
fn next(bytes: &mut BytesMut, largest: u32) -> Result<Option<Packet>, rumqttc::Error> {
    let header = match rumqttc::check(bytes.iter(), Some(largest)) {
        Ok(header) => header,
        Err(rumqttc::Error::InsufficientBytes(more)) => {
            bytes.reserve(more);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let packet = bytes.split_to(header.frame_length()).freeze();
    Ok(Some(match header.packet_type()? {
        PacketType::Publish => match Publish::read(header, packet.clone()) {
            Ok(publish) => Packet::Publish(publish),
            // What the broker lets pass is not to end the connection, again and again.
            Err(error) => Packet::Publish(spoilt(packet).ok_or(error)?),
        },
        PacketType::PubAck => {
            let (id, told) = acknowledged(packet).ok_or(rumqttc::Error::MalformedPacket)?;
            Packet::Acknowledged(id, told)
        }
        PacketType::SubAck => {
            let answer = SubAck::read(header, packet)?;
            let refused = |code: &&SubscribeReasonCode| {
                !matches!(code, SubscribeReasonCode::Success(QoS::AtLeastOnce))
            };
            let told = match answer.return_codes.iter().find(refused) {
                None => Ok(()),
                Some(code) => Err(Reason::Refused(format!("{code:?}"))),
            };
            Packet::Subscribed(answer.pkid, told)
        }
        PacketType::UnsubAck => Packet::Subscribed(UnsubAck::read(header, packet)?.pkid, Ok(())),
        PacketType::PingResp => Packet::Alive,
        PacketType::Disconnect => {
            let said = Disconnect::read(header, packet)?;
            Packet::Disconnected(match said.reason_code {
                Reasons::SessionTakenOver => {
                    "another process has connected with the same session".to_owned()
                }
                reason => format!("it says {reason:?}"),
            })
        }
        _ => return Err(rumqttc::Error::ProtocolError),
    }))
}

/// An acknowledgement, whatever its reason: those of a later version are none that the library knows.
fn acknowledged(mut packet: Bytes) -> Option<(u16, Told)> {
    skip_header(&mut packet)?;
    let id = packet.try_get_u16().ok()?;
    let told = match packet.try_get_u8() {
        Err(_) | Ok(0) => Ok(()),
        Ok(0x10) => Err(Reason::Nobody),
        Ok(0x95) => Err(Reason::TooLarge),
        Ok(0x87) => Err(Reason::Refused("there is no right to do so".to_owned())),
        Ok(0x97) => Err(Reason::Refused("its quota is exceeded".to_owned())),
        Ok(code) if code < 0x80 => Ok(()),
        Ok(code) => Err(Reason::Refused(format!("it says 0x{code:02x}"))),
    };
    Some((id, told))
}

/// A message whose properties cannot be read, with all that is behind its identifier as its body.
fn spoilt(mut packet: Bytes) -> Option<Publish> {
    let first = skip_header(&mut packet)?;
    let qos = rumqttc::qos((first & 0b0110) >> 1).ok()?;
    let length = usize::from(packet.try_get_u16().ok()?);
    if packet.len() < length {
        return None;
    }
    let mut publish = Publish {
        dup: first & 0b1000 != 0,
        retain: first & 0b0001 != 0,
        qos,
        topic: packet.split_to(length),
        ..Publish::default()
    };
    if qos != QoS::AtMostOnce {
        publish.pkid = packet.try_get_u16().ok().filter(|id| *id != 0)?;
    }
    publish.payload = packet;
    Some(publish)
}

/// The first byte. It and the length are cut off.
fn skip_header(packet: &mut Bytes) -> Option<u8> {
    let first = packet.try_get_u8().ok()?;
    while packet.try_get_u8().ok()? & 0x80 != 0 {}
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Result<Option<Packet>, rumqttc::Error> {
        next(&mut BytesMut::from(bytes), 100)
    }

    #[test]
    fn acknowledgements_have_any_reason() {
        for (bytes, expected) in [
            (&[0x40, 2, 1, 2][..], Ok(())),
            (&[0x40, 3, 1, 2, 0x10], Err(Reason::Nobody)),
            (&[0x40, 4, 1, 2, 0x95, 0], Err(Reason::TooLarge)),
            (&[0x40, 3, 1, 2, 0x42], Ok(())),
            (
                &[0x40, 3, 1, 2, 0xfe],
                Err(Reason::Refused("it says 0xfe".into())),
            ),
        ] {
            let Ok(Some(Packet::Acknowledged(0x102, told))) = read_all(bytes) else {
                panic!("{bytes:?}");
            };
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn spoilt_message_has_its_identifier() {
        // A property that is none.
        let bytes = [0x32, 9, 0, 1, b'a', 0, 7, 1, 0x7f, b'h', b'i'];
        let Ok(Some(Packet::Publish(publish))) = read_all(&bytes) else {
            panic!("it is skipped");
        };
        assert_eq!((publish.pkid, &*publish.topic), (7, &b"a"[..]));
        assert_eq!(publish.properties, None);
    }

    #[test]
    fn what_is_no_packet_ends_the_connection() {
        for bytes in [
            &[0x00, 0][..],
            &[0x32, 1, 0],
            &[0x32, 2, 0, 9],
            &[0x40, 1, 0],
            &[0x10, 0],
            &[0x30, 0xff, 0xff, 0xff, 0x7f],
        ] {
            assert!(read_all(bytes).is_err(), "{bytes:?}");
        }
        assert!(matches!(read_all(&[0x30, 5, 0]), Ok(None)));
    }
}
