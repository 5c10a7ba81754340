//! NATS with its own client: `request`, and a responder in a queue group, on a connection each. Calls are bounded and
//! have a deadline, which their tasks have as well: none is run behind it. A task has an id of its own. Both stand
//! before its body, as there they cost least.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use async_nats::ConnectOptions;
use futures_util::StreamExt;
use tokio::sync::Semaphore;

use super::body::{Body, ROOM};
use super::{measured, unix_millis};
use crate::Failure;
use crate::echo::Client;
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

const SUBJECT: &str = "bench.echo";

/// Calls at once, and how long each may take.
const CALLS: usize = 65_536;
const TIMEOUT: Duration = Duration::from_secs(30);

/// Before a task's body: its deadline, the process that it comes from, and its number there.
const HEAD: usize = 24;

pub(super) async fn measure<B: Body>(run: &Run, url: &str) -> Result<Cost, Failure> {
    let responder = async_nats::connect(url).await?;
    let group = "workers".to_owned();
    let mut requests = responder.queue_subscribe(SUBJECT, group).await?;
    responder.flush().await?;
    let answering = tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let answer = answer::<B>(&request.payload)?;
            if let Some(reply) = request.reply {
                responder.publish(reply, answer.into()).await?;
            }
        }
        Ok::<_, Failure>(())
    });
    let options = ConnectOptions::new().request_timeout(Some(TIMEOUT));
    let caller = Caller {
        client: options.connect(url).await?,
        room: Arc::new(Semaphore::new(CALLS)),
        process: u64::from(std::process::id()) << 44 ^ unix_millis(),
        next: Arc::default(),
        body: PhantomData::<B>,
    };
    let load = Load::begin(run)?;
    let cost = measured(&load, senders(&load, &[caller])).await;
    if answering.is_finished() {
        answering.await??;
    } else {
        answering.abort();
    }
    cost
}

fn answer<B: Body>(task: &[u8]) -> Result<Vec<u8>, Failure> {
    let (head, body) = task.split_at_checked(HEAD).ok_or("a task without a head")?;
    let deadline = head.first_chunk().map_or(0, |at| u64::from_be_bytes(*at));
    if deadline <= unix_millis() {
        return Err("a task that is late".into());
    }
    B::decode(body)?.encode()
}

#[derive(Clone)]
struct Caller<B> {
    client: async_nats::Client,
    room: Arc<Semaphore>,
    process: u64,
    next: Arc<AtomicU64>,
    body: PhantomData<B>,
}

impl<B: Body> Client for Caller<B> {
    type Message = B;

    async fn echo(&mut self, message: B) -> Result<B, Failure> {
        let _room = self.room.acquire().await?;
        let number = self.next.fetch_add(1, Relaxed);
        let deadline = unix_millis() + TIMEOUT.as_millis() as u64;
        let mut task = Vec::with_capacity(HEAD + ROOM);
        for part in [deadline, self.process, number] {
            task.extend_from_slice(&part.to_be_bytes());
        }
        message.write(&mut task)?;
        let answer = self.client.request(SUBJECT, task.into()).await?;
        B::decode(&answer.payload)
    }
}
