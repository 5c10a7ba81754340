//! Servers that tests start themselves, so that they may kill them.

pub(crate) mod mosquitto;
pub(crate) mod nats;
mod process;
pub(crate) mod rabbitmq;
