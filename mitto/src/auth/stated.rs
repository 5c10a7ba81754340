use std::fmt;

use super::{Identity, MAX_BYTES, MAX_GRANTS};

/// The bytes of a length.
const LENGTH: usize = 2;

/// The identity that a frame states for its request, borrowed from where it comes from. It is believed
/// only on a link.
///
/// Packed it is the name and the grants, each behind its length in two bytes, the higher first. No byte
/// at all states that the caller is anonymous.
#[derive(Clone, Copy)]
pub struct Stated<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Known(&'a Identity),
    Packed(&'a [u8]),
}

impl<'a> Stated<'a> {
    /// Takes packed bytes, once they were looked through.
    ///
    /// # Errors
    ///
    /// Says which rule they break.
    pub fn packed(bytes: &'a [u8]) -> Result<Self, StatedError> {
        if bytes.len() > MAX_BYTES {
            return Err(StatedError::TooLong(bytes.len()));
        }
        let (mut left, mut texts) = (bytes, 0);
        while !left.is_empty() {
            let (_, rest) = split(left)?;
            left = rest;
            texts += 1;
        }
        match texts > MAX_GRANTS + 1 {
            true => Err(StatedError::TooMany(texts - 1)),
            false => Ok(Self(Source::Packed(bytes))),
        }
    }

    /// States an identity, or that the caller is anonymous.
    pub fn of(identity: &'a Option<Identity>) -> Self {
        match identity {
            Some(identity) => Self(Source::Known(identity)),
            None => Self(Source::Packed(&[])),
        }
    }

    /// Writes what [`packed`](Self::packed) reads. An identity that is over the limits states that the
    /// caller is anonymous.
    pub fn pack(&self, out: &mut Vec<u8>) {
        match self.0 {
            Source::Packed(bytes) => out.extend_from_slice(bytes),
            Source::Known(identity) if identity.check().is_err() => {}
            Source::Known(identity) => {
                for text in texts(identity) {
                    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
                    out.extend_from_slice(text.as_bytes());
                }
            }
        }
    }

    /// The packed bytes, where they came so.
    #[cfg(feature = "host")]
    pub(crate) fn bytes(&self) -> Option<&'a [u8]> {
        match self.0 {
            Source::Packed(bytes) => Some(bytes),
            Source::Known(_) => None,
        }
    }

    /// The identity; `None` for an anonymous caller.
    pub fn identity(&self) -> Option<Identity> {
        let mut left = match self.0 {
            Source::Known(identity) => return Some(identity.clone()),
            Source::Packed(bytes) => bytes,
        };
        let (name, rest) = split(left).ok()?;
        let mut identity = Identity::new(name);
        left = rest;
        while let Ok((grant, rest)) = split(left) {
            identity = identity.grant(grant);
            left = rest;
        }
        Some(identity)
    }
}

impl PartialEq for Stated<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Stated<'_> {}

impl fmt::Debug for Stated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.identity().fmt(f)
    }
}

impl Identity {
    /// Whether it is small enough to travel.
    ///
    /// # Errors
    ///
    /// Says which limit it passes.
    pub(crate) fn check(&self) -> Result<(), StatedError> {
        if self.grants().len() > MAX_GRANTS {
            return Err(StatedError::TooMany(self.grants().len()));
        }
        let bytes = texts(self).map(|text| LENGTH + text.len()).sum();
        match bytes > MAX_BYTES {
            true => Err(StatedError::TooLong(bytes)),
            false => Ok(()),
        }
    }
}

/// Why an identity cannot travel, or cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatedError {
    /// It is too long.
    #[error("an identity of {0} bytes, at most {MAX_BYTES} are taken")]
    TooLong(usize),
    /// It has too many grants.
    #[error("an identity with {0} grants, at most {MAX_GRANTS} are taken")]
    TooMany(usize),
    /// A length claims more bytes than there are.
    #[error("a text of an identity is longer than its part")]
    Overrun,
    /// A text is not UTF-8.
    #[error("an identity is not UTF-8")]
    Text,
}

fn texts(identity: &Identity) -> impl Iterator<Item = &str> {
    std::iter::once(identity.name()).chain(identity.grants())
}

/// Splits the first text off.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), StatedError> {
    let (length, left) = bytes
        .split_first_chunk::<LENGTH>()
        .ok_or(StatedError::Overrun)?;
    let (text, left) = left
        .split_at_checked(usize::from(u16::from_be_bytes(*length)))
        .ok_or(StatedError::Overrun)?;
    let text = std::str::from_utf8(text).map_err(|_| StatedError::Text)?;
    Ok((text, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(identity: &Identity) -> Vec<u8> {
        let mut bytes = Vec::new();
        Stated::of(&Some(identity.clone())).pack(&mut bytes);
        bytes
    }

    #[test]
    fn identity_survives_the_way() {
        for identity in [
            Identity::new(""),
            Identity::new("ann"),
            Identity::new("änn").grant("a").grant("").grant("b:c"),
        ] {
            let bytes = packed(&identity);
            assert_eq!(Stated::packed(&bytes).unwrap().identity(), Some(identity));
        }
        assert_eq!(Stated::packed(&[]).unwrap().identity(), None);
    }

    #[test]
    fn limits_hold_at_both_ends() {
        let grants = |count: usize| {
            (0..count).fold(Identity::new("ann"), |identity, n| {
                identity.grant(n.to_string())
            })
        };
        assert!(packed(&grants(65)).is_empty());
        let most = grants(64);
        let bytes = packed(&most);
        assert_eq!(Stated::packed(&bytes).unwrap().identity(), Some(most));
        let more = [&bytes[..], &[0, 1, b'x']].concat();
        assert_eq!(Stated::packed(&more), Err(StatedError::TooMany(65)));
        let long = Identity::new("x".repeat(MAX_BYTES - 1));
        assert!(packed(&long).is_empty());
        let long = vec![0; MAX_BYTES + 1];
        assert_eq!(Stated::packed(&long), Err(StatedError::TooLong(8193)));
    }

    #[test]
    fn broken_bytes_are_refused() {
        assert_eq!(Stated::packed(&[0]), Err(StatedError::Overrun));
        assert_eq!(Stated::packed(&[0, 2, b'x']), Err(StatedError::Overrun));
        assert_eq!(Stated::packed(&[0, 1, 0xff]), Err(StatedError::Text));
    }
}
