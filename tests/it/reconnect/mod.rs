//! Clients that outlive their connections.

mod attempts;
mod calls;
mod half_open;
mod hooks;
mod leaving;
mod net;
mod resume;
mod service;
mod site;
mod states;
mod storm;
mod waiting;
