//! Real brokers, started here on ports of their own, each in a folder of its own.

pub(crate) mod nats;
mod process;
pub(crate) mod rabbitmq;
