//! Typed request/response messaging, from one process to a fleet.

pub mod limits;
pub mod status;
pub mod transport;
