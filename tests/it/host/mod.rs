//! Servers by configuration.

mod config;
