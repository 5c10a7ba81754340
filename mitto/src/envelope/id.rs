//! The two numbers that an envelope is found by: which message it is, and which request it belongs to.

use std::fmt;

/// Which message an envelope carries: the hash of its wire name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u32);

impl MessageId {
    /// What an envelope says that carries no message of the schema: 0.
    pub const NONE: Self = Self(0);

    /// The id of a wire name: its 32-bit FNV-1a hash.
    ///
    /// ```
    /// use mitto::envelope::MessageId;
    ///
    /// const PING: MessageId = MessageId::of_name("Ping");
    /// assert_eq!(PING.to_string(), "0x7fb7f0a9");
    /// ```
    pub const fn of_name(name: &str) -> Self {
        Self::of_bytes(name.as_bytes())
    }

    /// The same for a name whose text is not yet looked at.
    pub(crate) const fn of_bytes(bytes: &[u8]) -> Self {
        const OFFSET: u32 = 0x811c_9dc5;
        const PRIME: u32 = 0x0100_0193;
        let mut hash = OFFSET;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u32).wrapping_mul(PRIME);
            at += 1;
        }
        Self(hash)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// Which request of a connection an envelope belongs to: a slot and its generation.
///
/// The end that makes the request chooses it. The slot is an index below the in-flight limit that
/// the other end announced, so that both ends find it in an array; the generation tells a late
/// answer to the slot's last request from one to its present request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorrelationId(u64);

impl CorrelationId {
    /// What an envelope says that belongs to no request: 0. No request has it, because generations
    /// start at 1.
    pub const NONE: Self = Self(0);

    /// Joins a slot and its generation.
    pub const fn new(slot: u32, generation: u32) -> Self {
        Self((generation as u64) << 32 | slot as u64)
    }

    /// The index in the table of requests in flight.
    pub const fn slot(self) -> u32 {
        self.0 as u32
    }

    /// How many requests the slot has had, this one included; after `u32::MAX` comes 1.
    pub const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether this is [`NONE`](Self::NONE).
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl From<u64> for CorrelationId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<CorrelationId> for u64 {
    fn from(id: CorrelationId) -> Self {
        id.0
    }
}

/// `slot.generation`, as in `3.1`.
impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.slot(), self.generation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_fnv_1a() {
        assert_eq!(MessageId::of_name(""), MessageId(0x811c_9dc5));
        assert_eq!(MessageId::of_name("foobar"), MessageId(0xbf9c_f968));
    }

    #[test]
    fn correlation_ids_keep_slot_and_generation() {
        let id = CorrelationId::new(u32::MAX, 7);
        assert_eq!((id.slot(), id.generation()), (u32::MAX, 7));
        assert_eq!(CorrelationId::from(u64::from(id)), id);
        assert_eq!(CorrelationId::new(3, 1).to_string(), "3.1");
        assert!(CorrelationId::default().is_none());
    }
}
