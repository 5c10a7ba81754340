//! Places that run nodes.

pub mod config;
