//! A broker's server, a gateway and workers, each in a process of its own, and a client here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mitto::queue::broker::{Broker, DeadLetters, Parcel};

use crate::Failure;
use crate::callers::Asked;
use crate::child::Child;
use crate::kind::{Kind, Server};
use crate::ledger;
use crate::process::{Role, Settings};
use crate::service::StormClient;
use crate::store;
use crate::verdict::{Excuses, Verdict};
use crate::watched::key;

/// The node whose work it is.
pub(crate) const NODE: &str = "storms/node";

/// How long the broker may take to have nothing left.
const DRAINING: Duration = Duration::from_secs(60);

/// How a site is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) workers: usize,
    pub(crate) concurrency: u16,
    /// Requests in flight at the gateway.
    pub(crate) in_flight: usize,
    /// Whether the workers share a store.
    pub(crate) store: bool,
    /// Whether all is written down.
    pub(crate) ledger: bool,
    /// How often ends and broker say that they are there, in seconds, where it is not the usual.
    pub(crate) heartbeat: Option<u64>,
}

pub(crate) struct Site {
    plan: Plan,
    pub(crate) server: Server,
    pub(crate) gateway: Child,
    pub(crate) workers: Vec<Child>,
    pub(crate) client: StormClient,
    pub(crate) excuses: Excuses,
    folder: Folder,
}

/// Removed when it is dropped.
struct Folder(PathBuf);

impl Site {
    pub(crate) async fn start(plan: Plan) -> Result<Self, Failure> {
        let name = format!("mitto-storms-{:016x}", rand::random::<u64>());
        let folder = Folder(std::env::temp_dir().join(name));
        std::fs::create_dir(&folder.0)?;
        let server = plan.kind.start().await?;
        let in_flight = plan.in_flight;
        let mut workers = Vec::new();
        for number in 0..plan.workers {
            workers.push(worker(plan, number, &server, &folder).await?);
        }
        let settings = settings(Role::Gateway { in_flight }, 0, plan, &server, &folder);
        let gateway = Child::start(&settings).await?;
        let client = StormClient::builder().connect(&gateway.url).await?;
        Ok(Self {
            plan,
            server,
            gateway,
            workers,
            client,
            excuses: Excuses::default(),
            folder,
        })
    }

    /// Another client.
    pub(crate) async fn connect(&self) -> Result<StormClient, Failure> {
        Ok(StormClient::builder().connect(&self.gateway.url).await?)
    }

    /// What the gateway and the workers are connected to.
    pub(crate) fn broker(&self) -> Arc<dyn Broker> {
        self.plan.kind.broker(&self.server.url(None), 0)
    }

    /// Another worker in the place of the one with this number.
    pub(crate) async fn worker(&self, number: usize) -> Result<Child, Failure> {
        worker(self.plan, number, &self.server, &self.folder).await
    }

    /// What became of what was asked.
    pub(crate) async fn verdict(&self, asked: &[Asked]) -> Result<Verdict, Failure> {
        let ledger = ledger::read(&self.folder.0.join("ledger"))?;
        let begun = store::begun(&self.folder.0.join("store"))?;
        let begun = begun.iter().filter_map(|id| ledger.keys.get(id).copied());
        let dead = self.dead().await?;
        Ok(Verdict::of(asked, &ledger.all, begun, &dead, &self.excuses))
    }

    /// The keys of the dead letters.
    pub(crate) async fn dead(&self) -> Result<Vec<u64>, Failure> {
        let letters = DeadLetters::open(&self.broker(), NODE).await?;
        let letters = letters.list(1_000_000).await?;
        let keys = letters.iter().map(|letter| {
            let task = letter.parcel.as_ref().ok().and_then(Parcel::task);
            task.and_then(key)
        });
        keys.collect::<Option<_>>()
            .ok_or_else(|| "a dead letter that nobody has sent".into())
    }

    /// Waits until nothing runs and the broker has nothing to do. What it has left: waiting, and unsettled.
    pub(crate) async fn drained(&mut self) -> Result<(u64, u64), Failure> {
        let begun = Instant::now();
        let draining = DRAINING + self.plan.kind.lingers();
        loop {
            let mut running = self.gateway.look().await?.running;
            for worker in &mut self.workers {
                running += worker.look().await?.running;
            }
            let left = match running {
                0 => self.server.left(self.plan.kind).await?,
                running => (0, running as u64),
            };
            if left == (0, 0) || begun.elapsed() > draining {
                return Ok(left);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn worker(
    plan: Plan,
    number: usize,
    server: &Server,
    folder: &Folder,
) -> Result<Child, Failure> {
    let concurrency = plan.concurrency;
    Child::start(&settings(
        Role::Worker { concurrency },
        number,
        plan,
        server,
        folder,
    ))
    .await
}

fn settings(role: Role, number: usize, plan: Plan, server: &Server, folder: &Folder) -> Settings {
    Settings {
        role,
        kind: plan.kind,
        url: server.url(plan.heartbeat),
        number,
        node: NODE.to_owned(),
        ledger: plan.ledger.then(|| folder.0.join("ledger")),
        store: plan.store.then(|| folder.0.join("store")),
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
