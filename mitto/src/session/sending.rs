//! Messages on their way into the out buffer.

use std::sync::MutexGuard;

use super::lent::Lent;
use super::out::Draft;
use super::pieces::Large;
use super::shared::{Shared, State};
use crate::codec::{CodecError, Encoder, Format};
use crate::envelope::Head;
use crate::limits::{Limit, reached};
use crate::message::{Encoded, Outgoing};

/// The payload that is encoded in the batch, in bytes, while nothing is written. A larger one is begun
/// again apart.
const IN_PLACE: usize = 1 << 20;

impl Shared {
    /// Encodes one message behind `head` into the out buffer, and calls `keep` with the length of its
    /// payload while the state is locked again. When that says `false`, the request has ended while
    /// its message was encoded, and the frame is dropped.
    ///
    /// The bytes are lent for it: see [`Out`](super::out::Out). An error or a panic leaves nothing of the
    /// frame behind.
    pub(super) fn send(
        &self,
        state: MutexGuard<'_, State>,
        head: &Head<'_>,
        format: Format,
        body: &dyn Outgoing,
        keep: impl FnOnce(&mut State, usize) -> bool,
    ) -> Result<(), CodecError> {
        let framing = &*self.framing;
        let mut lent = Lent::new(self, state);
        let out = lent.out();
        let start = out.len();
        framing.begin(head, out);
        let payload = out.len();
        let codecs = &self.config.codecs;
        let in_pieces = !self.text;
        let most = match in_pieces {
            true => self.message_limit.min(IN_PLACE),
            false => self.message_limit,
        };
        match body.encode(&mut Encoder::new(codecs, format, out, most)) {
            Ok(()) => {}
            Err(CodecError::TooLarge { .. }) if most < self.message_limit => {
                drop(lent);
                let large = self.encode_apart(format, body)?;
                self.send_large(head, large, keep);
                return Ok(());
            }
            Err(error) => return Err(self.note_size(error)),
        }
        let length = out.len() - payload;
        if in_pieces && length > self.piece {
            let large = cut(out, payload);
            drop(lent);
            self.send_large(head, large, keep);
            return Ok(());
        }
        let mut state = self.state();
        let mut frame = None;
        if keep(&mut state, length) {
            if in_pieces && state.out.pieces().has(head) {
                let behind = Large::new(head, cut(out, payload));
                state.out.large(behind);
            } else {
                framing.finish(head, start, out);
                frame = (out.len() > start).then_some(self.text);
            }
        }
        state.out.restore(lent.take(), frame);
        self.note_full(&state);
        drop(state);
        self.signal.raise_after_lock();
        Ok(())
    }

    /// Adds one that came encoded, while the state stays locked: nothing of the user's runs for it. Says `false`
    /// when it is to be [sent](Self::send) as any other: it is large, or must not be sent so.
    #[inline]
    pub(super) fn pass(&self, state: &mut State, head: &Head<'_>, body: &Encoded<'_>) -> bool {
        let most = match self.text {
            true => self.message_limit,
            false => self.message_limit.min(self.piece),
        };
        if head.format != Some(body.format) || body.bytes.len() > most {
            return false;
        }
        self.control(state, head, |out| out.extend_from_slice(body.bytes));
        true
    }

    /// Encodes one that has proved too large to be encoded in place: nothing waits for it here.
    #[cold]
    fn encode_apart(&self, format: Format, body: &dyn Outgoing) -> Result<Vec<u8>, CodecError> {
        let mut payload = Vec::new();
        let codecs = &self.config.codecs;
        let mut encoder = Encoder::new(codecs, format, &mut payload, self.message_limit);
        match body.encode(&mut encoder) {
            Ok(()) => Ok(payload),
            Err(error) => Err(self.note_size(error)),
        }
    }

    /// Sends a payload in pieces.
    #[cold]
    fn send_large(
        &self,
        head: &Head<'_>,
        payload: Vec<u8>,
        keep: impl FnOnce(&mut State, usize) -> bool,
    ) {
        let mut state = self.state();
        if keep(&mut state, payload.len()) {
            state.out.large(Large::new(head, payload));
            self.note_full(&state);
        }
        drop(state);
        self.signal.raise();
    }

    /// Takes bytes back that a message could not be encoded into.
    #[cold]
    pub(super) fn lose(&self, draft: Draft) {
        self.state().out.restore(draft, None);
        self.signal.raise();
    }

    #[cold]
    pub(super) fn note_size(&self, error: CodecError) -> CodecError {
        if let CodecError::TooLarge { .. } = error {
            reached(Limit::Message, &self.remote);
        }
        error
    }

    /// Adds a frame without the user's payload.
    pub(super) fn control(
        &self,
        state: &mut State,
        head: &Head<'_>,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        let framing = &*self.framing;
        if state.out.pieces().has(head) {
            let mut bytes = Vec::new();
            payload(&mut bytes);
            state.out.large(Large::new(head, bytes));
            return;
        }
        state.out.frame(self.text, |out| {
            let start = out.len();
            framing.begin(head, out);
            payload(out);
            framing.finish(head, start, out);
        });
        self.note_full(state);
    }

    /// Adds what the framing itself has to say to what came.
    pub(super) fn replies(&self) {
        let mut state = self.state();
        while self.framing.has_reply() {
            let framing = &*self.framing;
            state.out.frame(self.text, |out| framing.reply(out));
        }
        self.note_full(&state);
    }

    /// Gives a buffer back that a reply came in.
    pub(super) fn recycle(&self, bytes: Vec<u8>) {
        let left = self.state().spare.keep(bytes);
        drop(left);
    }
}

/// Takes the payload of a frame out.
#[cold]
fn cut(out: &mut Vec<u8>, payload: usize) -> Vec<u8> {
    out.split_off(payload)
}
