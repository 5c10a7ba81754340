//! Large messages on their way out, in pieces, so that nothing else waits behind them.

use std::collections::VecDeque;

use crate::address::{Address, OwnedAddress};
use crate::auth::{Identity, Stated};
use crate::envelope::{CorrelationId, Head, Metadata};
use crate::framing::Framing;
use crate::transport::Batch;

/// The messages that are being sent in pieces. They take turns, some at once; the others wait.
#[derive(Debug)]
pub(super) struct Pieces {
    queue: VecDeque<Large>,
    /// How many take turns: what the other end said it takes.
    at_once: usize,
    /// The largest payload of one frame, in bytes.
    piece: usize,
    bytes: usize,
}

/// One message on its way in pieces.
#[derive(Debug)]
pub(super) struct Large {
    head: OwnedHead,
    payload: Vec<u8>,
    sent: usize,
    /// What belongs to the same stream and must come after it.
    behind: VecDeque<Large>,
}

/// A head that owns what it says.
#[derive(Debug)]
struct OwnedHead {
    head: Head<'static>,
    name: Box<str>,
    address: Option<OwnedAddress>,
    metadata: Metadata,
    /// What the head states of it, if it does.
    identity: Option<Option<Identity>>,
}

impl Large {
    #[cold]
    pub(super) fn new(head: &Head<'_>, payload: Vec<u8>) -> Self {
        Self {
            head: OwnedHead {
                name: head.name.into(),
                address: head.address.map(Address::into_owned),
                metadata: head.metadata.into(),
                identity: head.identity.map(|stated| stated.identity()),
                head: head.detached(),
            },
            payload,
            sent: 0,
            behind: VecDeque::new(),
        }
    }

    fn correlation(&self) -> CorrelationId {
        self.head.head.correlation
    }

    fn is_from_requester(&self) -> bool {
        self.head.head.from_requester
    }

    /// Writes the next piece; `true` when it was the last.
    fn write(&mut self, piece: usize, framing: &dyn Framing, batch: &mut Batch) -> bool {
        let end = self.payload.len().min(self.sent + piece);
        let more = end < self.payload.len();
        let first = self.sent == 0;
        let head = match first {
            true => Head {
                more,
                total: more.then_some(self.payload.len() as u64),
                name: &self.head.name,
                address: self.head.address.as_ref().map(OwnedAddress::as_address),
                metadata: self.head.metadata.entries(),
                identity: self.head.identity.as_ref().map(Stated::of),
                ..self.head.head
            },
            false => Head {
                from_requester: self.is_from_requester(),
                status: self.head.head.status,
                more,
                rest: true,
                format: self.head.head.format,
                ..Head::new(self.head.head.kind, self.correlation())
            },
        };
        let start = batch.bytes_mut().len();
        framing.begin(&head, batch.bytes_mut());
        batch
            .bytes_mut()
            .extend_from_slice(&self.payload[self.sent..end]);
        framing.finish(&head, start, batch.bytes_mut());
        batch.end_frame(framing.text());
        self.sent = end;
        !more
    }
}

impl Pieces {
    pub(super) fn new(at_once: usize, piece: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            at_once: at_once.max(1),
            piece,
            bytes: 0,
        }
    }

    /// Bytes that are still to be sent.
    pub(super) fn len(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether something of this request is on its way: then what follows must queue up behind it.
    #[inline]
    pub(super) fn has(&self, head: &Head<'_>) -> bool {
        !self.queue.is_empty() && self.finds(head)
    }

    fn finds(&self, head: &Head<'_>) -> bool {
        !head.correlation.is_none()
            && self.queue.iter().any(|large| {
                large.correlation() == head.correlation
                    && large.is_from_requester() == head.from_requester
            })
    }

    /// Adds a message. Those of one correlation id come one after the other: the items of a stream,
    /// and notifications, which have no id.
    pub(super) fn push(&mut self, large: Large) {
        self.bytes += large.payload.len();
        let (id, side) = (large.correlation(), large.is_from_requester());
        match self
            .queue
            .iter_mut()
            .find(|l| l.correlation() == id && l.is_from_requester() == side)
        {
            Some(before) => before.behind.push_back(large),
            None => self.queue.push_back(large),
        }
    }

    /// Drops what is left of the request that `head` belongs to.
    pub(super) fn cancel(&mut self, head: &Head<'_>) {
        let bytes = &mut self.bytes;
        self.queue.retain(|large| {
            let keep = large.correlation() != head.correlation
                || large.is_from_requester() != head.from_requester;
            if !keep {
                let behind: usize = large.behind.iter().map(|l| l.payload.len()).sum();
                *bytes -= large.payload.len() - large.sent + behind;
            }
            keep
        });
    }

    /// Writes a piece of the message whose turn it is.
    pub(super) fn write_next(&mut self, framing: &dyn Framing, batch: &mut Batch) {
        let Some(mut large) = self.queue.pop_front() else {
            return;
        };
        let before = large.sent;
        let last = large.write(self.piece, framing, batch);
        self.bytes -= large.sent - before;
        let next = match last {
            false => Some(large),
            true => {
                let mut behind = large.behind;
                behind.pop_front().map(|mut next| {
                    next.behind = behind;
                    next
                })
            }
        };
        if let Some(next) = next {
            let turn = self.queue.len().min(self.at_once - 1);
            self.queue.insert(turn, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Kind;
    use crate::framing::Native;
    use crate::framing::PIECE;

    fn large(slot: u32, kind: Kind, bytes: usize) -> Large {
        let head = Head::new(kind, CorrelationId::new(slot, 1));
        Large::new(&head, vec![slot as u8; bytes])
    }

    fn written(pieces: &mut Pieces) -> Vec<(u32, Kind, bool)> {
        let mut batch = Batch::new();
        while !pieces.is_empty() {
            pieces.write_next(&Native, &mut batch);
        }
        let mut seen = Vec::new();
        for frame in batch.frames() {
            Native
                .parse(frame.bytes, &mut |envelope| {
                    let head = envelope.head;
                    seen.push((head.correlation.slot(), head.kind, head.more));
                })
                .unwrap();
        }
        assert_eq!(pieces.len(), 0);
        seen
    }

    #[test]
    fn large_messages_take_turns() {
        let mut pieces = Pieces::new(2, PIECE);
        for slot in 1..=3 {
            pieces.push(large(slot, Kind::Response, PIECE + 1));
        }
        let order: Vec<_> = written(&mut pieces).iter().map(|(s, ..)| *s).collect();
        assert_eq!(order, [1, 2, 1, 2, 3, 3]);
    }

    #[test]
    fn items_of_one_stream_keep_their_order() {
        let mut pieces = Pieces::new(4, PIECE);
        pieces.push(large(1, Kind::Item, PIECE * 2));
        pieces.push(large(2, Kind::Item, PIECE * 2));
        pieces.push(large(1, Kind::End, 0));
        assert!(pieces.has(&Head::new(Kind::Item, CorrelationId::new(1, 1))));
        let of_one: Vec<_> = written(&mut pieces)
            .into_iter()
            .filter(|(slot, ..)| *slot == 1)
            .map(|(_, kind, more)| (kind, more))
            .collect();
        let item = Kind::Item;
        assert_eq!(of_one, [(item, true), (item, false), (Kind::End, false)]);
    }
}
