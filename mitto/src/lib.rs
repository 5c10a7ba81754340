//! Typed request/response messaging, from one process to a fleet.

pub mod codec;
pub mod limits;
pub mod status;
