//! What a configuration comes to: nodes, places and routes.

use std::collections::{BTreeMap, HashMap};
use std::mem;

use super::administration::Administration;
use super::builder::Builder;
use super::config::{ConfigError, Configuration, NodeConfig};
use super::link::Kept;
use super::node::{Node, Nowhere};
use crate::envelope::MessageId;
use crate::job::Queue;
use crate::pipeline::Poster;
use crate::router::{Place, RouteError, Routes};

/// The nodes that run here, by `application/node`.
pub(super) type Nodes = BTreeMap<String, Node>;

/// Where everything is.
#[derive(Clone, Default)]
pub(super) struct Placement {
    pub(super) nodes: Nodes,
    /// By node and host.
    places: HashMap<(String, String), Placed>,
}

/// A place, and the link that leads to it; `None` for one that is here.
#[derive(Clone)]
struct Placed {
    place: Place,
    link: Option<u64>,
}

/// The nodes of a configuration that run here. Those that are as before go on as they are.
pub(super) fn nodes(
    before: &Placement,
    parts: &Builder,
    configuration: &Configuration,
    poster: &Poster,
) -> Result<Nodes, ConfigError> {
    let mut nodes = Nodes::new();
    for application in configuration.applications() {
        for config in application.nodes() {
            let is_here = configuration
                .hosts()
                .any(|host| host.is_local() && host.does_run(application.name(), config.name()));
            if !is_here {
                continue;
            }
            let name = format!("{}/{}", application.name(), config.name());
            let known = before.nodes.get(&name).filter(|node| node.is(config));
            let node = match known {
                Some(known) => known.clone(),
                None => node(parts, &name, config, poster)?,
            };
            nodes.insert(name, node);
        }
    }
    Ok(nodes)
}

/// A node with its actions, put together.
fn node(
    parts: &Builder,
    name: &str,
    config: &NodeConfig,
    poster: &Poster,
) -> Result<Node, ConfigError> {
    let mut actions: HashMap<MessageId, Box<dyn Queue>> = HashMap::new();
    for action in config.actions() {
        let pipeline = parts.compose(&config.steps(action)?, poster)?;
        actions.insert(MessageId::of_name(action.name()), pipeline);
    }
    let provider = match config.provider() {
        Some(wanted) => Some(parts.find(wanted, config.origin())?),
        None => None,
    };
    Ok(Node::new(name, Some(config), actions, provider))
}

impl Placement {
    /// Where all nodes of a configuration are.
    pub(super) fn new(
        before: &Self,
        configuration: &Configuration,
        nodes: Nodes,
        links: &BTreeMap<String, Kept>,
        administration: &Administration,
    ) -> Result<(Self, Routes), RouteError> {
        let mut placement = Self {
            nodes,
            places: HashMap::new(),
        };
        let mut routes = administration.routes(configuration)?;
        for application in configuration.applications() {
            for config in application.nodes() {
                let name = format!("{}/{}", application.name(), config.name());
                let mut hosts: Vec<_> = configuration
                    .hosts()
                    .filter(|host| host.does_run(application.name(), config.name()))
                    .collect();
                // Several hosts of one process are one place.
                let mut is_here = false;
                hosts.retain(|host| !host.is_local() || !mem::replace(&mut is_here, true));
                for host in &hosts {
                    let key = (name.clone(), host.name().to_owned());
                    let Some(placed) = placement.place(before, &key, links)? else {
                        continue;
                    };
                    routes = routes.place(&*name, placed.place.clone())?;
                    placement.places.insert(key, placed);
                }
                routes = match hosts.is_empty() {
                    true => routes.place(&*name, Place::new("nobody", Nowhere::of(&name))?)?,
                    false => routes.policy(&*name, config.policy().clone())?,
                };
            }
        }
        Ok((placement, routes))
    }

    /// The place of a node at a host: the one from before, where nothing has changed.
    fn place(
        &self,
        before: &Self,
        key: &(String, String),
        links: &BTreeMap<String, Kept>,
    ) -> Result<Option<Placed>, RouteError> {
        let (node, host) = key;
        let known = before.places.get(key);
        if let Some(link) = links.get(host) {
            let known = known.filter(|known| known.link == Some(link.id()));
            return Ok(Some(match known {
                Some(known) => known.clone(),
                None => Placed {
                    place: Place::new(host, link.forward.clone())?,
                    link: Some(link.id()),
                },
            }));
        }
        let Some(here) = self.nodes.get(node) else {
            return Ok(None);
        };
        let same = before
            .nodes
            .get(node)
            .is_some_and(|other| other.is_same(here));
        let known = known.filter(|known| same && known.link.is_none());
        Ok(Some(match known {
            Some(known) => known.clone(),
            None => Placed {
                place: Place::new(host, here.clone())?,
                link: None,
            },
        }))
    }
}
