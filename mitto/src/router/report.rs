//! A place as data.

use serde::{Deserialize, Serialize};

/// How a place is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlaceReport {
    /// The node, `application/node`.
    pub node: String,
    /// The name of the place.
    pub place: String,
    /// Whether requests go there.
    pub up: bool,
    /// Why not, if they do not.
    pub why: Option<String>,
    /// The requests that run there, or wait for their answers from there.
    pub in_flight: usize,
    /// The requests and notifications that went there so far, or were to go.
    pub requests: u64,
    /// How many of them have failed for the place: it had no connection, or lost it.
    pub failures: u64,
}
