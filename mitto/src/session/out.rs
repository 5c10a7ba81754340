//! What is waiting to be written.
//!
//! Callers and handlers encode straight into the connection's batch. Since encoding runs the user's
//! code, its bytes are lent out for it and no lock is held: whoever comes meanwhile gets an empty buffer
//! of its own, which is put behind when both are back. Until then nothing is written, so that the
//! frames of one task keep their order.

use crate::envelope::CorrelationId;
use crate::framing::Framing;
use crate::transport::Batch;

use super::pieces::{Large, Pieces};

/// The frames of one connection that are not yet written.
#[derive(Debug)]
pub(super) struct Out {
    batch: Batch,
    /// What came while the bytes of `batch` were lent.
    late: Batch,
    lent: bool,
    /// How many bytes that is.
    away: usize,
    /// Bytes that the connection has taken and not yet written.
    writing: usize,
    pieces: Pieces,
    /// The stream whose items the last frame of `batch` is a list of, and the bytes of that list.
    list: Option<(CorrelationId, usize)>,
}

/// Bytes lent to encode one frame at their end.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) bytes: Vec<u8>,
    /// Whether they are those of the batch.
    whole: bool,
}

impl Out {
    /// Nothing yet. So many messages take turns to be sent in pieces of `piece` bytes.
    pub(super) fn new(pieces_at_once: usize, piece: usize) -> Self {
        Self {
            batch: Batch::new(),
            late: Batch::new(),
            lent: false,
            away: 0,
            writing: 0,
            pieces: Pieces::new(pieces_at_once, piece),
            list: None,
        }
    }

    /// Bytes that wait here or in the connection.
    pub(super) fn len(&self) -> usize {
        self.batch.len() + self.away + self.late.len() + self.writing + self.pieces.len()
    }

    /// Whether there is something to write, and it may be written now.
    pub(super) fn is_ready(&self) -> bool {
        !self.lent && self.has_frames()
    }

    fn has_frames(&self) -> bool {
        !self.batch.is_empty() || !self.pieces.is_empty()
    }

    /// Lends the bytes of the batch.
    #[inline]
    pub(super) fn lend(&mut self) -> Draft {
        if self.lent {
            return Draft {
                bytes: Vec::new(),
                whole: false,
            };
        }
        self.lent = true;
        self.away = self.batch.len();
        Draft {
            bytes: std::mem::take(self.batch.bytes_mut()),
            whole: true,
        }
    }

    /// Takes lent bytes back. `frame` says whether a whole frame was added, and whether that is text; what
    /// else was added is dropped.
    #[inline(always)]
    pub(super) fn restore(&mut self, draft: Draft, frame: Option<bool>) {
        if !draft.whole {
            return self.restore_late(&draft.bytes, frame);
        }
        self.lent = false;
        self.away = 0;
        *self.batch.bytes_mut() = draft.bytes;
        match frame {
            Some(text) => {
                self.batch.end_frame(text);
                self.list = None;
            }
            None => self.batch.discard_open(),
        }
        if !self.late.is_empty() {
            self.list = None;
            self.batch.append(&mut self.late);
        }
    }

    #[cold]
    fn restore_late(&mut self, bytes: &[u8], frame: Option<bool>) {
        if let Some(text) = frame {
            self.frame(text, |out| out.extend_from_slice(bytes));
        }
    }

    /// Adds a small frame that takes no user code to make. Where nothing is written there is none.
    pub(super) fn frame(&mut self, text: bool, write: impl FnOnce(&mut Vec<u8>)) {
        self.list = None;
        let batch = if self.lent {
            &mut self.late
        } else {
            &mut self.batch
        };
        let before = batch.bytes_mut().len();
        write(batch.bytes_mut());
        if batch.bytes_mut().len() > before {
            batch.end_frame(text);
        }
    }

    /// Adds `length` bytes of a list of a stream's items, which `items` writes: to the frame of the last
    /// items, if nothing is behind that and both come to `most` bytes at most; else to one of its own, behind
    /// what `begin` writes.
    pub(super) fn list(
        &mut self,
        id: CorrelationId,
        length: usize,
        most: usize,
        begin: impl FnOnce(&mut Vec<u8>),
        items: impl FnOnce(&mut Vec<u8>),
    ) {
        let before = match self.list {
            Some((of, before)) if of == id && !self.lent => before,
            _ => 0,
        };
        if before > 0 && before + length <= most {
            items(self.batch.bytes_mut());
            self.batch.extend_frame();
            self.list = Some((id, before + length));
            return;
        }
        self.frame(false, |out| {
            begin(out);
            items(out);
        });
        self.list = (!self.lent).then_some((id, length));
    }

    /// The messages that travel in pieces.
    pub(super) fn pieces(&mut self) -> &mut Pieces {
        &mut self.pieces
    }

    /// Adds a message that travels in pieces.
    pub(super) fn large(&mut self, large: Large) {
        self.pieces.push(large);
    }

    /// Moves what is to be written next into `writing`, which is empty: all whole frames, and a piece
    /// of a large message behind them. Of more than `most` bytes, only the first frames.
    pub(super) fn take(&mut self, framing: &dyn Framing, writing: &mut Batch, most: usize) {
        if !self.is_ready() || most == 0 {
            return;
        }
        if self.batch.len() > most {
            self.batch.move_first(most, writing);
        } else {
            if !self.pieces.is_empty() {
                self.pieces.write_next(framing, &mut self.batch);
            }
            std::mem::swap(&mut self.batch, writing);
        }
        self.list = None;
        self.writing = writing.len();
    }

    /// Gives memory back that an idle connection does not need.
    pub(super) fn shrink(&mut self) {
        self.batch.shrink();
        self.late.shrink();
    }

    /// The connection has written what it took. Says how much that was.
    pub(super) fn written(&mut self) -> usize {
        std::mem::take(&mut self.writing)
    }
}
