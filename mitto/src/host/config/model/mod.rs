//! The parts of a configuration.

mod application;
mod handler;
mod host;
mod node;

pub use application::ApplicationConfig;
pub use handler::{HandlerConfig, HandlerKind, StepConfig};
pub use host::{HostConfig, KeySource, Placement};
pub use node::{ActionConfig, NodeConfig};
