//! Handshakes that are never finished: a byte each second.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;
use crate::child::ServerProcess;
use crate::good::Newcomers;
use crate::options::Options;
use crate::raw;
use crate::report::{Report, bytes};

const PEERS: usize = 2_000;
/// One byte after another.
const PACE: Duration = Duration::from_secs(1);

/// Where a peer stops.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// In the first message of TLS.
    Tls,
    /// In the head of the upgrade.
    Http,
    /// In the header and the payload of the first message.
    WebSocket,
    /// In the first frame.
    Tcp,
    /// Before the first byte.
    Silent,
}

const STOPS: [Stop; 5] = [
    Stop::Tls,
    Stop::Http,
    Stop::WebSocket,
    Stop::Tcp,
    Stop::Silent,
];

pub(crate) async fn measure(_: &Options, report: &mut Report) -> Result<(), Failure> {
    let server = ServerProcess::start(&["ws", "tcp", "wss"], None).await?;
    drop(server.clients("wss", 100).await?);
    server.until_peers(1, Duration::from_secs(20)).await?;
    server.memory.forget_peak()?;
    let before = server.memory.resident()?;
    let newcomers = Newcomers::start(&server, &["ws", "tcp", "wss"]);
    let mut slow = JoinSet::new();
    for (turn, stop) in STOPS.into_iter().cycle().take(PEERS).enumerate() {
        let scheme = match stop {
            Stop::Tls => "wss",
            Stop::Http | Stop::WebSocket => "ws",
            Stop::Tcp | Stop::Silent => "tcp",
        };
        let address = server.address(scheme, turn);
        slow.spawn(async move { stay(&address, stop).await });
        // Else it is the backlog of the system that is measured.
        if turn % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let (mut shortest, mut longest) = (Duration::MAX, Duration::ZERO);
    while let Some(stayed) = slow.join_next().await {
        let stayed = stayed??;
        shortest = shortest.min(stayed);
        longest = longest.max(stayed);
    }
    let (count, slowest) = newcomers.stop().await?;
    let (shortest, longest) = (shortest.as_secs_f64(), longest.as_secs_f64());
    report.row(
        format!("slow: {PEERS} unfinished handshakes are gone after"),
        "8 to 13 s",
        format!("{shortest:.1} to {longest:.1} s"),
        shortest >= 8.0 && longest <= 13.0,
    );
    report.row(
        format!("slow: the slowest of {count} other clients is served within"),
        "1 s",
        format!("{} ms", slowest.as_millis()),
        slowest < Duration::from_secs(1),
    );
    let each = (server.memory.peak()? as f64 - before as f64) / PEERS as f64;
    report.note("slow: memory of each", bytes(each));
    Ok(())
}

/// Stays as long as the server lets it: how long that was.
async fn stay(address: &str, stop: Stop) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let mut stream = match stop {
        Stop::WebSocket => raw::upgraded(address).await?,
        _ => TcpStream::connect(address).await?,
    };
    stream.set_nodelay(true)?;
    let (mut read, mut write) = stream.split();
    let bytes = stop.bytes();
    let trickle = async {
        for byte in bytes {
            tokio::time::sleep(PACE).await;
            // It fails when the server has closed, which the other direction notices.
            if write.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let until_closed = async {
        let mut byte = [0; 256];
        while matches!(read.read(&mut byte).await, Ok(1..)) {}
    };
    tokio::select! {
        () = trickle => {}
        () = until_closed => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => {}
    }
    Ok(begun.elapsed())
}

impl Stop {
    /// What is sent, a byte each second; never all of it.
    fn bytes(self) -> Vec<u8> {
        match self {
            // A client's first message, of 512 bytes.
            Self::Tls => [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3][..], &[7; 501]].concat(),
            Self::Http => raw::UPGRADE.into(),
            Self::WebSocket => raw::message(&raw::hello()),
            Self::Tcp => prefixed(),
            Self::Silent => Vec::new(),
        }
    }
}

fn prefixed() -> Vec<u8> {
    let hello = raw::hello();
    [&(hello.len() as u32).to_be_bytes()[..], &hello].concat()
}
