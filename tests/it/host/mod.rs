//! Servers by configuration.

mod config;
mod console;
mod doors;
mod running;
mod waiting;
