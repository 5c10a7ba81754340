//! What can be made outside the crate, and is no worse for it.

pub(crate) mod lines;
pub(crate) mod pipes;
mod providers;
mod urls;
