//! Keeps clients busy, and measures meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::task::JoinSet;

use crate::Failure;
use crate::cell::Cell;
use crate::echo::{Client, Message};
use crate::measure::{Cost, Snapshot};
use crate::options::Run;

/// What the tasks that ask have in common.
pub(crate) struct Load {
    run: Run,
    begun: Snapshot,
    /// A place for each slot, so that threads do not fight for one.
    answered: Vec<AtomicU64>,
    warm: AtomicBool,
    stop: AtomicBool,
    /// Nanoseconds.
    latencies: Mutex<Vec<u32>>,
}

/// One request in flight, again and again; or the window of a raw connection.
pub(crate) struct Slot {
    load: Arc<Load>,
    index: usize,
    /// So many requests are left, of a fixed number.
    share: Option<u64>,
    sent: u64,
    done: u64,
    /// One call of so many is timed.
    every: u64,
    latencies: Vec<u32>,
}

impl Load {
    /// To be called when all is connected, and before anything is asked.
    pub(crate) fn begin(run: &Run) -> Result<Arc<Self>, Failure> {
        let slots = run.cell.load.connections * run.cell.load.in_flight;
        Ok(Arc::new(Self {
            run: *run,
            answered: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            warm: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            latencies: Mutex::default(),
            begun: Snapshot::take()?,
        }))
    }

    pub(crate) fn cell(&self) -> &Cell {
        &self.run.cell
    }

    /// The work, in so many parts; no more than requests in flight.
    pub(crate) fn slots(self: &Arc<Self>, count: usize) -> Vec<Slot> {
        let parts = count as u64;
        let share = |index| {
            let all = self.run.count?;
            Some(all / parts + u64::from(index < all % parts))
        };
        let alone = self.answered.len() == 1;
        (0..count)
            .map(|index| Slot {
                load: self.clone(),
                index,
                share: share(index as u64),
                sent: 0,
                done: 0,
                every: if alone { 1 } else { 8 },
                latencies: Vec::new(),
            })
            .collect()
    }

    /// What a request costs, while `tasks` ask; they end with it.
    pub(crate) async fn measure(
        &self,
        mut tasks: JoinSet<Result<(), Failure>>,
    ) -> Result<Cost, Failure> {
        let mut rounds = Vec::new();
        if self.run.count.is_none() {
            self.pass(self.run.warm_up, &mut tasks).await?;
            self.warm.store(true, Relaxed);
            for _ in 0..self.run.rounds {
                let (before, answered) = (Snapshot::take()?, self.answered());
                self.pass(self.run.round, &mut tasks).await?;
                let answered = self.answered() - answered;
                rounds.push(before.cost(&Snapshot::take()?, answered));
            }
            self.warm.store(false, Relaxed);
            self.stop.store(true, Relaxed);
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        if rounds.is_empty() {
            rounds.push(self.begun.cost(&Snapshot::take()?, self.answered()));
        }
        let mut latencies = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(Cost::median(&rounds).with_latencies(&mut latencies))
    }

    /// Lets time pass; a task that ends meanwhile has failed.
    async fn pass(
        &self,
        time: std::time::Duration,
        tasks: &mut JoinSet<Result<(), Failure>>,
    ) -> Result<(), Failure> {
        tokio::select! {
            Some(ended) = tasks.join_next() => {
                ended??;
                Err("a task has ended early".into())
            }
            () = tokio::time::sleep(time) => Ok(()),
        }
    }

    fn answered(&self) -> u64 {
        self.answered.iter().map(|slot| slot.load(Relaxed)).sum()
    }
}

impl Slot {
    /// The number of the next request, unless it is time to stop.
    pub(crate) fn next(&mut self) -> Option<u64> {
        if self.share == Some(self.sent) || self.load.stop.load(Relaxed) {
            return None;
        }
        self.sent += 1;
        Some(self.sent)
    }

    /// The time before a request, when it is one of those that are timed.
    pub(crate) fn start(&self) -> Option<Instant> {
        self.sent.is_multiple_of(self.every).then(Instant::now)
    }

    /// Takes note of an answer.
    pub(crate) fn answered(&mut self, start: Option<Instant>) {
        if let Some(start) = start
            && self.load.warm.load(Relaxed)
        {
            let nanoseconds = start.elapsed().as_nanos();
            self.latencies
                .push(u32::try_from(nanoseconds).unwrap_or(u32::MAX));
        }
        self.done += 1;
        self.load.answered[self.index].store(self.done, Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let all = &self.load.latencies;
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut self.latencies);
    }
}

/// What asks, for every slot of every connection.
pub(crate) fn senders<C: Client>(
    load: &Arc<Load>,
    clients: &[C],
) -> Vec<impl Future<Output = Result<(), Failure>> + use<C>> {
    let in_flight = load.cell().load.in_flight;
    let payload = load.cell().load.payload;
    load.slots(clients.len() * in_flight)
        .into_iter()
        .enumerate()
        .map(|(index, slot)| sender(clients[index / in_flight].clone(), payload, slot))
        .collect()
}

async fn sender<C: Client>(mut client: C, payload: usize, mut slot: Slot) -> Result<(), Failure> {
    let mut message = C::Message::new(0, "n".repeat(16), "p".repeat(payload));
    while let Some(id) = slot.next() {
        message.set_id(id);
        let start = slot.start();
        let back = client.echo(message.clone()).await?;
        slot.answered(start);
        assert_eq!(back.seen(), (id, 16, payload), "not the answer to it");
        if id == 1 {
            assert_eq!(back, message);
        }
    }
    Ok(())
}
