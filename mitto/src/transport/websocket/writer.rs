//! The writing direction: one buffer with everything that waits, written at once.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rand::Rng;
use rand::rngs::ThreadRng;
use tokio::io::AsyncWrite;

use super::frame::{CONTROL_MAX, HEADER_MAX, Header, Opcode, Role, apply_mask, close_payload};
use crate::transport::socket::WriteBuffer;
use crate::transport::{Batch, CloseReason};

/// The most that waits of answers to pings, in bytes.
const PONGS: usize = 2 << 10;

pub(super) struct Writer {
    role: Role,
    out: WriteBuffer,
    ping: bool,
    /// The answers to pings, as frames.
    pongs: Vec<u8>,
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
            out: WriteBuffer::default(),
            ping: false,
            pongs: Vec::new(),
            close: Close::No,
        }
    }

    pub(super) fn accepted(&self) -> u64 {
        self.out.accepted()
    }

    /// Gives back the memory of a buffer that is empty.
    pub(super) fn shrink(&mut self) {
        self.out.shrink();
    }

    pub(super) fn ping(&mut self) {
        self.ping = true;
    }

    /// Answers a ping. Only the latest needs an answer (RFC 6455, section 5.5.3), so a flood of them
    /// costs no more than a few.
    pub(super) fn pong(&mut self, payload: &[u8]) {
        if self.pongs.len() > PONGS {
            self.pongs.clear();
        }
        control(&mut self.pongs, self.role, Opcode::Pong, payload);
    }

    /// Says goodbye behind what is queued. The first reason counts.
    pub(super) fn close(&mut self, reason: Option<&CloseReason>) {
        if let Close::No = self.close {
            self.close = Close::Wanted(reason.map(close_payload).unwrap_or_default());
        }
    }

    /// Takes the frames of a batch.
    pub(super) fn take(&mut self, batch: &mut Batch) -> io::Result<()> {
        if let Close::Queued = self.close {
            let lost = !batch.is_empty();
            batch.clear();
            return match lost {
                true => Err(io::ErrorKind::BrokenPipe.into()),
                false => Ok(()),
            };
        }
        let idle = self.out.is_empty();
        if idle {
            self.controls();
        }
        if !batch.is_empty() {
            self.data(batch);
            batch.clear();
        }
        if idle {
            self.goodbye();
        }
        Ok(())
    }

    /// Writes until nothing is left.
    pub(super) fn poll(
        &mut self,
        mut stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.out.poll_write(stream.as_mut(), cx))?;
            self.controls();
            self.goodbye();
            if self.out.is_empty() {
                break;
            }
        }
        self.out.poll_flush(stream, cx)
    }

    /// Queues pings and answers to pings. Only while nothing waits to be written: a peer that pings
    /// and does not read would make the buffer grow.
    fn controls(&mut self) {
        if let Close::Queued = self.close {
            return;
        }
        if mem::take(&mut self.ping) {
            control(self.out.bytes_mut(), self.role, Opcode::Ping, &[]);
        }
        if !self.pongs.is_empty() {
            self.out.bytes_mut().append(&mut self.pongs);
            self.pongs = Vec::new();
        }
    }

    fn goodbye(&mut self) {
        if let Close::Wanted(payload) = &self.close {
            control(self.out.bytes_mut(), self.role, Opcode::Close, payload);
            self.close = Close::Queued;
        }
    }

    fn data(&mut self, batch: &Batch) {
        let frames = batch.frames();
        let out = self.out.bytes_mut();
        out.reserve(batch.len() + frames.len() * HEADER_MAX + CONTROL_MAX);
        let mut masks = masks(self.role);
        for frame in frames {
            let opcode = match frame.text {
                true => Opcode::Text,
                false => Opcode::Binary,
            };
            append(out, opcode, masks.as_mut(), frame.bytes);
        }
    }
}

fn control(out: &mut Vec<u8>, role: Role, opcode: Opcode, payload: &[u8]) {
    append(out, opcode, masks(role).as_mut(), payload);
}

#[inline]
fn append(out: &mut Vec<u8>, opcode: Opcode, masks: Option<&mut ThreadRng>, payload: &[u8]) {
    let header = Header {
        fin: true,
        opcode,
        mask: masks.map(|random| random.next_u32().to_ne_bytes()),
        len: payload.len() as u64,
    };
    header.write(out);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(mask) = header.mask {
        apply_mask(&mut out[start..], mask);
    }
}

/// Masks must not be foreseeable (RFC 6455, section 10.3): ChaCha, seeded by the system.
fn masks(role: Role) -> Option<ThreadRng> {
    match role {
        Role::Client => Some(rand::rng()),
        Role::Server => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    #[tokio::test]
    async fn pongs_do_not_pile_up_before_a_peer_that_does_not_read() {
        let (mut here, mut there) = duplex(16);
        let mut writer = Writer::new(Role::Server);
        let mut batch = Batch::new();
        batch.bytes_mut().extend_from_slice(&[7; 100]);
        batch.end_frame(false);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for i in 0..10_000 {
            writer.take(&mut batch).unwrap();
            assert!(writer.poll(Pin::new(&mut here), &mut cx).is_pending());
            writer.pong(format!("{i:6}").as_bytes());
        }
        assert_eq!(writer.out.bytes_mut().len(), 102);
        assert!(writer.pongs.len() <= PONGS + CONTROL_MAX + HEADER_MAX);
        let mut read = vec![0; 102 + writer.pongs.len()];
        let write = std::future::poll_fn(|cx| writer.poll(Pin::new(&mut here), cx));
        let (written, all) = tokio::join!(write, there.read_exact(&mut read));
        written.unwrap();
        all.unwrap();
        assert!(read.ends_with(b"\x8A\x06  9999"));
        assert_eq!(writer.accepted(), read.len() as u64);
    }
}
