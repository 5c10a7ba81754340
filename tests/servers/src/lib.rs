//! Brokers that tests start themselves, on ports and in folders of their own, so that they may kill them.

pub mod mosquitto;
pub mod nats;
mod process;
pub mod rabbitmq;
