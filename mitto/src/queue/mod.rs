//! Where a request is handed on.
//!
//! A session submits what comes in to a [`Queue`], and so does a client of the same process. Before
//! it stands whatever received the request; after it the provider with its handlers, or another
//! process.

#[cfg(feature = "broker")]
pub mod broker;
mod gateway;
mod pass_through;
#[cfg(feature = "broker")]
mod relay;
#[cfg(feature = "broker")]
mod to_peer;

pub use gateway::Gateway;
pub use pass_through::PassThrough;

pub use crate::job::Queue;
