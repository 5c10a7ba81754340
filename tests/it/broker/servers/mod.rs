//! Servers that tests start themselves, so that they may kill them.

pub(super) mod nats;
mod process;
pub(super) mod rabbitmq;
