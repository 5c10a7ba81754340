//! Half of very many calls panic; the other half knows nothing of it.

use std::sync::Arc;

use mitto::peer::Statistics;
use mitto::transport::memory::Memory;
use mitto::{CallError, Code, Server};
use mitto_test_targets::random::Random;
use tokio::task::JoinSet;

use super::fuse::{
    Blocking, Blown, Burst, Fuse, FusesClient, FusesServer, Plain, Spawned, Stream, Waiting, Where,
    quiet,
};
use super::times;

/// Callers at once on each connection.
const CALLERS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_fail_their_own_call_over_every_connection() {
    quiet();
    let memory = Memory::new();
    let server = Server::new(FusesServer).transport(memory.clone());
    let listening = server.listen("memory://fuses").await.unwrap();
    let listening = listening.and_listen("ws://127.0.0.1:0").await.unwrap();
    let listening = listening.and_listen("tcp://127.0.0.1:0").await.unwrap();
    let urls: Vec<_> = listening.urls().map(str::to_owned).collect();
    let handle = listening.spawn();
    let calls = times(9_000, 100_000) / urls.len();
    let mut clients = Vec::new();
    for url in &urls {
        let client = FusesClient::builder().transport(memory.clone());
        clients.push(client.connect(url).await.unwrap());
    }
    let mut storms = JoinSet::new();
    for client in clients.clone() {
        storms.spawn(async move { storm(&client, &Where::ALL, calls).await });
    }
    while let Some(storm) = storms.join_next().await {
        storm.expect("it holds");
    }
    // What is cancelled takes its way to the server.
    let both = || {
        let peers = handle.peers().list();
        let ends = clients.iter().map(|client| client.peer().clone());
        ends.chain(peers)
            .map(|peer| peer.statistics())
            .all(|now| now.in_flight + now.running + now.handlers + now.waiting == 0)
    };
    let emptied = async {
        while !both() || handle.running() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let emptied = tokio::time::timeout(std::time::Duration::from_secs(30), emptied).await;
    emptied.expect("nothing is left");
    assert_eq!(handle.peers().len(), urls.len(), "no connection was lost");
    handle.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_fail_their_own_call_in_process() {
    quiet();
    let client = FusesClient::local(FusesServer);
    storm(&client, &Where::IN_PROCESS, times(5_000, 100_000)).await;
    assert_eq!(client.peer().statistics(), Statistics::default());
}

async fn storm(client: &FusesClient, places: &'static [Where], calls: usize) {
    let client = Arc::new(client.clone());
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let client = client.clone();
        callers.spawn(async move {
            let mut random = Random::new(caller as u64);
            for call in 0..calls.div_ceil(2 * CALLERS) {
                let place = places[random.below(places.len())];
                let n = (call * CALLERS + caller) as u32;
                fails(&client, n, place, &mut random).await;
                succeeds(&client, n, &mut random).await;
            }
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller.expect("it holds");
    }
}

type Outcome = Result<Blown, CallError<Burst>>;

async fn call(client: &FusesClient, handler: usize, fuse: Fuse) -> Outcome {
    match handler {
        0 => client.plain(Plain(fuse)).await,
        1 => client.waiting(Waiting(fuse)).await,
        2 => client.spawned(Spawned(fuse)).await,
        3 => client.blocking(Blocking(fuse)).await,
        _ => read(client, Stream(fuse)).await,
    }
}

/// Reads a stream to its end.
async fn read(client: &FusesClient, request: Stream) -> Outcome {
    let answer = !request.0.n;
    let mut stream = client.stream(request).await?;
    let mut last = None;
    while let Some(item) = stream.next().await {
        let item = item?;
        assert_eq!(item.n, answer);
        last = Some(item);
    }
    Ok(last.expect("items before the end"))
}

async fn succeeds(client: &FusesClient, n: u32, random: &mut Random) {
    let fuse = Fuse::new(n, Where::Nowhere);
    let blown = call(client, random.below(5), fuse).await;
    assert_eq!(blown.expect("it does not panic").n, !n);
}

async fn fails(client: &Arc<FusesClient>, n: u32, place: Where, random: &mut Random) {
    if random.one_in(16) {
        return is_given_up(client, n, random).await;
    }
    let handler = random.below(5);
    let fuse = Fuse::new(n, place);
    if place == Where::InTheCaller {
        let client = client.clone();
        let called = tokio::spawn(async move { call(&client, handler, fuse).await.is_ok() });
        assert!(called.await.expect_err("it panics").is_panic());
        return;
    }
    match (place, call(client, handler, fuse).await) {
        (Where::OwnError, Err(CallError::Handler(burst))) => assert_eq!(burst.n, !n),
        (Where::OwnError, Err(CallError::Status(status))) if handler == 4 => {
            assert_eq!(status.code(), Code::Denied);
        }
        // It was sent before it was dropped.
        (Where::InResponse, Ok(blown)) => assert_eq!(blown.n, !n),
        // Plain functions have no such moment, and a stream has its items.
        (_, Err(CallError::Status(status))) => {
            assert_eq!(
                status.code(),
                Code::Internal,
                "{place:?}, {handler}: {status}"
            );
        }
        (place, other) => panic!("{place:?}, {handler}: {other:?}"),
    }
}

/// The caller goes while the handler waits.
async fn is_given_up(client: &FusesClient, n: u32, random: &mut Random) {
    let handler = 1 + random.below(2);
    let turns = async {
        for _ in 0..random.below(8) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = call(client, handler, Fuse::new(n, Where::WhenCancelled)) => {
            panic!("it is never answered: {outcome:?}");
        }
        () = turns => {}
    }
}
