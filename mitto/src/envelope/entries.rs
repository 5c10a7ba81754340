//! Metadata as a head carries it, without a copy.

use std::fmt;

use crate::limits::{Limit, Limits, reached};
use crate::status::Status;

/// The longest key, in bytes: its length travels in one byte.
const KEY_MAX: usize = u8::MAX as usize;
/// The most packed bytes whatever the limits say: with the other parts they must fit into 64 KiB.
const PACKED_MAX: usize = 57_000;
/// What an entry costs beside its key and value: their lengths.
const OVERHEAD: usize = 3;

/// The metadata of a [`Head`](super::Head): borrowed from a [`Metadata`](super::Metadata), or from the frame that it
/// came in, where it is checked once and read where it lies.
#[derive(Clone, Copy)]
pub struct Entries<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Listed(&'a [(String, String)]),
    Packed { bytes: &'a [u8], len: usize },
}

impl<'a> Entries<'a> {
    /// No metadata.
    pub const NONE: Self = Self(Source::Listed(&[]));

    pub(super) const fn listed(entries: &'a [(String, String)]) -> Self {
        Self(Source::Listed(entries))
    }

    /// Reads packed entries: of each one the key's length (one byte), the value's length (two bytes,
    /// the higher first), the key, the value.
    ///
    /// # Errors
    ///
    /// Says which rule the first bad entry breaks.
    pub fn packed(bytes: &'a [u8]) -> Result<Self, MetadataError> {
        let mut left = bytes;
        let mut len = 0;
        while !left.is_empty() {
            let (key, value, after) = split(left).ok_or(MetadataError::Overrun(len))?;
            if !is_key(key) {
                return Err(MetadataError::Key(len));
            }
            if std::str::from_utf8(value).is_err() {
                return Err(MetadataError::Value(len));
            }
            left = after;
            len += 1;
        }
        Ok(Self(Source::Packed { bytes, len }))
    }

    /// Writes what [`packed`](Self::packed) reads. Entries that [`check`](Self::check) refuses
    /// whatever the limits are not written at all.
    pub fn pack(&self, out: &mut Vec<u8>) {
        match self.0 {
            Source::Packed { bytes, .. } => out.extend_from_slice(bytes),
            Source::Listed(_) if !self.is_packable() => {}
            Source::Listed(entries) => {
                for (key, value) in entries {
                    out.push(key.len() as u8);
                    out.extend_from_slice(&(value.len() as u16).to_be_bytes());
                    out.extend_from_slice(key.as_bytes());
                    out.extend_from_slice(value.as_bytes());
                }
            }
        }
    }

    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    }

    /// The keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let (listed, mut packed): (&'a [(String, String)], &'a [u8]) = match self.0 {
            Source::Listed(entries) => (entries, &[]),
            Source::Packed { bytes, .. } => (&[], bytes),
        };
        let mut listed = listed.iter();
        std::iter::from_fn(move || {
            if let Some((key, value)) = listed.next() {
                return Some((key.as_str(), value.as_str()));
            }
            let (key, value, left) = split(packed)?;
            packed = left;
            Some((
                std::str::from_utf8(key).ok()?,
                std::str::from_utf8(value).ok()?,
            ))
        })
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Listed(entries) => entries.len(),
            Source::Packed { len, .. } => len,
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of all keys and values, which is what [`Limits::metadata_bytes`] counts.
    pub fn bytes(&self) -> usize {
        match self.0 {
            Source::Listed(entries) => entries.iter().map(|(k, v)| k.len() + v.len()).sum(),
            Source::Packed { bytes, len } => bytes.len() - OVERHEAD * len,
        }
    }

    /// Whether they may be sent, or taken.
    ///
    /// # Errors
    ///
    /// A `BadRequest` that says which limit is passed or which key is not allowed.
    pub fn check(&self, limits: &Limits) -> Result<(), Status> {
        self.refusal(limits).map_err(|(_, status)| status)
    }

    /// The same, and tells of a limit that is reached, by one who is `at`.
    #[inline]
    pub(crate) fn admit(&self, limits: &Limits, at: &str) -> Result<(), Status> {
        match self.is_empty() {
            true => Ok(()),
            false => self.admit_some(limits, at),
        }
    }

    fn admit_some(&self, limits: &Limits, at: &str) -> Result<(), Status> {
        self.refusal(limits).map_err(|(limit, status)| {
            if let Some(limit) = limit {
                reached(limit, at);
            }
            status
        })
    }

    fn refusal(&self, limits: &Limits) -> Result<(), (Option<Limit>, Status)> {
        if self.len() > limits.metadata_entries {
            let status = Status::bad_request(format!(
                "{} metadata entries, at most {} are taken",
                self.len(),
                limits.metadata_entries
            ));
            return Err((Some(Limit::MetadataEntries), status));
        }
        let most = limits
            .metadata_bytes
            .min(PACKED_MAX - OVERHEAD * self.len().min(PACKED_MAX / OVERHEAD));
        if self.bytes() > most {
            let status = Status::bad_request(format!(
                "{} bytes of metadata, at most {most} are taken",
                self.bytes()
            ));
            return Err((Some(Limit::MetadataBytes), status));
        }
        match self.0 {
            Source::Listed(entries) => match entries.iter().find(|(k, _)| !is_key(k.as_bytes())) {
                Some((key, _)) => {
                    let text = format!(
                        "metadata key {key:?}, take 1 to {KEY_MAX} visible ASCII characters"
                    );
                    Err((None, Status::bad_request(text)))
                }
                None => Ok(()),
            },
            Source::Packed { .. } => Ok(()),
        }
    }

    fn is_packable(&self) -> bool {
        self.bytes() + OVERHEAD * self.len() <= PACKED_MAX
            && self.iter().all(|(key, _)| is_key(key.as_bytes()))
    }
}

impl Default for Entries<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl PartialEq for Entries<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Entries<'_> {}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What is wrong with packed metadata. Each variant holds the index of the bad entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The lengths claim more bytes than there are.
    #[error("metadata entry {0} is longer than its part")]
    Overrun(usize),
    /// The key is empty, not visible ASCII, or not in lower case.
    #[error("the key of metadata entry {0} is not visible ASCII in lower case")]
    Key(usize),
    /// The value is not UTF-8.
    #[error("the value of metadata entry {0} is not UTF-8")]
    Value(usize),
}

fn is_key(key: &[u8]) -> bool {
    (1..=KEY_MAX).contains(&key.len())
        && key
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
}

/// Splits the first packed entry off: key, value, what follows.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let ([key, high, low], left) = bytes.split_first_chunk::<3>()?;
    let (key, left) = left.split_at_checked(usize::from(*key))?;
    let (value, left) = left.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
    Some((key, value, left))
}
