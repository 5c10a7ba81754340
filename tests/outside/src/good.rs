//! A client that behaves, while others do not.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Failure;
use crate::child::{ServerProcess, builder};
use crate::service::{Nothing, OutsideClient};

/// The 99th percentile of the time that a request takes, of one after the other.
pub(crate) async fn p99(client: &OutsideClient, time: Duration) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < time {
        let before = Instant::now();
        client.nothing(Nothing {}).await?;
        times.push(before.elapsed());
        // Some hundreds in a second: it measures, and is no load of its own.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    times.sort_unstable();
    let last = times.get(times.len() * 99 / 100);
    last.copied()
        .ok_or_else(|| "no request was answered".into())
}

/// Connects again and again, and notes how long the slowest one took.
pub(crate) struct Newcomers {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(usize, Duration), Failure>>,
}

impl Newcomers {
    /// Begins with each of the schemes in turn.
    pub(crate) fn start(server: &ServerProcess, schemes: &[&str]) -> Self {
        let (stop, stopped) = watch::channel(false);
        let authority = server.authority().map(str::to_owned);
        let urls: Vec<String> = schemes.iter().map(|scheme| server.url(scheme, 0)).collect();
        let task = tokio::spawn(async move {
            let (mut count, mut slowest) = (0, Duration::ZERO);
            for url in urls.iter().cycle() {
                if *stopped.borrow() {
                    break;
                }
                let begun = Instant::now();
                let client = builder(authority.as_deref())?.connect(url).await?;
                client.nothing(Nothing {}).await?;
                slowest = slowest.max(begun.elapsed());
                count += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok((count, slowest))
        });
        Self { stop, task }
    }

    /// How many there were, and how long the slowest took to be served.
    pub(crate) async fn stop(self) -> Result<(usize, Duration), Failure> {
        self.stop.send_replace(true);
        self.task.await?
    }
}
