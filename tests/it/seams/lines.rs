//! A framing of one's own: a line of JSON with the head, then the payload; no hello.

use std::time::Duration;

use mitto::address::{Address, OwnedAddress};
use mitto::codec::Format;
use mitto::envelope::{CorrelationId, Envelope, Head, Kind, MessageId, Metadata};
use mitto::framing::{FrameError, Framing};
use mitto::status::{Code, Status};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines;

#[derive(Serialize, Deserialize)]
struct Line {
    kind: u8,
    asks: bool,
    more: bool,
    rest: bool,
    status: bool,
    id: u64,
    message: u32,
    format: Option<u8>,
    address: Option<OwnedAddress>,
    timeout: Option<Duration>,
    metadata: Vec<(String, String)>,
    total: Option<u64>,
}

impl Framing for Lines {
    fn text(&self) -> bool {
        true
    }

    fn hello(&self) -> bool {
        false
    }

    fn begin(&self, head: &Head<'_>, out: &mut Vec<u8>) {
        let metadata = head.metadata.iter();
        let line = Line {
            kind: head.kind.number(),
            asks: head.from_requester,
            more: head.more,
            rest: head.rest,
            status: head.status,
            id: head.correlation.into(),
            message: head.message.0,
            format: head.format.map(Format::number),
            address: head.address.map(Address::into_owned),
            timeout: head.timeout,
            metadata: metadata.map(|(k, v)| (k.into(), v.into())).collect(),
            total: head.total,
        };
        serde_json::to_writer(&mut *out, &line).expect("a line of plain data");
        out.push(b'\n');
    }

    fn finish(&self, _: &Head<'_>, _: usize, _: &mut Vec<u8>) {}

    fn parse(&self, frame: &[u8], each: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError> {
        let malformed = || FrameError::Truncated(frame.len());
        let end = frame.iter().position(|byte| *byte == b'\n');
        let (line, payload) = frame.split_at(end.ok_or_else(malformed)?);
        let line: Line = serde_json::from_slice(line).map_err(|_| malformed())?;
        let kind = Kind::from_number(line.kind).ok_or(FrameError::Kind(line.kind))?;
        let metadata: Metadata = line.metadata.into_iter().collect();
        let head = Head {
            from_requester: line.asks,
            more: line.more,
            rest: line.rest,
            status: line.status,
            message: MessageId(line.message),
            format: line.format.map(Format::from_wire),
            address: line.address.as_ref().map(OwnedAddress::as_address),
            timeout: line.timeout,
            metadata: metadata.entries(),
            total: line.total,
            ..Head::new(kind, CorrelationId::from(line.id))
        };
        each(Envelope {
            head,
            payload: &payload[1..],
        });
        Ok(())
    }

    fn write_status(&self, status: &Status, out: &mut Vec<u8>) {
        serde_json::to_writer(out, status).expect("a number and a text");
    }

    fn read_status(&self, payload: &[u8]) -> Status {
        serde_json::from_slice(payload)
            .unwrap_or_else(|_| Status::new(Code::Internal, "a status that cannot be read"))
    }

    fn write_credit(&self, bytes: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(bytes.to_string().as_bytes());
    }

    fn read_credit(&self, payload: &[u8]) -> Option<u32> {
        std::str::from_utf8(payload).ok()?.parse().ok()
    }
}
