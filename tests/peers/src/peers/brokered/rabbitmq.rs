//! RabbitMQ with lapin, with the same guarantees: a quorum queue, publisher confirms, `mandatory`, acknowledgements
//! by hand once the answer is published, a durable inbox, and connections that publish apart from those that consume.
//! A call has a deadline, which its task has as well: none is run behind it, nor a second time. A task has an id of its
//! own. Calls are bounded, and one that is dropped leaves nothing behind.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::body::Body;
use super::{measured, unix_millis};
use crate::Failure;
use crate::echo::Client;
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

const QUEUE: &str = "bench.echo";
const INBOX: &str = "bench.inbox";

/// Tasks that a worker has at once, as mitto's does.
const PREFETCH: u16 = 64;
/// Answers that wait in the caller.
const ANSWERS: u16 = 1024;
/// Calls at once, and how long each may take.
const CALLS: usize = 65_536;
const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn measure<B: Body>(run: &Run, url: &str, batches: bool) -> Result<Cost, Failure> {
    let tasks = consumer(url, QUEUE, "quorum", PREFETCH).await?;
    let publishing = channel(url).await?;
    let answering = tokio::spawn(async move {
        match batches {
            true => answer_in_batches::<B>(tasks, publishing).await,
            false => answer_one_by_one::<B>(tasks, publishing).await,
        }
    });
    let answers = consumer(url, INBOX, "classic", ANSWERS).await?;
    let channel = channel(url).await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let caller = Caller {
        channel: channel.clone(),
        room: Arc::new(Semaphore::new(CALLS)),
        ids: format!("{:x}-{:x}", std::process::id(), unix_millis()).into(),
        waiting: Arc::default(),
        next: Arc::default(),
        body: PhantomData::<B>,
    };
    let waiting = caller.waiting.clone();
    let receiving = tokio::spawn(async move { receive(answers, &waiting, batches).await });
    let load = Load::begin(run)?;
    let cost = measured(&load, senders(&load, &[caller])).await;
    if answering.is_finished() {
        answering.await??;
    } else {
        answering.abort();
        receiving.abort();
    }
    for queue in [QUEUE, INBOX] {
        let options = QueueDeleteOptions::default();
        channel.queue_delete(queue.into(), options).await?;
    }
    cost
}

async fn channel(url: &str) -> Result<Channel, Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    Ok(connection.create_channel().await?)
}

async fn consumer(url: &str, queue: &str, kind: &str, most: u16) -> Result<Consumer, Failure> {
    let channel = channel(url).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(kind.into()));
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(queue.into(), options, arguments)
        .await?;
    channel.basic_qos(most, BasicQosOptions::default()).await?;
    let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = channel
        .basic_consume(queue.into(), "".into(), options, table)
        .await?;
    Ok(consumer)
}

/// Answers what has come, and acknowledges it with one frame.
async fn answer_in_batches<B: Body>(
    mut tasks: Consumer,
    publishing: Channel,
) -> Result<(), Failure> {
    while let Some(task) = tasks.try_next().await? {
        let mut batch = vec![task];
        while let Some(task) = tasks.next().now_or_never().flatten() {
            batch.push(task?);
        }
        let answers = batch.iter().map(|task| answer::<B>(task, &publishing));
        try_join_all(answers).await?;
        if let Some(last) = batch.last() {
            last.ack(BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}

async fn answer_one_by_one<B: Body>(tasks: Consumer, publishing: Channel) -> Result<(), Failure> {
    let most = usize::from(PREFETCH);
    let each = async |task: Delivery| {
        answer::<B>(&task, &publishing).await?;
        task.ack(BasicAckOptions::default()).await?;
        Ok(())
    };
    let tasks = tasks.map_err(Failure::from);
    tasks.try_for_each_concurrent(most, each).await
}

async fn answer<B: Body>(task: &Delivery, publishing: &Channel) -> Result<(), Failure> {
    let deadline = task.properties.timestamp().unwrap_or_default();
    if task.redelivered || deadline <= unix_millis() {
        return Err("a task that is late, or that somebody has had".into());
    }
    let body = B::decode(&task.data)?.encode()?;
    let (Some(to), Some(correlation)) =
        (task.properties.reply_to(), task.properties.correlation_id())
    else {
        return Err("a task without a reply place".into());
    };
    let properties = BasicProperties::default()
        .with_content_type(B::CONTENT_TYPE.into())
        .with_correlation_id(correlation.clone());
    publish(publishing, to.clone(), &body, properties).await?;
    Ok(())
}

async fn publish(
    channel: &Channel,
    queue: ShortString,
    body: &[u8],
    properties: BasicProperties,
) -> lapin::Result<lapin::PublisherConfirm> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    channel
        .basic_publish("".into(), queue, options, body, properties)
        .await
}

type Table = HashMap<u64, oneshot::Sender<Vec<u8>>>;
type Waiting = Mutex<Table>;

fn locked(waiting: &Waiting) -> MutexGuard<'_, Table> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands the answers out.
async fn receive(mut answers: Consumer, waiting: &Waiting, batches: bool) -> Result<(), Failure> {
    while let Some(first) = answers.try_next().await? {
        let mut last = first;
        hand_out(&mut last, waiting)?;
        while batches && let Some(next) = answers.next().now_or_never().flatten() {
            last = next?;
            hand_out(&mut last, waiting)?;
        }
        last.ack(BasicAckOptions { multiple: batches }).await?;
    }
    Ok(())
}

fn hand_out(answer: &mut Delivery, waiting: &Waiting) -> Result<(), Failure> {
    let correlation = answer.properties.correlation_id().as_ref();
    let correlation = correlation.ok_or("an answer without a correlation")?;
    let number = correlation.as_str().parse()?;
    let waits = locked(waiting).remove(&number);
    if let Some(waits) = waits {
        let _ = waits.send(std::mem::take(&mut answer.data));
    }
    Ok(())
}

#[derive(Clone)]
struct Caller<B> {
    channel: Channel,
    room: Arc<Semaphore>,
    /// What the ids of tasks begin with.
    ids: Arc<str>,
    waiting: Arc<Waiting>,
    next: Arc<AtomicU64>,
    body: PhantomData<B>,
}

impl<B: Body> Client for Caller<B> {
    type Message = B;

    async fn echo(&mut self, message: B) -> Result<B, Failure> {
        timeout(TIMEOUT, self.call(&message)).await?
    }
}

impl<B: Body> Caller<B> {
    async fn call(&self, message: &B) -> Result<B, Failure> {
        let _room = self.room.acquire().await?;
        let body = message.encode()?;
        let number = self.next.fetch_add(1, Relaxed);
        let (tell, answer) = oneshot::channel();
        locked(&self.waiting).insert(number, tell);
        let _left = Waits(&self.waiting, number);
        let properties = BasicProperties::default()
            .with_content_type(B::CONTENT_TYPE.into())
            .with_correlation_id(number.to_string().into())
            .with_message_id(format!("{}-{number}", self.ids).into())
            .with_reply_to(INBOX.into())
            .with_timestamp(unix_millis() + TIMEOUT.as_millis() as u64)
            .with_delivery_mode(2);
        let confirm = publish(&self.channel, QUEUE.into(), &body, properties).await?;
        let confirmed = confirm.await?;
        if !confirmed.is_ack() || confirmed.take_message().is_some() {
            return Err("a task was not taken".into());
        }
        B::decode(&answer.await?)
    }
}

/// A call that waits. Dropped, it does so no more.
struct Waits<'a>(&'a Waiting, u64);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        locked(self.0).remove(&self.1);
    }
}
