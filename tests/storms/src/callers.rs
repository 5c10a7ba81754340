//! Callers who keep on asking, and what became of what they have asked.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mitto::{Code, Status};
use tokio::task::JoinSet;

use crate::Failure;
use crate::ledger::now;
use crate::service::{Charge, Note, Put, StormClient};
use crate::watched::KEY;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Put,
    Charge,
    Note,
}

/// A request and its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) key: u64,
    pub(crate) what: What,
    /// `Ok` for a notification that was sent.
    pub(crate) end: Result<(), Code>,
    /// When it ended, in microseconds since 1970.
    pub(crate) ended: u64,
    /// Its deadline, in the same.
    pub(crate) deadline: u64,
    /// How long its caller has waited behind its deadline.
    pub(crate) late: Duration,
}

/// How callers ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) timeout: Duration,
    /// The longest work of a handler, in milliseconds. Each has a random part of it.
    pub(crate) work: u64,
    /// A pause behind each request.
    pub(crate) pause: Duration,
}

/// Callers, each with one request at a time.
pub(crate) struct Callers {
    shared: Arc<Shared>,
    asking: JoinSet<()>,
}

struct Shared {
    keys: AtomicU64,
    asked: Mutex<Vec<Asked>>,
    ends: AtomicBool,
}

impl Callers {
    /// So many, who take turns with what they ask for.
    pub(crate) fn start(client: &StormClient, count: usize, manner: Manner) -> Self {
        let shared = Arc::new(Shared {
            keys: AtomicU64::new(1),
            asked: Mutex::default(),
            ends: AtomicBool::new(false),
        });
        let mut asking = JoinSet::new();
        for _ in 0..count {
            let (client, shared) = (client.clone(), shared.clone());
            asking.spawn(async move {
                while !shared.ends.load(Relaxed) {
                    let key = shared.keys.fetch_add(1, Relaxed);
                    let what = [What::Put, What::Charge, What::Note][(key % 3) as usize];
                    let work = rand::random_range(0..=manner.work);
                    let asked = ask(&client, what, key, work, manner.timeout).await;
                    shared.asked().push(asked);
                    tokio::time::sleep(manner.pause).await;
                }
            });
        }
        Self { shared, asking }
    }

    /// The time of the first success from then on, in microseconds since 1970.
    pub(crate) fn success_since(&self, then: u64) -> Option<u64> {
        let asked = self.shared.asked();
        let good = asked
            .iter()
            .filter(|asked| asked.end.is_ok() && asked.what != What::Note && asked.ended >= then);
        good.map(|asked| asked.ended).min()
    }

    /// Lets all finish, and gives what they have asked.
    pub(crate) async fn finish(mut self) -> Result<Vec<Asked>, Failure> {
        self.shared.ends.store(true, Relaxed);
        while let Some(ended) = self.asking.join_next().await {
            ended?;
        }
        Ok(std::mem::take(&mut *self.shared.asked()))
    }
}

impl Shared {
    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for one thing.
pub(crate) async fn ask(
    client: &StormClient,
    what: What,
    key: u64,
    work: u64,
    timeout: Duration,
) -> Asked {
    let begun = Instant::now();
    let deadline = now() + timeout.as_micros() as u64;
    let end = ask_for(client, what, key, work, timeout).await;
    Asked {
        key,
        what,
        end: end.map_err(|status| status.code()),
        ended: now(),
        deadline,
        late: begun.elapsed().saturating_sub(timeout),
    }
}

/// The same, with the words of a failure.
pub(crate) async fn ask_for(
    client: &StormClient,
    what: What,
    key: u64,
    work: u64,
    timeout: Duration,
) -> Result<(), Status> {
    let text = key.to_string();
    let answer = match what {
        What::Put => {
            let call = client.put(Put { key, work }).timeout(timeout);
            call.metadata(KEY, text).await?
        }
        What::Charge => {
            let call = client.charge(Charge { key, work }).timeout(timeout);
            call.metadata(KEY, text).await?
        }
        What::Note => {
            let call = client.note(Note { key, work }).timeout(timeout);
            return call.metadata(KEY, text).await;
        }
    };
    match answer == key {
        true => Ok(()),
        false => Err(Status::internal("an answer to another request")),
    }
}
