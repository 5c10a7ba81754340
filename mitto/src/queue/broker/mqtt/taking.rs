//! Taking work from a node, taking none, and handing on what is for others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rumqttc::{Publish, QoS};

use super::connect::Hello;
use super::connection::{Reason, Waits};
use super::held::Id;
use super::link::Link;
use super::message::{self, ATTEMPTS};
use super::shared::{ANSWER, Shared, subscription};
use super::work::Work;
use super::{dead, topic};
use crate::escaped::Escaped;
use crate::queue::broker::wire::Place;
use crate::queue::broker::{BrokerError, Node, Parcel, ParcelKind, SendError, Settled};
use crate::runtime::{Instant, later, sleep_until, timeout};
use crate::status::{Code, Status};

/// The most dead letters that one worker leaves.
const MOST_LETTERS: usize = 1024;

/// How long a task waits that nobody else takes, until it is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// Takes work from a node, never more than `most` tasks.
pub(super) async fn take_work(
    shared: &Arc<Shared>,
    node: &Node,
    most: u16,
) -> Result<(), BrokerError> {
    let _one_at_a_time = shared.setup.lock().await;
    let ready = shared.link.ready().await;
    ready.map_err(|error| shared.refused(error))?;
    let work = match shared.work(node) {
        Some(work) => work,
        None => begin(shared, node).await?,
    };
    if most == 0 {
        pause(shared, &work).await;
        return Ok(());
    }
    let link = work.link().clone();
    work.holding().most = usize::from(most);
    let Some(link) = link else {
        return connect(shared, &work, most).await;
    };
    let was_paused = work.passes.swap(false, Ordering::AcqRel);
    // Who hands tasks on has nothing more to do.
    work.changed.send_modify(|changed| *changed += 1);
    if work.widens(most) {
        let renewed = link.renew(most).await;
        renewed.map_err(|error| shared.refused(error))?;
    }
    if was_paused {
        let subscribed = link.subscribe(subscription(topic::share(node))).await;
        subscribed.map_err(|error| shared.refused(error))?;
    }
    work.give();
    Ok(())
}

/// Listens to what the workers of a node are told. Takes nothing yet: where nobody takes, MQTT has no queue.
async fn begin(shared: &Arc<Shared>, node: &Node) -> Result<Arc<Work>, BrokerError> {
    let told = subscription(topic::workers(node));
    let told = shared.link.subscribe(told).await;
    told.map_err(|error| shared.refused(error))?;
    let session = shared.mqtt.session.as_ref();
    let slot = session.map(|session| shared.mqtt.names.take(session, node));
    let mut works = shared.works();
    let number = works.iter().map(|work| work.number + 1).max();
    let work = Work::new(
        node.clone(),
        number.unwrap_or(0),
        slot,
        shared.inbound.clone(),
    );
    let work = Arc::new(work);
    works.push(work.clone());
    Ok(work)
}

async fn connect(shared: &Arc<Shared>, work: &Arc<Work>, most: u16) -> Result<(), BrokerError> {
    let expiry = shared.mqtt.session_expiry.as_secs();
    let hello = Hello {
        client: match &work.slot {
            Some(slot) => slot.client.clone(),
            None => topic::client("work"),
        },
        // mosquitto 2.0 keeps on disk what did not begin anew only, even where there was nothing before.
        clean: false,
        expiry: u32::try_from(expiry).unwrap_or(u32::MAX),
        most,
    };
    let filters = vec![
        subscription(topic::share(&work.node)),
        subscription(&work.last),
    ];
    let door = shared.link.door.clone();
    let (link, task) = Link::open(door, hello, filters, work.clone()).await?;
    shared.keep(task);
    *work.link() = Some(link);
    work.widens(most);
    Ok(())
}

/// Takes nothing more. What waits here goes to other workers, if the session is not kept for this one.
async fn pause(shared: &Arc<Shared>, work: &Arc<Work>) {
    work.holding().most = 0;
    let link = work.link().clone();
    let (Some(link), None) = (link, &work.slot) else {
        return;
    };
    if work.passes.swap(true, Ordering::AcqRel) {
        return;
    }
    let unsubscribed = link.unsubscribe(&topic::share(&work.node));
    let _ = timeout(ANSWER, unsubscribed).await;
    shared.spawn(pass(shared.clone(), work.clone()));
}

/// Hands on what comes, as long as it is for others.
async fn pass(shared: Arc<Shared>, work: Arc<Work>) {
    let mut changed = work.changed.subscribe();
    let passes = || work.passes.load(Ordering::Acquire) && !shared.closing.load(Ordering::Acquire);
    while passes() {
        changed.borrow_and_update();
        let next = work.holding().leave(false);
        let Some((id, task, attempt)) = next else {
            if changed.changed().await.is_err() {
                return;
            }
            continue;
        };
        match hand_on(&shared, &work.node, &task, attempt).await {
            Ok(()) => work.finish(id),
            Err(_) => {
                work.stays(id);
                sleep_until(later(Instant::now(), AGAIN)).await;
            }
        }
    }
}

