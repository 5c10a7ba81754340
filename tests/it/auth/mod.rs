//! Who connects, what it may do, and what is believed of what it says.

mod browsers;
mod built_ins;
mod desk;
mod handshake;
mod links;
pub(crate) mod logs;
mod requires;
mod shown;
