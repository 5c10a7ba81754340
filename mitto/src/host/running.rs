//! What runs, and how it becomes something else.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::config::{Changes, Configuration};
use super::link::Kept;
use super::listener::{Bound, Open};
use super::node::Node;
use super::placement::{self, Nodes, Placement};
use super::report::{HostState, NodeReport};
use super::{ApplyError, HostEvent, HostReport, Shared, keys};
use crate::runtime::{spawn, timeout};

/// How long new links may take: whoever is sent elsewhere from then on finds them connected.
const FIRST_TRIES: Duration = Duration::from_secs(2);

/// What runs.
#[derive(Default)]
pub(super) struct Running {
    placement: Placement,
    /// By the names of their hosts.
    links: BTreeMap<String, Kept>,
    /// By the addresses of their hosts.
    open: BTreeMap<String, Open>,
    is_closed: bool,
}

/// A configuration that was checked and can run.
struct Plan {
    configuration: Configuration,
    changes: Changes,
    nodes: Nodes,
    /// The keys of links, by host.
    keys: BTreeMap<String, Option<String>>,
}

impl Shared {
    pub(super) fn plan(&self, update: &Configuration) -> Result<Changes, ApplyError> {
        let before = self.running().placement()?;
        self.checked(&before, update).map(|plan| plan.changes)
    }

    pub(super) async fn apply(&self, update: &Configuration) -> Result<Changes, ApplyError> {
        let _changing = self.changing.lock().await;
        let before = self.running().placement()?;
        let Plan {
            configuration,
            changes,
            nodes,
            keys,
        } = self.checked(&before, update)?;
        let mut links = BTreeMap::new();
        let mut new = Vec::new();
        let mut bound = BTreeMap::new();
        for host in configuration.hosts() {
            let key = keys.get(host.name()).cloned().flatten();
            if !host.is_local() {
                let known = self.running().links.get(host.name()).cloned();
                let link = match known.filter(|known| known.is(host, key.as_deref())) {
                    Some(known) => known,
                    None => {
                        let link = Kept::open(&self.parts, host, key).await?;
                        new.push(link.clone());
                        link
                    }
                };
                links.insert(host.name().to_owned(), link);
            } else if !self.running().open.contains_key(host.address())
                && !bound.contains_key(host.address())
            {
                let key = key.as_deref();
                let listener = Bound::at(&self.parts, &self.router, host, key).await?;
                bound.insert(host.address().to_owned(), listener);
            }
        }
        let first_tries = async {
            for link in &new {
                link.tried().await;
            }
        };
        let _ = timeout(FIRST_TRIES, first_tries).await;
        let (placement, routes) =
            Placement::new(&before, &configuration, nodes, &links, &self.administration)?;

        let mut running = self.running();
        if running.is_closed {
            return Err(ApplyError::Closed);
        }
        // Nothing can fail from here on.
        self.router.replace(routes);
        let replaced = (
            mem::replace(&mut running.placement, placement),
            mem::replace(&mut running.links, links),
        );
        for host in configuration.hosts().filter(|host| host.is_local()) {
            if let Some(open) = running.open.get(host.address()) {
                open.set_key(keys.get(host.name()).and_then(Option::as_deref));
            }
        }
        for (address, listener) in bound {
            running.open.insert(address, listener.open());
        }
        running.close_all_but(&configuration);
        self.configuration.store(configuration.into());
        drop(running);
        drop(replaced);
        (self.parts.watcher)(&HostEvent::Applied {
            changes: changes.clone(),
        });
        Ok(changes)
    }

    fn checked(&self, before: &Placement, update: &Configuration) -> Result<Plan, ApplyError> {
        let current = self.configuration.load();
        let configuration = current.merge(update)?;
        let nodes = placement::nodes(before, &self.parts, &configuration, &self.poster)?;
        let mut keys = BTreeMap::new();
        for host in configuration.hosts() {
            keys.insert(host.name().to_owned(), keys::read(host)?);
        }
        Ok(Plan {
            changes: current.changes(&configuration),
            configuration,
            nodes,
            keys,
        })
    }

    /// Never held while anything is waited for, or while code of a user's runs.
    pub(super) fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn report(&self) -> HostReport {
        let running = self.running();
        let configuration = self.configuration.load();
        let hosts = configuration.hosts().map(|host| {
            let open = running.open.get(host.address());
            let why = match running.links.get(host.name()) {
                Some(link) => link.why_not(),
                None => None,
            };
            HostState {
                name: host.name().to_owned(),
                address: open
                    .map_or(host.address(), |open| open.handle.url())
                    .to_owned(),
                local: host.is_local(),
                up: why.is_none(),
                why,
            }
        });
        let mut nodes: BTreeMap<String, NodeReport> = BTreeMap::new();
        for place in self.router.places() {
            let node = nodes
                .entry(place.node.clone())
                .or_insert_with(|| NodeReport {
                    here: running.placement.nodes.get(&place.node).map(Node::times),
                    node: place.node.clone(),
                    places: Vec::new(),
                });
            node.places.push(place);
        }
        HostReport {
            version: configuration.version(),
            hosts: hosts.collect(),
            nodes: nodes.into_values().collect(),
        }
    }
}

impl Running {
    /// Where everything is now, unless it has ended.
    fn placement(&self) -> Result<Placement, ApplyError> {
        match self.is_closed {
            true => Err(ApplyError::Closed),
            false => Ok(self.placement.clone()),
        }
    }

    pub(super) fn urls(&self) -> Vec<String> {
        let urls = self.open.values().flat_map(|open| open.handle.urls());
        urls.map(str::to_owned).collect()
    }

    /// Closes where no host listens any more, in the background.
    fn close_all_but(&mut self, configuration: &Configuration) {
        let wanted = |address: &str| {
            let mut hosts = configuration.hosts();
            hosts.any(|host| host.is_local() && host.address() == address)
        };
        let (open, closed): (BTreeMap<_, _>, BTreeMap<_, _>) = mem::take(&mut self.open)
            .into_iter()
            .partition(|(address, _)| wanted(address));
        self.open = open;
        for open in closed.into_values() {
            spawn(async move { open.handle.shutdown().await });
        }
    }

    /// Ends everything.
    pub(super) fn end(&mut self) -> impl Future<Output = ()> + Send + use<> {
        self.is_closed = true;
        let open = mem::take(&mut self.open);
        let links = mem::take(&mut self.links);
        async move {
            let mut ending = tokio::task::JoinSet::new();
            for (_, open) in open {
                ending.spawn(async move { open.handle.shutdown().await });
            }
            while ending.join_next().await.is_some() {}
            drop(links);
        }
    }
}
