//! Items of streams in lists: several in one frame, with one lock and one wake for all.

use std::sync::MutexGuard;

use super::pieces::Large;
use super::receive::{End, Receive};
use super::shared::{Shared, State};
use crate::codec::{CodecError, Encoder, Format};
use crate::envelope::{CorrelationId, Head, Kind, List, ListError, item_cost};
use crate::job::{Allowance, GatheredItems};
use crate::message::Outgoing;
use crate::status::Status;

/// What a handler may gather before it is sent, in bytes.
const GATHERED: usize = 16 << 10;

impl Receive {
    /// The items of a list.
    pub(super) fn items(
        &mut self,
        head: &Head<'_>,
        list: Result<List<'_>, ListError>,
    ) -> Result<(), End> {
        let list = match list {
            Ok(list) => list,
            Err(error) => {
                self.fail(head.correlation, Status::bad_request(error.to_string()));
                return Ok(());
            }
        };
        self.check_size(list.longest())?;
        let shared = &*self.shared;
        let mut guard = shared.state();
        let state = &mut *guard;
        let (id, format) = (head.correlation, head.format.unwrap_or(shared.format));
        let buffer = || state.spare.take();
        let completed = state.in_flight.complete_items(id, format, &list, buffer);
        self.wakers.extend(shared.item_came(state, head, completed));
        self.told.resume(state.handing.take_handover(id));
        Ok(())
    }

    /// Whether a message of so many bytes is taken.
    #[inline]
    pub(super) fn check_size(&self, length: usize) -> Result<(), End> {
        let limit = self.shared.config.limits.message;
        match length > limit {
            false => Ok(()),
            true => Err(End::too_large(format!(
                "a message of {length} bytes, at most {limit} are taken"
            ))),
        }
    }
}

impl Shared {
    /// Encodes one item and sends it, in a list if it fits there.
    pub(super) fn send_item(
        &self,
        mut state: MutexGuard<'_, State>,
        id: CorrelationId,
        format: Format,
        item: &dyn Outgoing,
    ) -> Result<(), CodecError> {
        let mut bytes = state.spare.take();
        // No lock is held while the user's code runs.
        drop(state);
        let codecs = &self.config.codecs;
        let mut encoder = Encoder::new(codecs, format, &mut bytes, self.message_limit);
        item.encode(&mut encoder)
            .map_err(|error| self.note_size(error))?;
        let mut state = self.state();
        let cost = item_cost(bytes.len());
        let left = self.add_items(&mut state, id, format, cost, Encoded::Item(bytes));
        let left = left.and_then(|bytes| state.spare.keep(bytes));
        drop(state);
        drop(left);
        self.signal.raise_after_lock();
        Ok(())
    }

    /// What the handler of a stream may send at once; `None` when it must wait, or send one by one.
    pub(super) fn allow(&self, id: CorrelationId) -> Option<Allowance> {
        if !self.lists {
            return None;
        }
        let mut state = self.state();
        let room = self.has_room_for_answers(&state);
        let request = state.requests.get(id)?;
        let credit = request.credit;
        if credit <= 0 || !room {
            return None;
        }
        let format = request.format.unwrap_or(self.format);
        if !request.opened {
            self.open(&mut state, id);
        }
        Some(Allowance {
            format,
            codecs: self.config.codecs.clone(),
            bytes: self.message_limit.min(GATHERED).min(self.piece / 2),
            credit,
        })
    }

    /// Sends items that were gathered.
    pub(super) fn send_gathered(&self, id: CorrelationId, items: &GatheredItems<'_>) {
        let mut state = self.state();
        let GatheredItems { format, cost, .. } = *items;
        self.add_items(&mut state, id, format, cost, Encoded::List(items.list));
        drop(state);
        self.signal.raise_after_lock();
    }

    /// Adds items to the out buffer, and gives back what held them; drops them if their request has ended
    /// meanwhile.
    fn add_items(
        &self,
        state: &mut State,
        id: CorrelationId,
        format: Format,
        cost: usize,
        encoded: Encoded<'_>,
    ) -> Option<Vec<u8>> {
        if state.requests.get(id).is_none() {
            return encoded.into_bytes();
        }
        state.requests.item_sent(id, cost);
        let head = Head {
            format: Some(format),
            ..Head::new(Kind::Item, id)
        };
        let most = self.piece.min(List::MOST);
        let waits = state.out.pieces().has(&head);
        let left = match encoded {
            Encoded::Item(bytes) if waits || List::length_of(&bytes) > most => {
                state.out.large(Large::new(&head, bytes));
                None
            }
            Encoded::List(list) if waits => {
                for item in List::items_of(list) {
                    state.out.large(Large::new(&head, item.to_vec()));
                }
                None
            }
            fits => {
                let head = Head { list: true, ..head };
                let begin = |out: &mut Vec<u8>| self.framing.begin(&head, out);
                state
                    .out
                    .list(id, fits.len(), most, begin, |out| match &fits {
                        Encoded::Item(bytes) => List::push(bytes, out),
                        Encoded::List(list) => out.extend_from_slice(list),
                    });
                fits.into_bytes()
            }
        };
        self.note_full(state);
        left
    }
}

/// Items that are encoded.
enum Encoded<'a> {
    Item(Vec<u8>),
    /// The bytes of a [`List`].
    List(&'a [u8]),
}

impl Encoded<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Item(bytes) => List::length_of(bytes),
            Self::List(list) => list.len(),
        }
    }

    fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Item(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }
}
