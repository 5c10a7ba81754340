//! The behaviour of `mitto`, a file for each subject.

mod answers;
mod codec;
mod framing;
mod golden;
mod layers;
mod local;
mod macros;
mod session;
mod transport;
mod ui;
