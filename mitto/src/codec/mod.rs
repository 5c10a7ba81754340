//! Typed value to payload bytes and back.

/// The tag that says how a payload is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format(u8);

impl Format {
    /// JSON.
    pub const JSON: Self = Self(1);
    /// MessagePack.
    pub const MESSAGE_PACK: Self = Self(2);

    /// The format of a number.
    pub const fn from_wire(number: u8) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}
