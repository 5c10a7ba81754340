//! Where a request is handed on.
//!
//! A session submits what comes in to a [`Queue`], and so does a client of the same process. Before
//! it stands whatever received the request; after it the provider with its handlers, or another
//! process.
//!
//! | queue | hands a request on | feature |
//! | --- | --- | --- |
//! | [`PassThrough`] | to a provider in this process: that of a server that is given one | |
//! | [`broker::Publisher`] | to a broker, for any worker of its node | `broker` |
//! | [`Forward`] | to another server | `host` |
//! | [`Router`](crate::router::Router) | to one of these, by its address | `host` |
//! | [`Pipeline`](crate::pipeline::Pipeline) | to steps that a configuration puts together | `host` |
//! | your own | | |
//!
//! A server gets any of them as the [`Gateway`] of a schema: `Chat::gateway(queue)`.

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
