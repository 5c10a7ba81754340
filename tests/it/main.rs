//! The behaviour of `mitto`, a file per subject.

mod framing;
mod golden;