/// Says what became of a delivery.
pub(super) fn settle(shared: &Arc<Shared>, work: &Arc<Work>, id: Id, settled: Settled) {
    let Some((task, attempt)) = work.holding().take(id) else {
        return;
    };
    let to = shared.clone();
    match settled {
        Settled::Done => work.done(id, &task),
        Settled::GiveBack => shared.spawn({
            let work = work.clone();
            async move {
                match hand_on(&to, &work.node, &task, attempt).await {
                    Ok(()) => work.finish(id),
                    Err(_) => work.stays(id),
                }
            }
        }),
        Settled::Dead(reason) => shared.spawn({
            let work = work.clone();
            async move {
                bury(&to, &work, &task, attempt, &reason).await;
                work.finish(id);
            }
        }),
    }
    work.give();
}

/// Puts a task into the queue of its node again.
async fn hand_on(
    shared: &Shared,
    node: &Node,
    task: &Publish,
    mut attempt: u32,
) -> Result<(), Reason> {
    loop {
        let attempts = (attempt > 1).then(|| attempt.to_string());
        let again = message::again(task, topic::tasks(node), &[(ATTEMPTS, attempts)]);
        match shared.link.confirmed(again).await {
            Ok(told) => return told,
            // Another worker may have it by now.
            Err(SendError::Lost) => attempt = attempt.saturating_add(1),
            Err(error) => return Err(Reason::Refused(error.to_string())),
        }
    }
}

/// Makes a dead letter of a task, and takes away the oldest one of this worker when it has left too many.
async fn bury(shared: &Shared, work: &Work, task: &Publish, attempt: u32, reason: &str) {
    let node = &work.node;
    let key = match dead::bury(shared, node, task, attempt, reason).await {
        Ok(key) => key,
        Err(error) => {
            let (reason, error) = (Escaped(reason), Escaped(error));
            tracing::error!(%node, %reason, %error, "a dead letter could not be kept, it is lost");
            return;
        }
    };
    let oldest = {
        let mut letters = work.letters();
        letters.push_back(key);
        match letters.len() > MOST_LETTERS {
            true => letters.pop_front(),
            false => None,
        }
    };
    if let Some(oldest) = oldest {
        tracing::warn!(%node, "a worker has left too many dead letters, its oldest one is dropped");
        if let Err(error) = dead::clear(shared, node, &oldest).await {
            tracing::warn!(%node, error = %Escaped(error), "a dead letter could not be dropped");
        }
    }
}

/// Ends the work of a node: what is not settled goes to other workers, or waits for this one's session.
pub(super) async fn end(shared: &Arc<Shared>, work: &Arc<Work>) {
    work.holding().most = 0;
    let Some(link) = work.link().clone() else {
        return;
    };
    if work.slot.is_some() {
        let _ = timeout(ANSWER, link.end(None)).await;
        return;
    }
    work.passes.store(true, Ordering::Release);
    let _ = timeout(ANSWER, leave(shared, work, &link)).await;
    if !work.holding().is_empty() {
        let node = &work.node;
        tracing::warn!(%node, "the work of a node has ended with tasks that could not be handed on");
    }
    let _ = timeout(ANSWER, link.end(Some(0))).await;
}

async fn leave(shared: &Arc<Shared>, work: &Arc<Work>, link: &Link) {
    let mut changed = work.changed.subscribe();
    link.unsubscribe(&topic::share(&work.node)).await;
    // It comes behind all that the broker has for this session.
    let last = Publish::new(&*work.last, QoS::AtLeastOnce, "", None);
    let _ = link.send(last, Waits::Nobody).await;
    loop {
        changed.borrow_and_update();
        let next = work.holding().leave(true);
        if let Some((id, task, attempt)) = next {
            if hand_on(shared, &work.node, &task, attempt).await.is_err() {
                refuse(shared, work, &task, attempt).await;
            }
            work.finish(id);
            continue;
        }
        let all_came = work.last_came.load(Ordering::Acquire);
        if all_came && work.holding().is_empty() || changed.changed().await.is_err() {
            return;
        }
    }
}

/// Tells the sender of a task that no worker takes it any more. What nobody waits for becomes a dead letter.
async fn refuse(shared: &Shared, work: &Work, task: &Publish, attempt: u32) {
    const NO_MORE: &str = "no worker takes this any more";
    let inbound = &shared.inbound;
    let parcel = message::read(task, Place::Queue, inbound.key.as_ref(), &inbound.limits);
    if let Ok(Parcel {
        reply_to: Some(reply_to),
        correlation,
        ..
    }) = parcel
    {
        let status = ParcelKind::Status(Status::new(Code::Unavailable, NO_MORE));
        let sent = shared
            .send(reply_to, Parcel::new(status, correlation))
            .await;
        if sent.is_ok() {
            return;
        }
    }
    bury(shared, work, task, attempt, NO_MORE).await;
}
