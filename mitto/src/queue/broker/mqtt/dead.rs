//! Dead letters: messages that the broker retains, each at a topic of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rumqttc::{Publish, QoS, SubscribeFilter};

use super::connection::Reason;
use super::message::{self, ATTEMPTS, REASON};
use super::shared::{ANSWER, Shared};
use super::topic;
use crate::queue::broker::wire::{self, Place};
use crate::queue::broker::{BrokerError, DeadLetter, Node, SendError};
use crate::runtime::{Instant, later, sleep_until, timeout};

/// Says of a letter that its body was empty.
const EMPTY: &str = "mitto-empty";

/// How long a letter is kept, in seconds: 7 days.
const KEPT: u32 = 7 * 24 * 60 * 60;

/// The most characters of a reason.
const REASON_LONGEST: usize = 4096;

/// How long nothing has to come until all letters are thought to be there: not every broker sends them before
/// what was sent behind.
const QUIET: Duration = Duration::from_millis(100);

/// The letters of a node that have come so far: the oldest ones.
pub(super) struct Collection {
    /// What their topics begin with.
    prefix: String,
    most: usize,
    found: BTreeMap<String, Publish>,
    /// How many have come.
    count: usize,
}

impl Collection {
    pub(super) fn add(&mut self, topic: &str, publish: Publish) {
        match topic.strip_prefix(&self.prefix) {
            Some(key) if publish.retain && !publish.payload.is_empty() => {
                self.count += 1;
                let mut publish = publish;
                if message::get(&publish, EMPTY).is_some() {
                    publish.payload = Bytes::new();
                }
                // It is the letter that expires, not the task.
                if let Some(properties) = &mut publish.properties {
                    properties.message_expiry_interval = None;
                }
                self.found.insert(key.to_owned(), publish);
            }
            _ => {}
        }
        if self.found.len() > self.most {
            self.found.pop_last();
        }
    }
}

/// A new key; those that are made later are behind it.
fn key() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed) % 1_000_000;
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    let random = topic::random();
    format!("{millis:014}-{next:06}-{}", &random[..8])
}

/// Makes a dead letter of a message, and gives its key.
pub(super) async fn bury(
    shared: &Shared,
    node: &Node,
    dead: &Publish,
    attempts: u32,
    reason: &str,
) -> Result<String, SendError> {
    let key = key();
    let reason = reason.chars().take(REASON_LONGEST).collect();
    let set = [
        (REASON, Some(reason)),
        (ATTEMPTS, Some(attempts.to_string())),
        // A retained message without a body is none.
        (EMPTY, dead.payload.is_empty().then(|| "true".to_owned())),
    ];
    let mut letter = message::again(dead, topic::dead(node, &key), &set);
    letter.retain = true;
    if letter.payload.is_empty() {
        letter.payload = Bytes::from_static(b"-");
    }
    if let Some(properties) = &mut letter.properties {
        properties.message_expiry_interval = Some(KEPT);
    }
    retained(shared, &letter).await?;
    Ok(key)
}

/// Takes a letter away.
pub(super) async fn clear(shared: &Shared, node: &Node, key: &str) -> Result<(), SendError> {
    let mut nothing = Publish::new(topic::dead(node, key), QoS::AtLeastOnce, Bytes::new(), None);
    nothing.retain = true;
    retained(shared, &nothing).await
}

/// Sends what is retained, again if the connection is lost: it has one place.
async fn retained(shared: &Shared, publish: &Publish) -> Result<(), SendError> {
    loop {
        if !shared.link.ready().await?.retains {
            let why = "it retains no messages, and so no dead letters";
            return Err(SendError::Refused(why.to_owned()));
        }
        return match shared.link.confirmed(publish.clone()).await {
            // Nobody has to hear it.
            Ok(Ok(()) | Err(Reason::Nobody)) => Ok(()),
            Ok(Err(reason)) => Err(reason.of_message("", publish.payload.len())),
            Err(SendError::Lost) => continue,
            Err(error) => Err(error),
        };
    }
}

/// Reads the oldest ones.
pub(super) async fn list(
    shared: &Arc<Shared>,
    node: &Node,
    most: usize,
) -> Result<Vec<DeadLetter>, BrokerError> {
    let found = find(shared, node, "+", most).await?;
    let inbound = &shared.inbound;
    let letters = found.into_iter().map(|(key, publish)| {
        let reason = message::get(&publish, REASON).unwrap_or_default();
        let attempts = message::get(&publish, ATTEMPTS).and_then(|attempts| attempts.parse().ok());
        let parcel = message::read(
            &publish,
            Place::Queue,
            inbound.key.as_ref(),
            &inbound.limits,
        );
        DeadLetter::new(
            key.into(),
            node.clone(),
            reason,
            attempts.unwrap_or(0),
            parcel,
        )
    });
    Ok(letters.collect())
}

/// Makes a task of a letter again.
pub(super) async fn put_back(
    shared: &Arc<Shared>,
    node: &Node,
    key: &str,
) -> Result<bool, BrokerError> {
    let found = find(shared, node, key, 1).await?;
    let Some(letter) = found.get(key) else {
        return Ok(false);
    };
    let set = [REASON, ATTEMPTS, EMPTY, wire::EXPIRES].map(|name| (name, None));
    let task = message::again(letter, topic::tasks(node), &set);
    let bytes = task.payload.len();
    let put = async {
        let told = shared.link.confirmed(task).await?;
        told.map_err(|reason| reason.of_message(&node.to_string(), bytes))?;
        clear(shared, node, key).await
    };
    let put = put.await.map(|()| true);
    put.map_err(|error| shared.refused(error))
}

/// Reads what the broker has: it sends it to who subscribes.
async fn find(
    shared: &Arc<Shared>,
    node: &Node,
    key: &str,
    most: usize,
) -> Result<BTreeMap<String, Publish>, BrokerError> {
    let _one_at_a_time = shared.reading.lock().await;
    let filter = topic::dead(node, key);
    let reading = Reading(shared);
    let found = timeout(ANSWER, reading.run(&filter, node, most)).await;
    let found = found.map_err(|_| shared.late())?;
    found.map_err(|error| shared.refused(error))
}

/// Forgets what was read when it is dropped.
struct Reading<'a>(&'a Shared);

impl Reading<'_> {
    async fn run(
        &self,
        filter: &str,
        node: &Node,
        most: usize,
    ) -> Result<BTreeMap<String, Publish>, SendError> {
        loop {
            let connection = self.0.link.ready().await?;
            if !connection.retains {
                return Ok(BTreeMap::new());
            }
            *self.0.inbound.collection() = Some(Collection {
                prefix: topic::dead(node, ""),
                most,
                found: BTreeMap::new(),
                count: 0,
            });
            let subscription = SubscribeFilter::new(filter, QoS::AtLeastOnce);
            let Some(told) = connection.subscribe(vec![subscription]) else {
                continue;
            };
            match told.await {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => return Err(SendError::Refused(reason.to_string())),
                Err(_) => continue,
            }
            match self.0.echo().await {
                Err(SendError::Lost) => continue,
                echoed => echoed?,
            }
            let mut count = None;
            while count != self.count() {
                count = self.count();
                sleep_until(later(Instant::now(), QUIET)).await;
            }
            drop(connection.unsubscribe(filter));
            let collection = self.0.inbound.collection().take();
            return Ok(collection
                .map(|collection| collection.found)
                .unwrap_or_default());
        }
    }

    fn count(&self) -> Option<usize> {
        let collection = self.0.inbound.collection();
        collection.as_ref().map(|collection| collection.count)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        *self.0.inbound.collection() = None;
    }
}
