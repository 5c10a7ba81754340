//! Frames of the native framing, without their connection.

use std::hint::black_box;
use std::time::Duration;

use mitto::Format;
use mitto::envelope::{CorrelationId, Head, Kind, MessageId};
use mitto::framing::{Framing, Native};

use crate::case::Case;

const LENGTH: u64 = 2_000;
/// What a payload takes is counted with the codecs.
const PAYLOAD: [u8; 32] = [7; 32];

pub(crate) fn cases() -> Vec<Case> {
    let kinds = [Kind::Request, Kind::Response];
    let cases = kinds.into_iter().flat_map(|kind| {
        [
            Case::new(format!("frame/encode {kind}"), LENGTH, move |length| {
                encode(&Native, &head(kind), length);
            }),
            Case::new(format!("frame/parse {kind}"), LENGTH, move |length| {
                parse(&Native, &head(kind), length);
            }),
        ]
    });
    cases.collect()
}

fn head(kind: Kind) -> Head<'static> {
    let head = Head::new(kind, CorrelationId::from(1 << 32));
    let head = Head {
        format: Some(Format::MESSAGE_PACK),
        ..head
    };
    match kind {
        Kind::Request => Head {
            from_requester: true,
            message: MessageId(0x0102_0304),
            timeout: Some(Duration::from_secs(30)),
            ..head
        },
        _ => head,
    }
}

fn encode(framing: &dyn Framing, head: &Head<'_>, length: u64) {
    let mut out = Vec::new();
    for _ in 0..length {
        out.clear();
        write(black_box(framing), black_box(head), &mut out);
        black_box(&out);
    }
}

fn parse(framing: &dyn Framing, head: &Head<'_>, length: u64) {
    let mut frame = Vec::new();
    write(framing, head, &mut frame);
    for _ in 0..length {
        let read = black_box(framing).parse(black_box(&frame), &mut |envelope| {
            black_box(&envelope);
        });
        read.expect("a frame");
    }
}

fn write(framing: &dyn Framing, head: &Head<'_>, out: &mut Vec<u8>) {
    framing.begin(head, out);
    out.extend_from_slice(&PAYLOAD);
    framing.finish(head, 0, out);
}
