//! Lengths that are announced, of bytes that never come.

use std::time::Duration;

use mitto::envelope::CorrelationId;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;
use crate::child::ServerProcess;
use crate::options::Options;
use crate::raw;
use crate::report::{Report, bytes};

const PEERS: usize = 1_000;
/// What the server may need for all of them, in bytes.
const MOST: f64 = 64.0 * 1024.0 * 1024.0;

/// What is announced.
#[derive(Clone, Copy, Debug)]
struct Announced {
    name: &'static str,
    scheme: &'static str,
    /// Whether hellos are exchanged before.
    hello: bool,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    /// A frame of so many bytes.
    Frame(u64),
    /// A message in pieces of so many bytes.
    Pieces(u64),
}

const ALL: [Announced; 9] = [
    Announced::frame("ws", "first frame of 1 GiB", false, 1 << 30),
    Announced::frame("ws", "first frame of 2^63 - 1 bytes", false, (1 << 63) - 1),
    Announced::frame("ws", "first frame of 2^63 bytes", false, 1 << 63),
    Announced::frame("ws", "frame of 1 GiB", true, 1 << 30),
    Announced::frame("ws", "frame of 1 MiB", true, 1 << 20),
    Announced::pieces("ws", "pieces of 2^63 bytes", 1 << 63),
    Announced::frame("tcp", "first frame of 1 GiB", false, 1 << 30),
    Announced::frame("tcp", "frame of 1 MiB", true, 1 << 20),
    Announced::pieces("tcp", "pieces of 1 MiB", 1 << 20),
];

impl Announced {
    const fn frame(scheme: &'static str, name: &'static str, hello: bool, bytes: u64) -> Self {
        Self {
            name,
            scheme,
            hello,
            what: What::Frame(bytes),
        }
    }

    const fn pieces(scheme: &'static str, name: &'static str, bytes: u64) -> Self {
        Self {
            name,
            scheme,
            hello: true,
            what: What::Pieces(bytes),
        }
    }

    /// What a peer sends behind the transport's handshake.
    fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.hello {
            bytes.extend(self.whole(&raw::hello()));
        }
        match self.what {
            What::Frame(length) => {
                match self.scheme {
                    "ws" => bytes.extend(raw::header(length)),
                    _ => bytes.extend((length as u32).to_be_bytes()),
                }
                bytes.extend_from_slice(&[7; 100]);
            }
            What::Pieces(total) => {
                for slot in 0..4 {
                    let piece = raw::piece(CorrelationId::new(slot, 1), total);
                    bytes.extend(self.whole(&piece));
                }
            }
        }
        bytes
    }

    fn whole(self, frame: &[u8]) -> Vec<u8> {
        match self.scheme {
            "ws" => raw::message(frame),
            _ => [&(frame.len() as u32).to_be_bytes()[..], frame].concat(),
        }
    }
}

pub(crate) async fn measure(_: &Options, report: &mut Report) -> Result<(), Failure> {
    for announced in ALL {
        let server = ServerProcess::start(&[announced.scheme], None).await?;
        server.memory.forget_peak()?;
        let before = server.memory.resident()?;
        let mut peers = JoinSet::new();
        for turn in 0..PEERS {
            let address = server.address(announced.scheme, turn);
            peers.spawn(async move {
                let mut stream = match announced.scheme {
                    "ws" => raw::upgraded(&address).await?,
                    _ => TcpStream::connect(&address).await?,
                };
                stream.write_all(&announced.bytes()).await?;
                Ok::<_, Failure>(stream)
            });
            if turn % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        let mut open = Vec::new();
        while let Some(peer) = peers.join_next().await {
            open.push(peer??);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let grown = server.memory.peak()? as f64 - before as f64;
        let served = server.look().await.is_ok();
        report.row(
            format!(
                "announced, {}, {}: memory for {PEERS}",
                announced.scheme, announced.name
            ),
            format!("less than {}", bytes(MOST)),
            bytes(grown),
            grown < MOST && served,
        );
        drop(open);
    }
    Ok(())
}
