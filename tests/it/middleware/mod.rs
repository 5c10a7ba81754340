//! What stands around requests.

mod around;
mod both_ways;
mod cancelled;
mod ready_made;
pub(crate) mod service;
mod tower;
