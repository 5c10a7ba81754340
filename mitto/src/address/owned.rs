//! An address that is kept.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Address, AddressError};

/// An [`Address`] that owns its text, shared by its clones.
///
/// In maps it is found by its text. With serde it is a text, which is checked when it is read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedAddress(Arc<str>);

impl OwnedAddress {
    /// The same, borrowed, with its parts.
    pub fn as_address(&self) -> Address<'_> {
        Address(self.0.as_bytes())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes of the text, shared with it.
    #[cfg(feature = "host")]
    pub(crate) fn to_bytes(&self) -> Arc<[u8]> {
        self.0.clone().into()
    }
}

impl From<Address<'_>> for OwnedAddress {
    fn from(address: Address<'_>) -> Self {
        Self(address.as_str().into())
    }
}

impl From<&OwnedAddress> for OwnedAddress {
    fn from(address: &OwnedAddress) -> Self {
        address.clone()
    }
}

impl TryFrom<&str> for OwnedAddress {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        Address::parse(text).map(Self::from)
    }
}

impl TryFrom<&String> for OwnedAddress {
    type Error = AddressError;

    fn try_from(text: &String) -> Result<Self, AddressError> {
        text.as_str().try_into()
    }
}

impl TryFrom<String> for OwnedAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.as_str().try_into()
    }
}

impl FromStr for OwnedAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.try_into()
    }
}

impl AsRef<str> for OwnedAddress {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for OwnedAddress {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for OwnedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_address().fmt(f)
    }
}

impl fmt::Debug for OwnedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_address().fmt(f)
    }
}

/// As a text.
impl Serialize for OwnedAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_address().serialize(serializer)
    }
}

/// From a text that is an address.
impl<'de> Deserialize<'de> for OwnedAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = OwnedAddress;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address: `application/node`, or `application/node/action`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OwnedAddress, E> {
                text.try_into().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
