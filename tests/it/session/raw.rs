//! A peer that speaks the native framing by hand, byte for byte.

use std::future::poll_fn;

use mitto::status::{Code, Status};
use mitto::transport::{Batch, CloseReason, Connection};

pub(crate) const FROM_REQUESTER: u16 = 1;
pub(crate) const MORE: u16 = 2;
pub(crate) const REST: u16 = 4;
pub(crate) const STATUS: u16 = 8;
pub(crate) const LIST: u16 = 0x40;

pub(crate) const HELLO: u8 = 1;
pub(crate) const REQUEST: u8 = 2;
pub(crate) const RESPONSE: u8 = 3;
pub(crate) const ERROR: u8 = 4;
pub(crate) const NOTIFICATION: u8 = 5;
pub(crate) const CANCEL: u8 = 6;
pub(crate) const ITEM: u8 = 7;
pub(crate) const END: u8 = 8;
pub(crate) const CREDIT: u8 = 9;
pub(crate) const PROGRESS: u8 = 10;
pub(crate) const GOODBYE: u8 = 11;
pub(crate) const PING: u8 = 12;
pub(crate) const PONG: u8 = 13;

pub(crate) const JSON: u8 = 1;

/// One frame, field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u16,
    pub(crate) generation: u32,
    pub(crate) slot: u32,
    pub(crate) message: u32,
    pub(crate) format: u8,
    pub(crate) parts: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn new(kind: u8, flags: u16, (slot, generation): (u32, u32)) -> Self {
        Self {
            kind,
            flags,
            generation,
            slot,
            ..Self::default()
        }
    }

    /// A request in JSON.
    pub(crate) fn request(id: (u32, u32), message: u32, json: &str) -> Self {
        Self::new(REQUEST, FROM_REQUESTER, id)
            .message(message)
            .json(json)
    }

    pub(crate) fn message(mut self, message: u32) -> Self {
        self.message = message;
        self
    }

    pub(crate) fn json(mut self, json: &str) -> Self {
        self.format = JSON;
        self.payload = json.into();
        self
    }

    pub(crate) fn payload(mut self, payload: &[u8]) -> Self {
        self.payload = payload.into();
        self
    }

    pub(crate) fn flags(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }

    pub(crate) fn part(mut self, tag: u8, bytes: &[u8]) -> Self {
        self.parts.push(tag);
        let length = u16::try_from(bytes.len()).unwrap();
        self.parts.extend_from_slice(&length.to_be_bytes());
        self.parts.extend_from_slice(bytes);
        self
    }

    pub(crate) fn timeout(self, milliseconds: u32) -> Self {
        self.part(2, &milliseconds.to_be_bytes())
    }

    pub(crate) fn total(self, total: u64) -> Self {
        self.part(4, &total.to_be_bytes())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
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

    pub(crate) fn id(&self) -> (u32, u32) {
        (self.slot, self.generation)
    }

    /// The status in an error or a goodbye.
    pub(crate) fn status(&self) -> Status {
        assert!(self.kind == GOODBYE || self.flags & STATUS != 0, "{self:?}");
        let code = u16::from_be_bytes([self.payload[0], self.payload[1]]);
        let text = String::from_utf8(self.payload[2..].to_vec()).unwrap();
        Status::new(Code::from(code), text)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).unwrap()
    }
}

/// The end of a connection that is spoken by hand.
pub(crate) struct Raw {
    pub(crate) connection: Box<dyn Connection>,
}

impl Raw {
    pub(crate) fn new(connection: impl Connection) -> Self {
        Self {
            connection: Box::new(connection),
        }
    }

    /// Says hello and reads the other end's.
    pub(crate) async fn hello(&mut self) {
        self.send(&Frame::new(HELLO, 0, (0, 0))).await;
        assert_eq!(self.receive().await.unwrap().kind, HELLO);
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        self.send_bytes(&frame.bytes()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let mut batch = Batch::new();
        batch.bytes_mut().extend_from_slice(bytes);
        batch.end_frame(false);
        // What the other end has closed already takes nothing more.
        let _ = poll_fn(|cx| self.connection.poll_write(cx, &mut batch)).await;
    }

    /// Hands frames to the connection without waiting until they are taken.
    pub(crate) async fn push(&mut self, frames: impl IntoIterator<Item = Frame>) {
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
    pub(crate) async fn receive(&mut self) -> Option<Frame> {
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
    pub(crate) async fn goodbye(&mut self) -> (Status, u16) {
        let goodbye = self.receive().await.expect("a goodbye");
        assert_eq!(goodbye.kind, GOODBYE, "{goodbye:?}");
        assert_eq!(self.receive().await, None);
        (goodbye.status(), self.close_code())
    }

    pub(crate) fn close_code(&self) -> u16 {
        self.connection
            .close_reason()
            .map_or(0, |reason| reason.code)
    }

    pub(crate) async fn close(&mut self) {
        let _ = poll_fn(|cx| self.connection.poll_close(cx, &CloseReason::done())).await;
    }
}
