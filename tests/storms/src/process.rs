//! A gateway's or worker's process: it reads its settings and then commands from its input, answers each with a
//! line, and ends with its input.

use std::io::{BufRead, stdin};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use mitto::queue::broker::{Broker, Publisher};
use mitto::{Limits, Server, Worker, server, worker};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::kind::Kind;
use crate::ledger::Ledger;
use crate::service::{Log, StormServer, Storms};
use crate::store::FolderStore;
use crate::watched::Watched;

/// What makes this program such a process.
pub(crate) const ARGUMENT: &str = "process";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) role: Role,
    pub(crate) kind: Kind,
    pub(crate) url: String,
    /// Which of the workers it is.
    pub(crate) number: usize,
    pub(crate) node: String,
    /// Without one nothing is written down.
    pub(crate) ledger: Option<PathBuf>,
    /// The folder of the store, for workers that have one.
    pub(crate) store: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Role {
    /// With so many requests in flight at most.
    Gateway { in_flight: usize },
    /// With so many requests at once.
    Worker { concurrency: u16 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Command {
    Look,
    /// Ends in order.
    Shutdown,
}

/// What a process says of itself.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Look {
    /// Requests that run, or wait for their answers.
    pub(crate) running: usize,
    /// Handlers that have begun since the process has.
    pub(crate) runs: u64,
    pub(crate) connected: bool,
}

enum Running {
    Gateway(server::Handle, Publisher),
    Worker(worker::Handle, Arc<AtomicU64>),
}

/// Serves until the input ends.
pub(crate) fn run() -> Result<(), Failure> {
    let mut lines = stdin().lock().lines();
    let settings: Settings = serde_json::from_str(&lines.next().ok_or("no settings")??)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let running = runtime.block_on(start(settings))?;
    match &running {
        Running::Gateway(server, _) => say(&server.url())?,
        Running::Worker(..) => say(&"")?,
    }
    for line in lines {
        match serde_json::from_str(&line?)? {
            Command::Look => say(&running.look())?,
            Command::Shutdown => {
                runtime.block_on(running.shutdown());
                return say(&Look::default());
            }
        }
    }
    Ok(())
}

async fn start(settings: Settings) -> Result<Running, Failure> {
    let ledger = settings.ledger.as_deref().map(Ledger::open).transpose()?;
    let ledger = ledger.map(Arc::new);
    let mut broker = settings.kind.broker(&settings.url, settings.number);
    if let Some(ledger) = &ledger {
        let ledger = ledger.clone();
        broker = Arc::new(Watched { broker, ledger });
    }
    match settings.role {
        Role::Gateway { in_flight } => gateway(&broker, &settings.node, in_flight).await,
        Role::Worker { concurrency } => {
            let log = Log {
                ledger: ledger.clone(),
                runs: Arc::default(),
            };
            let runs = log.runs.clone();
            let mut worker = Worker::new(StormServer { log })
                .node(settings.node)
                .concurrency(concurrency);
            if let (Some(folder), Some(ledger)) = (&settings.store, ledger) {
                worker = worker.deduplicate(FolderStore::new(folder, ledger)?);
            }
            let worker = worker.consume(&broker).await?.spawn();
            worker.resume().await?;
            Ok(Running::Worker(worker, runs))
        }
    }
}

async fn gateway(
    broker: &Arc<dyn Broker>,
    node: &str,
    in_flight: usize,
) -> Result<Running, Failure> {
    let limits = Limits::default().in_flight_process(in_flight);
    let publisher = Publisher::with_limits(broker, &limits).await?;
    let publisher = publisher.to_node(node)?;
    let server = Server::new(Storms::gateway(publisher.clone()))
        .limits(limits)
        .listen("tcp://127.0.0.1:0")
        .await?;
    Ok(Running::Gateway(server.spawn(), publisher))
}

impl Running {
    fn look(&self) -> Look {
        match self {
            Self::Gateway(server, publisher) => Look {
                running: server.running(),
                runs: 0,
                connected: publisher.is_connected(),
            },
            Self::Worker(worker, runs) => Look {
                running: worker.running(),
                runs: runs.load(Relaxed),
                connected: worker.is_connected(),
            },
        }
    }

    async fn shutdown(&self) {
        match self {
            Self::Gateway(server, _) => server.shutdown().await,
            Self::Worker(worker, _) => worker.shutdown().await,
        }
    }
}

fn say(what: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(what)?);
    Ok(())
}
