//! Many requests, without any trouble.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Failure;
use crate::callers::{What, ask_for};
use crate::kind::Kind;
use crate::options::Options;
use crate::report::Report;
use crate::site::{Plan, Site};

const WORKERS: usize = 4;
const CONNECTIONS: usize = 4;
/// Requests at once over each connection.
const CALLERS: usize = 64;
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a process may have grown by from a tenth of the requests to their end, in bytes.
const GROWTH: u64 = 8 << 20;

pub(crate) async fn many(
    kind: Kind,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut site = Site::start(Plan {
        kind,
        workers: WORKERS,
        concurrency: 64,
        in_flight: 4096,
        store: false,
        ledger: false,
        heartbeat: None,
    })
    .await?;
    let next = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicU64::new(0));
    let requests = options.requests;
    let mut asking = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CONNECTIONS {
        let client = site.connect().await?;
        for _ in 0..CALLERS {
            let (client, next, done) = (client.clone(), next.clone(), done.clone());
            asking.spawn(async move {
                let mut failed = Vec::new();
                loop {
                    let key = next.fetch_add(1, Relaxed) + 1;
                    if key > requests {
                        return failed;
                    }
                    let what = [What::Put, What::Charge][(key % 2) as usize];
                    if let Err(status) = ask_for(&client, what, key, 0, TIMEOUT).await {
                        failed.push(status);
                    }
                    done.fetch_add(1, Relaxed);
                }
            });
        }
    }
    while done.load(Relaxed) < requests / 10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let early = memory(&site)?;
    let mut failed = Vec::new();
    while let Some(ended) = asking.join_next().await {
        failed.extend(ended?);
    }
    let took = begun.elapsed();
    let late = memory(&site)?;
    let left = site.drained().await?;
    let mut runs = 0;
    for worker in &mut site.workers {
        runs += worker.look().await?.runs;
    }
    let dead = site.dead().await?.len();
    report.note(
        "time",
        format!(
            "{took:.1?}, {:.0} requests per second",
            requests as f64 / took.as_secs_f64()
        ),
    );
    if let Some(first) = failed.first() {
        report.note("first failure", first);
    }
    report.none(format!("of {requests} requests not answered"), failed.len());
    report.row("handlers run", requests, runs, runs == requests);
    report.row(
        "left in the broker: waiting, unsettled",
        "0, 0",
        format!("{}, {}", left.0, left.1),
        left == (0, 0),
    );
    report.none("dead letters", dead);
    for ((name, early), (_, late)) in early.into_iter().zip(late) {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        report.row(
            format!("memory of the {name} from a tenth on"),
            format!("at most {:.0} MiB more", mib(GROWTH)),
            format!("{:.1} to {:.1} MiB", mib(early), mib(late)),
            late <= early + GROWTH,
        );
    }
    Ok(())
}

/// What each process has.
fn memory(site: &Site) -> Result<Vec<(String, u64)>, Failure> {
    let mut memory = vec![("gateway".to_owned(), site.gateway.resident()?)];
    for (number, worker) in site.workers.iter().enumerate() {
        memory.push((format!("worker {}", number + 1), worker.resident()?));
    }
    Ok(memory)
}
