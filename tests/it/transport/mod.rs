//! What every transport must do, over each of them; then what is their own.

pub(crate) mod authority;
mod directory;
mod end;
mod every;
mod proxy;
mod streams;
mod tls;
mod unix;
mod websocket;
mod websocket_raw;

pub(crate) use authority::Authority;
pub(crate) use directory::Directory;
