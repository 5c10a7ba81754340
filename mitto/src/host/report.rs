//! A host as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::router::PlaceReport;

/// What runs where at one moment, and how it fares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostReport {
    /// The version of the configuration, where it has one.
    pub version: Option<u64>,
    /// The hosts, by name.
    pub hosts: Vec<HostState>,
    /// The nodes, by name.
    pub nodes: Vec<NodeReport>,
}

/// One host, as this server sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostState {
    /// Its name.
    pub name: String,
    /// Its URL, with the actual port where it runs here.
    pub address: String,
    /// Whether it runs here.
    pub local: bool,
    /// Whether it can be reached now.
    pub up: bool,
    /// Why not.
    pub why: Option<String>,
}

/// One node, as this server sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeReport {
    /// `application/node`.
    pub node: String,
    /// Where it runs.
    pub places: Vec<PlaceReport>,
    /// How it fares here, where it runs here.
    pub here: Option<NodeTimes>,
}

/// What has ended of a node that runs here, and was not given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeTimes {
    /// The requests that have ended, however they did.
    pub ended: u64,
    /// How long one took, in microseconds: the mean,
    pub mean_us: u64,
    /// and the longest.
    pub longest_us: u64,
}

/// A line for each host, and for each place of each node.
impl fmt::Display for HostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        if let Some(version) = self.version {
            lines.push(format!("version {version}"));
        }
        for host in &self.hosts {
            let HostState { name, address, .. } = host;
            lines.push(match &host.why {
                _ if host.local => format!("host {name}: here, at {address}"),
                None => format!("host {name}: up, at {address}"),
                Some(why) => format!("host {name}: down, {why}"),
            });
        }
        for node in &self.nodes {
            for place in &node.places {
                let state = match &place.why {
                    None => "up",
                    Some(why) => why,
                };
                let mut line = format!(
                    "node {} at {}: {state}, {} in flight, {} asked",
                    node.node, place.place, place.in_flight, place.requests
                );
                if place.failures > 0 {
                    line.push_str(&format!(", {} failed", place.failures));
                }
                lines.push(line);
            }
            if let Some(here) = node.here.filter(|here| here.ended > 0) {
                lines.push(format!(
                    "node {} here: {} ended, {} us each, {} us the longest",
                    node.node, here.ended, here.mean_us, here.longest_us
                ));
            }
        }
        f.write_str(&lines.join("\n"))
    }
}
