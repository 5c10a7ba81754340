//! The writing direction: one buffer with everything that waits, written at once.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rand::Rng;
use tokio::io::AsyncWrite;

use super::frame::{CONTROL_MAX, HEADER_MAX, Header, Opcode, Role, apply_mask, close_payload};
use crate::transport::{Batch, CloseReason};

/// Memory that the emptied buffer keeps after a large batch, in bytes.
const KEEP: usize = 64 << 10;

/// A batch up to this size is a small one; after it the buffer is given back down to it, in bytes.
const SMALL: usize = 1 << 10;

pub(super) struct Writer {
    role: Role,
    out: Vec<u8>,
    written: usize,
    accepted: u64,
    unflushed: bool,
    ping: bool,
    /// The payload to answer the latest ping with; the earlier ones need no answer.
    pong: Option<Vec<u8>>,
    close: Close,
}

/// How far the goodbye is. Nothing may follow it.
enum Close {
    No,
    Wanted(Vec<u8>),
    Queued,
}

impl Writer {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            out: Vec::new(),
            written: 0,
            accepted: 0,
            unflushed: false,
            ping: false,
            pong: None,
            close: Close::No,
        }
    }

    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    pub(super) fn ping(&mut self) {
        self.ping = true;
    }

    pub(super) fn pong(&mut self, payload: &[u8]) {
        let pong = self.pong.get_or_insert_default();
        pong.clear();
        pong.extend_from_slice(payload);
    }

    /// Says goodbye behind what is queued. The first reason counts.
    pub(super) fn close(&mut self, reason: Option<&CloseReason>) {
        if let Close::No = self.close {
            self.close = Close::Wanted(reason.map(close_payload).unwrap_or_default());
        }
    }

    /// Takes the frames of a batch, and what the transport itself has to say.
    pub(super) fn take(&mut self, batch: &mut Batch) -> io::Result<()> {
        if let Close::Queued = self.close {
            let lost = !batch.is_empty();
            batch.clear();
            return match lost {
                true => Err(io::ErrorKind::BrokenPipe.into()),
                false => Ok(()),
            };
        }
        if !batch.is_empty() {
            self.data(batch);
            batch.clear();
        }
        if mem::take(&mut self.ping) {
            self.control(Opcode::Ping, &mut []);
        }
        if let Some(mut payload) = self.pong.take() {
            self.control(Opcode::Pong, &mut payload);
        }
        if let Close::Wanted(payload) = &mut self.close {
            let mut payload = mem::take(payload);
            self.control(Opcode::Close, &mut payload);
            self.close = Close::Queued;
        }
        Ok(())
    }

    /// Writes until nothing is left.
    pub(super) fn poll(
        &mut self,
        mut stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(rest @ [_, ..]) = self.out.get(self.written..) {
            match ready!(stream.as_mut().poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => {
                    self.written += n;
                    self.accepted += n as u64;
                    self.unflushed = true;
                }
            }
        }
        if self.unflushed {
            let size = mem::take(&mut self.written);
            self.out.clear();
            self.out.shrink_to(if size <= SMALL { SMALL } else { KEEP });
            ready!(stream.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn data(&mut self, batch: &Batch) {
        let frames = batch.frames();
        self.out
            .reserve(batch.len() + frames.len() * HEADER_MAX + CONTROL_MAX);
        let mut masks = self.masks();
        for frame in frames {
            let header = Header {
                fin: true,
                opcode: match frame.text {
                    true => Opcode::Text,
                    false => Opcode::Binary,
                },
                mask: masks.as_mut().map(|random| random.next_u32().to_ne_bytes()),
                len: frame.bytes.len() as u64,
            };
            header.write(&mut self.out);
            let start = self.out.len();
            self.out.extend_from_slice(frame.bytes);
            if let Some(mask) = header.mask {
                apply_mask(&mut self.out[start..], mask);
            }
        }
    }

    fn control(&mut self, opcode: Opcode, payload: &mut [u8]) {
        let header = Header {
            fin: true,
            opcode,
            mask: self
                .masks()
                .map(|mut random| random.next_u32().to_ne_bytes()),
            len: payload.len() as u64,
        };
        if let Some(mask) = header.mask {
            apply_mask(payload, mask);
        }
        header.write(&mut self.out);
        self.out.extend_from_slice(payload);
    }

    /// Masks must not be foreseeable (RFC 6455, section 10.3): ChaCha, seeded by the system.
    fn masks(&self) -> Option<rand::rngs::ThreadRng> {
        match self.role {
            Role::Client => Some(rand::rng()),
            Role::Server => None,
        }
    }
}
