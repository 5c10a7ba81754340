//! Peers that ask for much and never read.

use std::time::{Duration, Instant};

use mitto::envelope::CorrelationId;
use mitto::transport::Batch;

use crate::Failure;
use crate::child::ServerProcess;
use crate::good::p99;
use crate::options::Options;
use crate::raw::{self, RawPeer};
use crate::report::{Report, bytes};
use crate::service::{Blow, Pour};

const PEERS: usize = 100;
const ITEMS: usize = 10_000;
const BYTES: usize = 64 << 10;
/// The most memory of one of them in the server, in bytes.
const MOST: f64 = 4.0 * 1024.0 * 1024.0;
/// How long they stay, about.
const WHILE: Duration = Duration::from_secs(10);
/// Latencies are measured again when they do not hold: the machine may have been busy.
const ATTEMPTS: usize = 3;

/// How they ask.
#[derive(Clone, Copy, Debug)]
enum Asking {
    /// One request for a stream.
    Stream,
    /// A request for each.
    Requests,
}

pub(crate) async fn measure(_: &Options, report: &mut Report) -> Result<(), Failure> {
    for scheme in ["ws", "tcp"] {
        for asking in [Asking::Stream, Asking::Requests] {
            peers(scheme, asking, report).await?;
        }
    }
    Ok(())
}

async fn peers(scheme: &str, asking: Asking, report: &mut Report) -> Result<(), Failure> {
    let name = match asking {
        Asking::Stream => format!("mute, {scheme}, a stream of {ITEMS} items"),
        Asking::Requests => format!("mute, {scheme}, {ITEMS} requests"),
    };
    let server = ServerProcess::start(&[scheme], None).await?;
    let client = server.builder()?.connect(&server.url(scheme, 0)).await?;
    let mut best: Option<Attempt> = None;
    for _ in 0..ATTEMPTS {
        let attempt = attempt(&server, &client, scheme, asking).await?;
        let slower = attempt.slower();
        best = match best {
            Some(best) => Some(Attempt {
                each: best.each.max(attempt.each),
                first: best.first.min(attempt.first),
                last: best.last.max(attempt.last),
                ..if best.slower() < slower {
                    best
                } else {
                    attempt
                }
            }),
            none => none.or(Some(attempt)),
        };
        if slower < 3.0 {
            break;
        }
    }
    let best = best.ok_or("no attempt")?;
    report.row(
        format!("{name}: memory of each of {PEERS}"),
        format!("at most {}", bytes(MOST)),
        bytes(best.each),
        best.each <= MOST,
    );
    let (first, last) = (best.first.as_secs_f64(), best.last.as_secs_f64());
    report.row(
        format!("{name}: closed after"),
        "8 to 15 s",
        format!("{first:.1} to {last:.1} s"),
        first >= 8.0 && last <= 15.0,
    );
    report.row(
        format!("{name}: p99 of another client"),
        "less than 3 times that in quiet",
        format!(
            "{} us, {} us in quiet, {:.1} times",
            best.busy.as_micros(),
            best.quiet.as_micros(),
            best.slower()
        ),
        best.slower() < 3.0,
    );
    Ok(())
}

struct Attempt {
    each: f64,
    first: Duration,
    last: Duration,
    quiet: Duration,
    busy: Duration,
}

impl Attempt {
    fn slower(&self) -> f64 {
        self.busy.as_secs_f64() / self.quiet.as_secs_f64()
    }
}

async fn attempt(
    server: &ServerProcess,
    client: &crate::service::OutsideClient,
    scheme: &str,
    asking: Asking,
) -> Result<Attempt, Failure> {
    let quiet = p99(client, WHILE / 2).await?;
    server.memory.forget_peak()?;
    let before = server.memory.resident()?;
    let others = server.look().await?.peers;
    let begun = Instant::now();
    let busy = {
        let client = client.clone();
        tokio::spawn(async move { p99(&client, WHILE).await })
    };
    let mut mute = Vec::new();
    for turn in 0..PEERS {
        let mut peer = RawPeer::connect(&server.url(scheme, turn)).await?;
        mute.push(tokio::spawn(async move {
            // It fails when the server closes, which is the end of it.
            let _ = peer.send(asking.batch()?).await;
            std::future::pending::<()>().await;
            drop(peer);
            Ok::<_, Failure>(())
        }));
    }
    // Who has sent its request and the server has not yet seen is not yet there.
    server
        .until_peers(others + PEERS, Duration::from_secs(5))
        .await?;
    let mut first = None;
    let last = loop {
        let peers = server.look().await?.peers;
        if peers < others + PEERS {
            first.get_or_insert(begun.elapsed());
        }
        if peers == others || begun.elapsed() > Duration::from_secs(40) {
            break begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let each = (server.memory.peak()? as f64 - before as f64) / PEERS as f64;
    for task in &mute {
        task.abort();
    }
    Ok(Attempt {
        each,
        first: first.unwrap_or_default(),
        last,
        quiet,
        busy: busy.await??,
    })
}

impl Asking {
    fn batch(self) -> Result<Batch, Failure> {
        let mut batch = Batch::new();
        let mut add = |request: &[u8]| {
            raw::frame(&mut batch, |bytes| bytes.extend_from_slice(request));
        };
        match self {
            Self::Stream => {
                let pour = Pour {
                    items: ITEMS,
                    bytes: BYTES,
                };
                add(&raw::request(CorrelationId::new(0, 1), &pour)?);
            }
            Self::Requests => {
                for n in 0..ITEMS as u32 {
                    let id = CorrelationId::new(n % 1_024, 1 + n / 1_024);
                    add(&raw::request(id, &Blow { bytes: BYTES })?);
                }
            }
        }
        Ok(batch)
    }
}
