//! Servers by configuration.

mod config;
mod running;
