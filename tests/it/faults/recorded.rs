//! What a client sends in a session: requests of all kinds, a stream, pieces, a cancel, a goodbye.

use std::ops::Range;
use std::time::Duration;

use mitto::Address;
use mitto::codec::{Codecs, Decoder, Encoder, Format};
use mitto::envelope::{CorrelationId, Head, Kind, Metadata};
use mitto::framing::{Framing, Hello, Native};
use mitto::limits::Limits;
use mitto::message::Message;
use serde::Serialize;

use super::service::{Check, Checked, Never, Series, Told, checked};

/// A session of a client, frame by frame.
pub(super) struct Recorded {
    pub(super) frames: Vec<Vec<u8>>,
    checks: Vec<Asked>,
    series: Asked,
}

/// A request, and the frames that it is in.
struct Asked {
    id: CorrelationId,
    check: Check,
    frames: Range<usize>,
}

const SERIES: (u32, u32) = (70_000, 9);

impl Recorded {
    pub(super) fn new() -> Self {
        let mut recorded = Self {
            frames: Vec::new(),
            checks: Vec::new(),
            series: Asked {
                id: CorrelationId::new(4, 1),
                check: Check::new(0, ""),
                frames: 0..0,
            },
        };
        recorded.record();
        recorded
    }

    fn record(&mut self) {
        let none = CorrelationId::NONE;
        let mut hello = Vec::new();
        Hello::new(&Limits::default()).write(&mut hello);
        self.add(&Head::new(Kind::Hello, none), &hello);
        self.check((0, 1), Format::JSON, "first");
        self.check((1, 1), Format::MESSAGE_PACK, "second");

        let series = Head {
            format: Some(Format::JSON),
            ..request::<Series>(self.series.id)
        };
        let begun = self.frames.len();
        let payload = encode(Format::JSON, &Series::new(SERIES.0, SERIES.1));
        self.add(&series, &payload);

        let pieces = self.frames.len();
        let check = Check::new(3, "in three pieces");
        let payload = encode(Format::MESSAGE_PACK, &check);
        let id = CorrelationId::new(3, 1);
        let (first, rest) = payload.split_at(10);
        let (second, third) = rest.split_at(10);
        let head = request::<Check>(id);
        let first_head = Head {
            more: true,
            format: Some(Format::MESSAGE_PACK),
            total: Some(payload.len() as u64),
            ..head
        };
        let rest_head = Head {
            from_requester: true,
            rest: true,
            ..Head::new(Kind::Request, id)
        };
        let more_head = Head {
            more: true,
            ..rest_head
        };
        self.add(&first_head, first);
        self.add(&more_head, second);
        self.never();
        self.add(&rest_head, third);
        self.asked(id, check, pieces);

        let credit = Head {
            from_requester: true,
            ..Head::new(Kind::Credit, self.series.id)
        };
        self.add(&credit, &[0, 0, 16, 0]);
        self.series.frames = begun..self.frames.len();
        let told = Head {
            from_requester: true,
            message: Told::INFO.id,
            format: Some(Format::JSON),
            ..Head::new(Kind::Notification, none)
        };
        self.add(&told, br#"{"text":"by the way"}"#);
        self.add(&Head::new(Kind::Ping, none), b"ping");
        self.with_parts();
        self.check((6, 1), Format::JSON, "last");
        self.add(&Head::new(Kind::Goodbye, none), b"");
    }

    /// A request that is given up.
    fn never(&mut self) {
        let id = CorrelationId::new(5, 1);
        let head = Head {
            format: Some(Format::JSON),
            ..request::<Never>(id)
        };
        self.add(&head, b"{}");
        let cancel = Head {
            from_requester: true,
            ..Head::new(Kind::Cancel, id)
        };
        self.add(&cancel, b"");
    }

    fn with_parts(&mut self) {
        let metadata: Metadata = [("trace", "a1"), ("lang", "grüezi")].into_iter().collect();
        let id = CorrelationId::new(2, 1);
        let head = Head {
            idempotent: true,
            format: Some(Format::MESSAGE_PACK),
            address: Address::parse("faults/here").ok(),
            timeout: Some(Duration::from_secs(20)),
            metadata: metadata.entries(),
            ..request::<Check>(id)
        };
        let begun = self.frames.len();
        let check = Check::new(2, "with parts");
        self.add(&head, &encode(Format::MESSAGE_PACK, &check));
        self.asked(id, check, begun);
    }

    fn check(&mut self, (slot, generation): (u32, u32), format: Format, text: &str) {
        let id = CorrelationId::new(slot, generation);
        let begun = self.frames.len();
        let check = Check::new(slot * 100 + generation, text);
        let head = Head {
            format: Some(format),
            ..request::<Check>(id)
        };
        self.add(&head, &encode(format, &check));
        self.asked(id, check, begun);
    }

    fn asked(&mut self, id: CorrelationId, check: Check, begun: usize) {
        let frames = begun..self.frames.len();
        self.checks.push(Asked { id, check, frames });
    }

    fn add(&mut self, head: &Head<'_>, payload: &[u8]) {
        self.frames.push(frame(head, payload));
    }

    /// How many requests are answered when nothing is damaged.
    pub(super) fn outcomes(&self) -> usize {
        self.checks.len() + 1
    }

    /// Looks at frames of the server: every answer is right for what was asked, or a failure.
    /// `damaged` is the frame that may be another one than was sent. Counts the good outcomes.
    pub(super) fn verify(&self, answers: &[Vec<u8>], damaged: Option<usize>) -> usize {
        let mut good = 0;
        let mut items = 0;
        for answer in answers {
            let parsed = Native.parse(answer, &mut |envelope| {
                let Head { kind, format, .. } = envelope.head;
                let id = envelope.head.correlation;
                match kind {
                    Kind::Response => {
                        let format = format.expect("a response names its format");
                        let answer: Checked = decode(format, envelope.payload);
                        let asked = self
                            .checks
                            .iter()
                            .find(|asked| checked(&asked.check) == answer);
                        let asked = asked.unwrap_or_else(|| panic!("nobody asked for {answer:?}"));
                        self.is_its_own(asked, id, damaged);
                        good += 1;
                    }
                    Kind::Item => {
                        let item: u32 = decode(format.expect("named"), envelope.payload);
                        assert_eq!(item, SERIES.0 + items, "items keep their order");
                        self.is_its_own(&self.series, id, damaged);
                        items += 1;
                    }
                    Kind::End => {
                        assert_eq!(items, SERIES.1, "a stream that ends is complete");
                        good += 1;
                    }
                    _ => {}
                }
            });
            parsed.expect("a server sends what can be read");
        }
        good
    }

    fn is_its_own(&self, asked: &Asked, id: CorrelationId, damaged: Option<usize>) {
        let is_damaged = damaged.is_some_and(|damaged| asked.frames.contains(&damaged));
        assert!(asked.id == id || is_damaged, "{id} is of another request");
    }
}

fn request<M: Message>(id: CorrelationId) -> Head<'static> {
    Head {
        from_requester: true,
        message: M::INFO.id,
        ..Head::new(Kind::Request, id)
    }
}

pub(super) fn frame(head: &Head<'_>, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Native.begin(head, &mut out);
    out.extend_from_slice(payload);
    Native.finish(head, 0, &mut out);
    out
}

fn encode<T: Serialize>(format: Format, value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    let codecs = Codecs::default();
    let mut encoder = Encoder::new(&codecs, format, &mut out, usize::MAX);
    encoder.encode(value).expect("it can be encoded");
    out
}

fn decode<T: serde::de::DeserializeOwned>(format: Format, payload: &[u8]) -> T {
    let codecs = Codecs::default();
    let decoder = Decoder::new(&codecs, format, payload);
    decoder
        .decode()
        .expect("a server sends what can be decoded")
}
