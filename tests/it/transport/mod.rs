//! What every transport must do, over each of them; then what is their own.

pub(crate) mod authority;
pub(crate) mod end;
mod every;
mod proxy;
mod streams;
mod tls;
mod unix;
mod websocket;
mod websocket_raw;
