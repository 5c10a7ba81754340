//! Which of several places is next.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which place a request goes to, where its node has several. Those that are left out do not count.
///
/// It is read from a text, and with serde is one: `round-robin`, `random`, `first`, `least-in-flight`,
/// `by-key:FIELD`.
///
/// ```
/// use mitto::router::Policy;
///
/// assert_eq!("by-key:user".parse(), Ok(Policy::by_key("user")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// They take turns.
    #[default]
    RoundRobin,
    /// Any of them.
    Random,
    /// The first, in the order in which they were added; the others are for when it fails.
    First,
    /// The one with the fewest requests in flight; those with as few take turns.
    LeastInFlight,
    /// Requests with the same value of this field go to the same place, and only those of a place that comes
    /// or goes move.
    ///
    /// The field is an entry of the metadata or, where that has none of the name, one of the message: a text,
    /// a number, a truth value. The value counts, not its format. Requests without it take turns, as do those
    /// in formats without names of fields: compact, bytes, and MessagePack as a list.
    ByKey(String),
}

/// The text is no [`Policy`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no policy {0:?}, take round-robin, random, first, least-in-flight, or by-key: and the name of a field"
)]
pub struct PolicyError(String);

impl Policy {
    /// Requests with the same value of this field go to the same place: [`ByKey`](Self::ByKey).
    pub fn by_key(field: impl Into<String>) -> Self {
        Self::ByKey(field.into())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RoundRobin => "round-robin",
            Self::Random => "random",
            Self::First => "first",
            Self::LeastInFlight => "least-in-flight",
            Self::ByKey(field) => return write!(f, "by-key:{field}"),
        })
    }
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        Ok(match text {
            "round-robin" => Self::RoundRobin,
            "random" => Self::Random,
            "first" => Self::First,
            "least-in-flight" => Self::LeastInFlight,
            _ => match text.strip_prefix("by-key:") {
                Some(field) if !field.is_empty() => Self::by_key(field),
                _ => return Err(PolicyError(text.chars().take(64).collect())),
            },
        })
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
