//! Very many requests at once over one WebSocket, in both directions, with timeouts and calls and
//! streams dropped at random points: none is lost, doubled or crossed, and nothing is left behind.
//!
//! `MITTO_STORM=1000000 cargo test --release -p mitto-tests --test it storm -- --nocapture` sends a
//! million; `MITTO_STORM_SEED` takes the seed of a run that failed.

mod caller;
mod service;

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mitto::{Limits, Peer, Server};
use tokio::task::JoinSet;
use tokio::time::timeout;

use caller::{Caller, Tally};
use service::{Ledger, StormApp, StormClient, StormServer};

/// Requests in an ordinary test run, both directions together.
const REQUESTS: u32 = 100_000;
/// What has not ended then stays for good.
const PATIENCE: Duration = Duration::from_secs(60);
/// Callers at each end.
const CALLERS: u32 = 64;
/// Fewer slots than callers, so that some wait for room, and are dropped while they wait.
const IN_FLIGHT: usize = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_over_one_websocket_leaves_nothing_behind() {
    let requests = setting("MITTO_STORM").unwrap_or(REQUESTS);
    let seed: u64 = setting("MITTO_STORM_SEED").unwrap_or_else(rand::random);
    println!("MITTO_STORM={requests} MITTO_STORM_SEED={seed}");
    let begin = Instant::now();
    let ledger = Arc::new(Ledger::new(requests));
    let mut limits = Limits::default();
    limits.in_flight = IN_FLIGHT;
    let server = StormServer::new(ledger.clone());
    let server = Server::new(server).limits(limits.clone());
    let server = server.listen("ws://127.0.0.1:0").await.unwrap();
    let url = server.url().to_owned();
    let server = server.spawn();
    let client: StormClient = StormClient::builder()
        .provide(StormApp::new(ledger.clone()))
        .limits(limits)
        .connect(&url)
        .await
        .unwrap();
    let there = client.peer().clone();
    let back = server
        .peers()
        .list()
        .pop()
        .expect("the client is connected");

    let tally = blow(requests, seed, &ledger, &there, &back).await;
    println!("{tally:?} in {:?}", begin.elapsed());

    ledger.settle().await;
    assert_eq!(server.running(), 0);
    // A connection drains at once when neither end has anything in flight.
    there.drain();
    let drained = timeout(PATIENCE, back.closed()).await;
    drained.expect("nothing is in flight");
    server.shutdown().await;
    drop(client);
}

/// Lets all callers of both ends loose, each with its share of the ids.
async fn blow(requests: u32, seed: u64, ledger: &Arc<Ledger>, there: &Peer, back: &Peer) -> Tally {
    let mut callers = JoinSet::new();
    let mut next = 0;
    for at in 0..2 * CALLERS {
        let end = (u64::from(requests) * u64::from(at + 1) / u64::from(2 * CALLERS)) as u32;
        let (peer, relays) = match at % 2 {
            0 => (there.clone(), true),
            _ => (back.clone(), false),
        };
        let seed = seed.wrapping_add(u64::from(at));
        let caller = Caller::new(peer, relays, next..end, ledger.clone(), seed);
        callers.spawn(caller.run());
        next = end;
    }
    let mut tally = Tally::default();
    while let Some(done) = callers.join_next().await {
        tally.add(&done.expect("no caller fails"));
    }
    tally
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} must be a number")),
    )
}
