//! What can be watched: spans, metrics, health.

mod captured;
mod health;
mod metrics;
mod spans;
