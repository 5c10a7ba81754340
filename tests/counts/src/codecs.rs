//! A message into bytes and back, in each format.

use std::hint::black_box;

use mitto::Format;
use mitto::codec::{Codecs, Decoder, Encoder};
use mitto::message::Message;

use crate::case::Case;
use crate::service::{Echo, Text};

const LIMIT: usize = 1 << 20;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, bytes, length) in [("32 B", 32, 1_000), ("8 KiB", 8 << 10, 100)] {
        for format in [
            Format::JSON,
            Format::MESSAGE_PACK,
            Format::COMPACT,
            Format::XML,
        ] {
            cases.extend(both(format, size, length, move || Echo::of(bytes)));
        }
        let text = move || Text {
            payload: "p".repeat(bytes),
        };
        cases.extend(both(Format::BYTES, size, length, text));
    }
    cases
}

fn both<M: Message>(
    format: Format,
    size: &str,
    length: u64,
    message: impl Fn() -> M + Copy + 'static,
) -> [Case; 2] {
    let encode = format!("codec/{format}, encode {size}");
    let decode = format!("codec/{format}, decode {size}");
    [
        Case::new(encode, length, move |length| {
            self::encode(format, &message(), length);
        }),
        Case::new(decode, length, move |length| {
            self::decode(format, &message(), length);
        }),
    ]
}

fn encode(format: Format, message: &impl Message, length: u64) {
    let (codecs, mut out) = (Codecs::default(), Vec::new());
    for _ in 0..length {
        out.clear();
        let mut to = Encoder::new(&codecs, black_box(format), &mut out, LIMIT);
        black_box(message).encode(&mut to).expect("encoded");
        black_box(&out);
    }
}

fn decode<M: Message>(format: Format, message: &M, length: u64) {
    let (codecs, mut payload) = (Codecs::default(), Vec::new());
    let mut to = Encoder::new(&codecs, format, &mut payload, LIMIT);
    message.encode(&mut to).expect("encoded");
    for _ in 0..length {
        let from = Decoder::new(&codecs, black_box(format), black_box(&payload));
        let message = M::decode(from).expect("decoded");
        black_box(&message);
    }
}
