//! What the two ends tell each other beside the message.

use super::Entries;
use crate::limits::Limits;
use crate::status::Status;

/// An ordered list of keys and values that travels beside a message.
///
/// Keys are visible ASCII, 1 to 255 bytes, in lower case: what is put in or looked up in upper case
/// is turned into lower case. Values are any text. Keys that begin with `mitto-` are reserved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    entries: Vec<(String, String)>,
}

impl Metadata {
    /// Makes an empty list; does not allocate.
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries().get(key)
    }

    /// Sets the only value of a key. A key that is there keeps its place in the order.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let key = lower(key.into());
        let Some(at) = self.entries.iter().position(|(k, _)| *k == key) else {
            self.entries.push((key, value.into()));
            return;
        };
        self.entries[at].1 = value.into();
        let mut index = 0;
        self.entries.retain(|(k, _)| {
            index += 1;
            index <= at + 1 || *k != key
        });
    }

    /// Adds a value at the end, beside those that the key has.
    pub fn append(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.entries.push((lower(key.into()), value.into()));
    }

    /// Takes every value of a key out.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|(k, _)| !k.eq_ignore_ascii_case(key));
    }

    /// The keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries().iter()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What a [`Head`](super::Head) carries.
    pub fn entries(&self) -> Entries<'_> {
        Entries::listed(&self.entries)
    }

    /// Whether it may be sent.
    ///
    /// # Errors
    ///
    /// As [`Entries::check`].
    pub fn check(&self, limits: &Limits) -> Result<(), Status> {
        self.entries().check(limits)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut metadata = Self::new();
        for (key, value) in entries {
            metadata.append(key, value);
        }
        metadata
    }
}

/// An owned copy.
impl From<Entries<'_>> for Metadata {
    fn from(entries: Entries<'_>) -> Self {
        entries.iter().collect()
    }
}

fn lower(mut key: String) -> String {
    key.make_ascii_lowercase();
    key
}
