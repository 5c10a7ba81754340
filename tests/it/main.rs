//! The behaviour of `mitto`, a file for each subject.

mod codec;
mod framing;
mod golden;
mod layers;
mod session;
mod transport;
