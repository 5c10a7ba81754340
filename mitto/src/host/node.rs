//! A node that runs here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::NodeTimes;
use super::config::NodeConfig;
use crate::address::Address;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Queue, Run};
use crate::provider::MessageProvider;
use crate::runtime::Instant;
use crate::status::Status;
#[cfg(feature = "metrics")]
use crate::telemetry::NODE_DURATION;

/// A node that runs here: its actions by the ids of their names, and the provider that answers everything else.
#[derive(Clone)]
pub(super) struct Node(Arc<Inner>);

struct Inner {
    /// `application/node`.
    name: String,
    /// What it was made of; `None` for one that every host has.
    config: Option<NodeConfig>,
    actions: HashMap<MessageId, Box<dyn Queue>>,
    provider: Option<Arc<dyn MessageProvider>>,
    times: Times,
}

/// How long what has ended took.
struct Times {
    #[cfg(feature = "metrics")]
    histogram: metrics::Histogram,
    ended: AtomicU64,
    nanos: AtomicU64,
    longest: AtomicU64,
}

impl Node {
    pub(super) fn new(
        name: &str,
        config: Option<&NodeConfig>,
        actions: HashMap<MessageId, Box<dyn Queue>>,
        provider: Option<Arc<dyn MessageProvider>>,
    ) -> Self {
        Self(Arc::new(Inner {
            name: name.to_owned(),
            config: config.cloned(),
            actions,
            provider,
            times: Times::of(name),
        }))
    }

    /// Whether it is what this says.
    pub(super) fn is(&self, config: &NodeConfig) -> bool {
        self.0.config.as_ref() == Some(config)
    }

    /// Whether it is the same one.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn times(&self) -> NodeTimes {
        let times = &self.0.times;
        let ended = times.ended.load(Relaxed);
        NodeTimes {
            ended,
            mean_us: times.nanos.load(Relaxed) / 1_000 / ended.max(1),
            longest_us: times.longest.load(Relaxed) / 1_000,
        }
    }

    fn run(&self, job: Job<'_>, answer: Answer) -> Run {
        let inner = &*self.0;
        let action = match job.address.and_then(Address::action) {
            Some(action) => MessageId::of_name(action),
            None => job.message,
        };
        if let Some(action) = inner.actions.get(&action) {
            return action.submit(job, answer);
        }
        if let Some(provider) = &inner.provider
            && provider.handles(job.message)
        {
            return provider.dispatch(job, answer);
        }
        let name = &inner.name;
        answer.fail(Status::not_found(
            match job.address.and_then(Address::action) {
                Some(action) => format!("node `{name}` has no action `{action}`"),
                None => format!(
                    "node `{name}` has nothing that answers message {}",
                    job.message
                ),
            },
        ));
        Run::done()
    }
}

impl Queue for Node {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let begun = Instant::now();
        let run = self.run(job, answer);
        if run.is_done() {
            self.0.times.add(begun.elapsed());
            return run;
        }
        let node = self.clone();
        Run::new(async move {
            run.await;
            node.0.times.add(begun.elapsed());
        })
    }
}

impl Times {
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables))]
    fn of(node: &str) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            histogram: metrics::histogram!(NODE_DURATION, "node" => node.to_owned()),
            ended: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }

    fn add(&self, took: Duration) {
        #[cfg(feature = "metrics")]
        self.histogram.record(took);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.ended.fetch_add(1, Relaxed);
        self.nanos.fetch_add(nanos, Relaxed);
        self.longest.fetch_max(nanos, Relaxed);
    }
}

/// Where a node is that no host runs.
pub(super) struct Nowhere(Status);

impl Nowhere {
    pub(super) fn of(node: &str) -> Self {
        Self(Status::unavailable(format!("no host runs `{node}`")))
    }
}

impl Queue for Nowhere {
    fn submit(&self, _: Job<'_>, answer: Answer) -> Run {
        answer.fail(self.0.clone());
        Run::done()
    }

    fn ready(&self) -> Result<(), Status> {
        Err(self.0.clone())
    }
}
