//! Real brokers, started here on ports of their own, each in a folder of its own.

pub(super) mod nats;
mod process;
pub(super) mod rabbitmq;
