//! Typed request/response messaging, from one process to a fleet.

pub mod codec;
pub mod context;
pub mod envelope;
pub mod framing;
pub mod in_flight;
pub mod job;
pub mod limits;
pub mod message;
pub mod peer;
pub mod queue;
pub mod session;
pub mod status;
pub mod transport;
