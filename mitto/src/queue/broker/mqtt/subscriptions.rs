//! The subscriptions of a link, which each of its connections has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rumqttc::SubscribeFilter;
use tokio::sync::oneshot;

use super::connection::{Connection, Told};
use super::link::Link;
use crate::queue::broker::SendError;

/// How many subscriptions are made by one packet.
const FILTERS: usize = 256;

/// What is subscribed to.
#[derive(Default)]
pub(super) struct Subscriptions {
    wanted: BTreeMap<String, SubscribeFilter>,
    /// Those that a session may still have which outlives its connections.
    unwanted: BTreeSet<String>,
    /// The connection that has them, or is about to.
    pub(super) on: Option<Arc<Connection>>,
}

impl Subscriptions {
    pub(super) fn of(filters: Vec<SubscribeFilter>) -> Self {
        let wanted = filters.into_iter();
        let wanted = wanted.map(|filter| (filter.path.clone(), filter));
        Self {
            wanted: wanted.collect(),
            ..Self::default()
        }
    }
}

impl Link {
    /// Makes all subscriptions by a new connection.
    pub(super) fn subscribe_all(
        &self,
        connection: &Arc<Connection>,
    ) -> Vec<oneshot::Receiver<Told>> {
        let mut subscriptions = self.subscriptions();
        subscriptions.on = Some(connection.clone());
        if connection.resumed {
            for filter in &subscriptions.unwanted {
                drop(connection.unsubscribe(filter));
            }
        }
        let wanted: Vec<_> = subscriptions.wanted.values().cloned().collect();
        let packets = wanted.chunks(FILTERS);
        packets
            .filter_map(|filters| connection.subscribe(filters.to_vec()))
            .collect()
    }

    /// Subscribes, for all connections from now on.
    pub(super) async fn subscribe(&self, filter: SubscribeFilter) -> Result<(), SendError> {
        let path = filter.path.clone();
        let told = {
            let mut subscriptions = self.subscriptions();
            subscriptions.wanted.insert(path.clone(), filter.clone());
            subscriptions.unwanted.remove(&path);
            let on = subscriptions.on.as_ref();
            on.and_then(|on| on.subscribe(vec![filter]))
        };
        if let Some(told) = told {
            match told.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(reason)) => {
                    self.subscriptions().wanted.remove(&path);
                    return Err(SendError::Refused(reason.to_string()));
                }
                Err(_) => {}
            }
        }
        // The next one has it from its beginning.
        self.ready().await.map(drop)
    }

    /// Unsubscribes at once. Ends when the broker has done so.
    pub(super) fn unsubscribe(&self, filter: &str) -> impl Future<Output = ()> + use<> {
        let outlives = self.hello().expiry > 0;
        let mut subscriptions = self.subscriptions();
        subscriptions.wanted.remove(filter);
        if outlives {
            subscriptions.unwanted.insert(filter.to_owned());
        }
        let on = subscriptions.on.as_ref();
        let told = on.and_then(|on| on.unsubscribe(filter));
        async {
            if let Some(told) = told {
                let _ = told.await;
            }
        }
    }
}
