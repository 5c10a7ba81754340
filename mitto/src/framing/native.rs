//! The binary framing of this crate.

/// The bytes that every frame has.
pub(super) const PREFIX: usize = 20;

/// The binary framing of this crate, version 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;
