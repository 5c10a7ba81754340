//! A host as data.

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

/// What has ended of a node that runs here.
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
