//! Requests over connections.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mitto::transport::memory::Memory;
use mitto::{Server, Status};
use tokio::task::JoinSet;

use crate::echo::{BenchClient, BenchServer, Echo};
use crate::measure::{Cost, Snapshot};
use crate::options::{Options, Transport};

const WARM_UP: Duration = Duration::from_millis(150);
const HEAD: &str = "\
| transport | format | shape | threads | payload | requests/s | CPU us/request | allocations/request | \
context switches/request |
| --- | --- | --- | --: | --: | --: | --: | --: | --: |";

/// What the tasks that send have in common.
#[derive(Default)]
struct Shared {
    answered: AtomicU64,
    stop: AtomicBool,
}

pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let clients = connect(options).await?;
    let shared = Arc::new(Shared::default());
    let before = Snapshot::take()?;
    let mut senders = JoinSet::new();
    let all = options.connections * options.in_flight;
    for slot in 0..all {
        let client = clients[slot % options.connections].clone();
        let share = options
            .count
            .map(|count| count / all + usize::from(slot < count % all));
        senders.spawn(send(client, options.payload, share, shared.clone()));
    }
    let mut rounds = Vec::new();
    if options.count.is_none() {
        tokio::time::sleep(WARM_UP).await;
        for _ in 0..options.rounds {
            let (before, answered) = (Snapshot::take()?, shared.answered.load(Relaxed));
            tokio::time::sleep(options.round).await;
            let answered = shared.answered.load(Relaxed) - answered;
            rounds.push(before.cost(&Snapshot::take()?, answered));
        }
        shared.stop.store(true, Relaxed);
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    if rounds.is_empty() {
        rounds.push(before.cost(&Snapshot::take()?, shared.answered.load(Relaxed)));
    }
    print(options, &Cost::median(&rounds));
    Ok(())
}

async fn connect(options: &Options) -> Result<Vec<BenchClient>, Box<dyn Error>> {
    let memory = Memory::new();
    let url = match options.transport {
        Transport::WebSocket => "ws://127.0.0.1:0".to_owned(),
        Transport::Tcp => "tcp://127.0.0.1:0".to_owned(),
        Transport::Unix => {
            let name = format!("mitto-bench-{}", std::process::id());
            format!("unix://{}", std::env::temp_dir().join(name).display())
        }
        Transport::Memory => "memory://bench".to_owned(),
    };
    let server = Server::new(BenchServer).transport(memory.clone());
    let server = server.listen(&url).await?;
    let url = server.url().to_owned();
    server.spawn();
    let mut clients = Vec::new();
    for _ in 0..options.connections {
        let builder = BenchClient::builder()
            .transport(memory.clone())
            .format(options.format);
        let builder = match options.json_rpc {
            true => builder.json_rpc(),
            false => builder,
        };
        clients.push(builder.connect(&url).await?);
    }
    Ok(clients)
}

/// One request in flight, again and again.
async fn send(
    client: BenchClient,
    payload: usize,
    mut share: Option<usize>,
    shared: Arc<Shared>,
) -> Result<(), Status> {
    let mut id = 0;
    let message = Echo {
        id,
        name: "n".repeat(16),
        payload: "p".repeat(payload),
    };
    while share != Some(0) && !shared.stop.load(Relaxed) {
        id += 1;
        let sent = Echo {
            id,
            ..message.clone()
        };
        let back = client.echo(sent).await?;
        assert_eq!((back.id, back.payload.len()), (id, payload));
        shared.answered.fetch_add(1, Relaxed);
        share = share.map(|left| left - 1);
    }
    Ok(())
}

fn print(options: &Options, cost: &Cost) {
    if !options.bare {
        println!("{HEAD}");
    }
    println!(
        "| {} | {}{} | {}x{} | {} | {} | {cost} |",
        options.transport.name(),
        if options.json_rpc { "JSON-RPC, " } else { "" },
        options.format,
        options.connections,
        options.in_flight,
        options.threads,
        options.payload,
    );
}
