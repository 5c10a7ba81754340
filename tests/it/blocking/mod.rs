//! Clients without async, and calls with callbacks.

mod callbacks;
mod calls;
mod places;
mod service;
