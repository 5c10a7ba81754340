use std::fmt;

/// Says how a payload is encoded: the number that travels with it, in one byte.
///
/// | number | format |
/// | --- | --- |
/// | 0 | never used |
/// | 1 | [`JSON`](Self::JSON) |
/// | 2 | [`MESSAGE_PACK`](Self::MESSAGE_PACK) |
/// | 3 | reserved for XML |
/// | 4 | reserved for raw bytes |
/// | 5 | reserved for a compact format, not self-describing |
/// | 6 to 127 | reserved |
/// | 128 to 255 | [`custom`](Self::custom) |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format(u8);

impl Format {
    /// JSON, in UTF-8.
    pub const JSON: Self = Self(1);

    /// MessagePack, structs as maps with their field names.
    pub const MESSAGE_PACK: Self = Self(2);

    const FIRST_CUSTOM: u8 = 128;

    /// The format of a `Codec` of your own (feature `custom-codecs`): a number from 128 to 255, the same at both
    /// ends.
    ///
    /// # Panics
    ///
    /// With a number below 128, which is a compile error where the format is a `const`.
    ///
    /// # Examples
    ///
    /// ```
    /// use mitto::codec::Format;
    ///
    /// const CBOR: Format = Format::custom(128);
    /// assert_eq!(CBOR.to_string(), "format 128");
    /// ```
    #[must_use]
    pub const fn custom(number: u8) -> Self {
        assert!(
            number >= Self::FIRST_CUSTOM,
            "the number of a custom format must be from 128 to 255; lower ones are reserved"
        );
        Self(number)
    }

    /// The format of a number that the other end sent, known here or not.
    #[must_use]
    pub const fn from_wire(number: u8) -> Self {
        Self(number)
    }

    /// The number that travels.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    #[cfg(feature = "custom-codecs")]
    pub(super) const fn is_custom(self) -> bool {
        self.0 >= Self::FIRST_CUSTOM
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::JSON => f.write_str("JSON"),
            Self::MESSAGE_PACK => f.write_str("MessagePack"),
            Self(number) => write!(f, "format {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_fixed() {
        assert_eq!(Format::JSON.number(), 1);
        assert_eq!(Format::MESSAGE_PACK.number(), 2);
        assert_eq!(Format::from_wire(2), Format::MESSAGE_PACK);
    }

    #[test]
    fn display_names_the_format() {
        assert_eq!(Format::JSON.to_string(), "JSON");
        assert_eq!(Format::MESSAGE_PACK.to_string(), "MessagePack");
        assert_eq!(Format::custom(131).to_string(), "format 131");
    }

    #[test]
    #[should_panic(expected = "must be from 128 to 255")]
    fn custom_number_below_128_panics() {
        let _ = Format::custom(127);
    }
}
