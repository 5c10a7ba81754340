//! What becomes different from one configuration to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Configuration;
use super::model::{ApplicationConfig, HostConfig};

/// What a configuration changes in another one.
///
/// It shows a line for each change, `+` for what is new, `-` for what is gone, `~` for what is replaced,
/// `>` for a node that moves, `!` for a node that no host runs.
///
/// ```text
/// + application mail: outbox
/// ~ application shop: orders replaced, stock added
/// ~ host east: ws://east:8080/mitto
/// > shop/orders: east -> east, west
/// ! shop/search: no host runs it
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The version before and after, where it changes.
    pub version: Option<(Option<u64>, Option<u64>)>,
    /// The applications that are added, replaced or removed, by name.
    pub applications: BTreeMap<String, Change>,
    /// The nodes that are added, replaced or removed, as `application/node`. A node is replaced when
    /// anything about it differs.
    pub nodes: BTreeMap<String, Change>,
    /// The hosts that are added, replaced or removed, by name.
    pub hosts: BTreeMap<String, Change>,
    /// The nodes that run elsewhere, as `application/node`: the hosts before and after.
    pub moved: BTreeMap<String, Moved>,
    /// The nodes that no host runs afterwards, as `application/node`: a request for one ends with
    /// `Unavailable`.
    pub without_place: BTreeSet<String>,
    addresses: BTreeMap<String, String>,
}

/// What becomes of a part of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It was there, with other contents.
    Replaced,
    /// It is gone.
    Removed,
}

/// The hosts that run a node, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Those that did; never empty.
    pub from: Vec<String>,
    /// Those that do; empty when nobody does.
    pub to: Vec<String>,
}

impl Configuration {
    /// What changes from this configuration to another one.
    pub fn changes(&self, after: &Self) -> Changes {
        let (before_at, after_at) = (self.by_node(), after.by_node());
        let mut changes = Changes {
            applications: compare(&self.applications, &after.applications),
            nodes: compare(&self.all_nodes(), &after.all_nodes()),
            hosts: compare(&self.hosts, &after.hosts),
            ..Changes::default()
        };
        if self.version != after.version {
            changes.version = Some((self.version, after.version));
        }
        for (node, to) in &after_at {
            if to.is_empty() {
                changes.without_place.insert(node.clone());
            }
        }
        for (node, from) in before_at {
            let to = after_at.get(&node);
            if let Some(to) = to
                && *to != from
                && !from.is_empty()
            {
                let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
                let moved = Moved {
                    from: own(&from),
                    to: own(to),
                };
                changes.moved.insert(node, moved);
            }
        }
        for (name, change) in &changes.hosts {
            let from = match change {
                Change::Removed => &self.hosts,
                Change::Added | Change::Replaced => &after.hosts,
            };
            let address = from.get(name).map(HostConfig::address).unwrap_or_default();
            changes.addresses.insert(name.clone(), address.to_owned());
        }
        changes
    }

    /// Every node, as `application/node`, with the hosts that run it.
    fn by_node(&self) -> BTreeMap<String, Vec<&str>> {
        let mut places: BTreeMap<String, Vec<&str>> = self
            .all_nodes()
            .into_keys()
            .map(|node| (node, Vec::new()))
            .collect();
        for host in self.hosts.values() {
            let mut add = |node: String| {
                if let Some(hosts) = places.get_mut(&node)
                    && hosts.last() != Some(&&*host.name)
                {
                    hosts.push(&host.name);
                }
            };
            for placement in &host.runs {
                match (
                    &placement.node,
                    self.applications.get(&placement.application),
                ) {
                    (Some(_), _) => add(placement.to_string()),
                    (None, Some(application)) => {
                        for node in application.nodes.keys() {
                            add(format!("{}/{node}", application.name));
                        }
                    }
                    (None, None) => {}
                }
            }
        }
        places
    }

    fn all_nodes(&self) -> BTreeMap<String, &super::NodeConfig> {
        let nodes = |application: &'_ ApplicationConfig| application.name.clone();
        self.applications
            .values()
            .flat_map(|application| {
                let name = nodes(application);
                application
                    .nodes
                    .values()
                    .map(move |node| (format!("{name}/{}", node.name), node))
            })
            .collect()
    }
}

impl Changes {
    /// Whether both configurations say the same. (Their nodes may be
    /// [without a place](Self::without_place) all the same.)
    pub fn is_empty(&self) -> bool {
        self.version.is_none()
            && self.applications.is_empty()
            && self.hosts.is_empty()
            && self.moved.is_empty()
    }

    /// The nodes of an application that change, as in `orders replaced, stock added`.
    fn of_application(&self, application: &str, most: usize) -> String {
        let nodes = self.nodes.iter().filter_map(|(name, change)| {
            let node = name.strip_prefix(application)?.strip_prefix('/')?;
            Some((node, change))
        });
        let mut shown: Vec<String> = nodes
            .map(|(node, change)| match self.applications.get(application) {
                Some(Change::Replaced) => format!("{node} {change}"),
                _ => node.to_owned(),
            })
            .collect();
        if shown.len() > most {
            let more = shown.len() - most;
            shown.truncate(most);
            shown.push(format!("and {more} more"));
        }
        match shown.is_empty() {
            true => "no nodes".to_owned(),
            false => shown.join(", "),
        }
    }
}

/// As in `replaced`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
        })
    }
}

/// A line for each change, without a line break after the last; `nothing changes` where there is none.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// So many nodes of an application stand in its line.
        const NODES: usize = 8;

        let mut lines = Vec::new();
        if let Some((from, to)) = self.version {
            let shown = |version: Option<u64>| version.map_or("none".to_owned(), |v| v.to_string());
            lines.push(format!("~ version: {} -> {}", shown(from), shown(to)));
        }
        for (name, change) in &self.applications {
            let nodes = self.of_application(name, NODES);
            lines.push(format!("{} application {name}: {nodes}", change.sign()));
        }
        for (name, change) in &self.hosts {
            let address = self.addresses.get(name).map_or("", |address| address);
            lines.push(format!("{} host {name}: {address}", change.sign()));
        }
        for (node, Moved { from, to }) in &self.moved {
            if !to.is_empty() {
                lines.push(format!(
                    "> {node}: {} -> {}",
                    from.join(", "),
                    to.join(", ")
                ));
            }
        }
        if lines.is_empty() && self.moved.is_empty() {
            lines.push("nothing changes".to_owned());
        }
        for node in &self.without_place {
            lines.push(match self.moved.get(node) {
                Some(Moved { from, .. }) => {
                    format!(
                        "! {node}: no host runs it any more, {} did",
                        from.join(", ")
                    )
                }
                None => format!("! {node}: no host runs it"),
            });
        }
        f.write_str(&lines.join("\n"))
    }
}

impl Change {
    fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Replaced => '~',
            Self::Removed => '-',
        }
    }
}

fn compare<T: PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    for (name, thing) in after {
        match before.get(name) {
            None => changes.insert(name.clone(), Change::Added),
            Some(old) if old != thing => changes.insert(name.clone(), Change::Replaced),
            Some(_) => None,
        };
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        changes.insert(name.clone(), Change::Removed);
    }
    changes
}
