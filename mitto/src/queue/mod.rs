//! Where a request is handed on.
//!
//! A session submits what comes in to a [`Queue`], and so does a client of the same process. Before
//! it stands whatever received the request; after it the provider with its handlers, or another
//! process.

#[cfg(feature = "broker")]
pub mod broker;
#[cfg(feature = "host")]
mod forward;
mod gateway;
#[cfg(any(feature = "broker", feature = "host"))]
mod kept;
#[cfg(any(feature = "broker", feature = "host"))]
pub(crate) mod onward;
mod pass_through;
#[cfg(any(feature = "broker", feature = "host"))]
mod to_peer;

#[cfg(feature = "host")]
pub use forward::Forward;
pub use gateway::Gateway;
#[cfg(feature = "host")]
pub(crate) use kept::Kept;
pub use pass_through::PassThrough;
#[cfg(feature = "host")]
pub(crate) use to_peer::ToPeer;

pub use crate::job::Queue;
