//! A peer that speaks the native framing by hand, byte for byte.

use std::future::poll_fn;

use mitto::status::{Code, Status};
use mitto::transport::{Batch, CloseReason, Connection};

pub(super) const FROM_REQUESTER: u16 = 1;
pub(super) const MORE: u16 = 2;
pub(super) const REST: u16 = 4;
pub(super) const STATUS: u16 = 8;

pub(super) const HELLO: u8 = 1;
pub(super) const REQUEST: u8 = 2;
pub(super) const RESPONSE: u8 = 3;
pub(super) const ERROR: u8 = 4;
pub(super) const NOTIFICATION: u8 = 5;
pub(super) const CANCEL: u8 = 6;
pub(super) const ITEM: u8 = 7;
pub(super) const END: u8 = 8;
pub(super) const CREDIT: u8 = 9;
pub(super) const PROGRESS: u8 = 10;
pub(super) const GOODBYE: u8 = 11;
pub(super) const PING: u8 = 12;
pub(super) const PONG: u8 = 13;

pub(super) const JSON: u8 = 1;

/// One frame, field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u16,
    pub(super) generation: u32,
    pub(super) slot: u32,
    pub(super) message: u32,
    pub(super) format: u8,
    pub(super) parts: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) fn new(kind: u8, flags: u16, (slot, generation): (u32, u32)) -> Self {
        Self {
            kind,
            flags,
            generation,
            slot,
            ..Self::default()
        }
    }

    /// A request in JSON.
    pub(super) fn request(id: (u32, u32), message: u32, json: &str) -> Self {
        Self::new(REQUEST, FROM_REQUESTER, id)
            .message(message)
            .json(json)
    }

    pub(super) fn message(mut self, message: u32) -> Self {
        self.message = message;
        self
    }

    pub(super) fn json(mut self, json: &str) -> Self {
        self.format = JSON;
        self.payload = json.into();
        self
    }

    pub(super) fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.into();
        self
    }

    pub(super) fn flags(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }

    pub(super) fn part(mut self, tag: u8, bytes: &[u8]) -> Self {
        self.parts.push(tag);
        let length = u16::try_from(bytes.len()).unwrap();
        self.parts.extend_from_slice(&length.to_be_bytes());
        self.parts.extend_from_slice(bytes);
        self
    }

    pub(super) fn timeout(self, milliseconds: u32) -> Self {
        self.part(2, &milliseconds.to_be_bytes())
    }

    pub(super) fn total(self, total: u64) -> Self {
        self.part(4, &total.to_be_bytes())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1, self.kind];
        bytes.extend_from_slice(&self.flags.to_be_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.slot.to_be_bytes());
        bytes.extend_from_slice(&self.message.to_be_bytes());
        bytes.extend_from_slice(&[self.format, 0]);
        bytes.extend_from_slice(&u16::try_from(self.parts.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&self.parts);
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    fn parse(bytes: &[u8]) -> Self {
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let half = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(bytes[0], 1, "version");
        let parts = 20 + usize::from(half(18));
        Self {
            kind: bytes[1],
            flags: half(2),
            generation: word(4),
            slot: word(8),
            message: word(12),
            format: bytes[16],
            parts: bytes[20..parts].into(),
            payload: bytes[parts..].into(),
        }
    }

    pub(super) fn id(&self) -> (u32, u32) {
        (self.slot, self.generation)
    }

    /// The status in an error or a goodbye.
    pub(super) fn status(&self) -> Status {
        assert!(self.kind == GOODBYE || self.flags & STATUS != 0, "{self:?}");
        let code = u16::from_be_bytes([self.payload[0], self.payload[1]]);
        let text = String::from_utf8(self.payload[2..].to_vec()).unwrap();
        Status::new(Code::from(code), text)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).unwrap()
    }
}

/// The end of a connection that is spoken by hand.
pub(super) struct Raw {
    pub(super) connection: Box<dyn Connection>,
}

impl Raw {
    pub(super) fn new(connection: impl Connection) -> Self {
        Self {
            connection: Box::new(connection),
        }
    }

    /// Says hello and reads the other end's.
    pub(super) async fn hello(&mut self) {
        self.send(&Frame::new(HELLO, 0, (0, 0))).await;
        assert_eq!(self.receive().await.unwrap().kind, HELLO);
    }

    pub(super) async fn send(&mut self, frame: &Frame) {
        self.send_bytes(&frame.bytes()).await;
    }

    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        let mut batch = Batch::new();
        batch.bytes_mut().extend_from_slice(bytes);
        batch.end_frame(false);
        // What the other end has closed already takes nothing more.
        let _ = poll_fn(|cx| self.connection.poll_write(cx, &mut batch)).await;
    }

    /// Hands frames to the connection without waiting until they are taken.
    pub(super) async fn push(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let mut batch = Batch::new();
        for frame in frames {
            batch.bytes_mut().extend_from_slice(&frame.bytes());
            batch.end_frame(false);
        }
        poll_fn(|cx| {
            let _ = self.connection.poll_write(cx, &mut batch);
            std::task::Poll::Ready(())
        })
        .await;
    }

    /// The next frame; `None` at the end.
    pub(super) async fn receive(&mut self) -> Option<Frame> {
        loop {
            if let Ok(Some(frame)) = self.connection.next_frame() {
                return Some(Frame::parse(frame.bytes));
            }
            let mut nothing = Batch::new();
            let more = poll_fn(|cx| {
                let _ = self.connection.poll_write(cx, &mut nothing);
                self.connection.poll_fill(cx)
            });
            if !matches!(more.await, Ok(true)) {
                return None;
            }
        }
    }

    /// The status that the other end closes with, and the transport's close code.
    pub(super) async fn goodbye(&mut self) -> (Status, u16) {
        let goodbye = self.receive().await.expect("a goodbye");
        assert_eq!(goodbye.kind, GOODBYE, "{goodbye:?}");
        assert_eq!(self.receive().await, None);
        (goodbye.status(), self.close_code())
    }

    pub(super) fn close_code(&self) -> u16 {
        self.connection
            .close_reason()
            .map_or(0, |reason| reason.code)
    }

    pub(super) async fn close(&mut self) {
        let _ = poll_fn(|cx| self.connection.poll_close(cx, &CloseReason::done())).await;
    }
}
