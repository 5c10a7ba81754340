//! What a mosquitto has for those who are to have it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::Failure;

/// Longer than from one of its reports to the next.
const REPORT: Duration = Duration::from_millis(2_500);

const STORED: &str = "$SYS/broker/store/messages/count";
const RETAINED: &str = "$SYS/broker/retained messages/count";

/// How many messages a mosquitto has that wait, or that nobody has acknowledged. Without those that it retains: dead
/// letters, and reports of its own.
pub(crate) async fn stored(at: SocketAddr) -> Result<u64, Failure> {
    // What it reports is a moment old.
    sleep(REPORT).await;
    let mut stream = TcpStream::connect(at).await?;
    // Version 3.1.1, a clean session, 60 s, and no name.
    stream
        .write_all(b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0")
        .await?;
    for (id, topic) in [(1, STORED), (2, RETAINED)] {
        let length = u8::try_from(topic.len())?;
        let head = [0x82, length + 5, 0, id, 0, length];
        stream
            .write_all(&[&head, topic.as_bytes(), &[0]].concat())
            .await?;
    }
    let (mut stored, mut retained) = (None, None);
    let reading = async {
        loop {
            if let (Some(stored), Some(retained)) = (stored, retained) {
                return Ok::<u64, Failure>(u64::saturating_sub(stored, retained));
            }
            let (kind, body) = packet(&mut stream).await?;
            if kind >> 4 != 3 {
                continue;
            }
            let (length, rest) = body.split_at_checked(2).ok_or("no message")?;
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let (topic, count) = rest.split_at_checked(length).ok_or("no message")?;
            let count = Some(std::str::from_utf8(count)?.parse()?);
            match topic == STORED.as_bytes() {
                true => stored = count,
                false => retained = count,
            }
        }
    };
    timeout(Duration::from_secs(10), reading).await?
}

/// The next one: its first byte, and what is behind its length.
async fn packet(stream: &mut TcpStream) -> Result<(u8, Vec<u8>), Failure> {
    let kind = stream.read_u8().await?;
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift > 21 {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}
