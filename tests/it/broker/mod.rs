//! Requests through brokers.
//!
//! [`lines`] holds what every broker's part has to do, as far as its broker can; a file for each broker
//! runs it and adds what is that broker's own.

mod lines;
mod memory;
mod nats;
mod rabbitmq;
mod relay;
pub(crate) mod servers;
mod work;
