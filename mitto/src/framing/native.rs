//! The binary framing of this crate.

use std::num::NonZeroU64;
use std::time::Duration;

use super::parts::{self, Parts};
use super::{FrameError, Framing, PartError};
use crate::address::Address;
use crate::auth::Stated;
use crate::codec::Format;
use crate::envelope::{CorrelationId, Entries, Envelope, Head, Kind, MessageId};
use crate::status::{Code, Status};

/// The bytes that every frame has.
pub(super) const PREFIX: usize = 20;

const VERSION: u8 = 1;

const FROM_REQUESTER: u16 = 1;
const MORE: u16 = 1 << 1;
const REST: u16 = 1 << 2;
const STATUS: u16 = 1 << 3;
const IDEMPOTENT: u16 = 1 << 4;
const REDELIVERED: u16 = 1 << 5;
const LIST: u16 = 1 << 6;

const ADDRESS: u8 = 1;
const TIMEOUT: u8 = 2;
const METADATA: u8 = 3;
const TOTAL: u8 = 4;
const IDENTITY: u8 = 5;
const CALLER: u8 = 6;
const CLIENT: u8 = 7;

/// The bytes of the timeout as a part, which is the only one of most requests.
const TIMEOUT_PART: usize = 7;

/// Where the text of a status is cut, in bytes.
const STATUS_TEXT_MAX: usize = 4 << 10;

/// The binary framing of this crate, version 1: a fixed part of 20 bytes, optional parts, the
/// payload.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Native {
    /// The most bytes that a frame has beside its payload.
    pub const OVERHEAD: usize = PREFIX + u16::MAX as usize;
}

impl Framing for Native {
    fn subprotocols(&self) -> &'static [&'static str] {
        &["mitto.1"]
    }

    fn lists(&self) -> bool {
        true
    }

    #[inline]
    fn begin(&self, head: &Head<'_>, out: &mut Vec<u8>) {
        let others = head.address.is_some()
            | head.total.is_some()
            | head.identity.is_some()
            | head.caller.is_some()
            | head.client.is_some()
            | !head.metadata.is_empty();
        let mut bytes = fixed(head);
        match head.timeout {
            _ if others => write_parts(head, &bytes, out),
            Some(timeout) => {
                bytes[19] = TIMEOUT_PART as u8;
                let mut both = [0; PREFIX + TIMEOUT_PART];
                both[..PREFIX].copy_from_slice(&bytes);
                both[PREFIX..].copy_from_slice(&timeout_part(timeout));
                out.extend_from_slice(&both);
            }
            None => out.extend_from_slice(&bytes),
        }
    }

    #[inline]
    fn finish(&self, _head: &Head<'_>, _start: usize, _out: &mut Vec<u8>) {}

    fn parse(&self, frame: &[u8], each: &mut dyn FnMut(Envelope<'_>)) -> Result<(), FrameError> {
        let (fixed, left) = split(frame)?;
        let kind = read_kind(fixed)?;
        let length = usize::from(u16::from_be_bytes(field(fixed, 18)));
        let (timeout, payload) = match (length, left) {
            (0, _) => (None, left),
            (TIMEOUT_PART, [TIMEOUT, 0, 4, a, b, c, d, payload @ ..]) => {
                (Some(read_timeout([*a, *b, *c, *d])), payload)
            }
            _ => return parse_parts(fixed, kind, left, length, each),
        };
        // Made where it is handed over: a head is large.
        each(Envelope {
            head: Head {
                timeout,
                ..read_fixed(fixed, kind)
            },
            payload,
        });
        Ok(())
    }

    fn write_status(&self, status: &Status, out: &mut Vec<u8>) {
        let mut text = status.message();
        if text.len() > STATUS_TEXT_MAX {
            let cut = (0..=STATUS_TEXT_MAX)
                .rev()
                .find(|at| text.is_char_boundary(*at));
            text = &text[..cut.unwrap_or(0)];
        }
        out.extend_from_slice(&u16::from(status.code()).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    }

    fn read_status(&self, payload: &[u8]) -> Status {
        match payload.split_first_chunk() {
            Some((code, text)) => Status::new(
                Code::from(u16::from_be_bytes(*code)),
                String::from_utf8_lossy(text).into_owned(),
            ),
            None => Status::internal("a status without a code came from the other end"),
        }
    }

    fn write_credit(&self, bytes: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&bytes.to_be_bytes());
    }

    fn read_credit(&self, payload: &[u8]) -> Option<u32> {
        payload.try_into().ok().map(u32::from_be_bytes)
    }
}

/// The fixed part of a frame without optional ones.
#[inline]
fn fixed(head: &Head<'_>) -> [u8; PREFIX] {
    let flag = |set: bool, bit: u16| if set { bit } else { 0 };
    let flags = flag(head.from_requester, FROM_REQUESTER)
        | flag(head.more, MORE)
        | flag(head.rest, REST)
        | flag(head.status, STATUS)
        | flag(head.idempotent, IDEMPOTENT)
        | flag(head.redelivered, REDELIVERED)
        | flag(head.list, LIST);
    let mut bytes = [0; PREFIX];
    bytes[0] = VERSION;
    bytes[1] = head.kind.number();
    bytes[2..4].copy_from_slice(&flags.to_be_bytes());
    bytes[4..12].copy_from_slice(&u64::from(head.correlation).to_be_bytes());
    bytes[12..16].copy_from_slice(&head.message.0.to_be_bytes());
    bytes[16] = head.format.map_or(0, Format::number);
    bytes[17] = head.hops;
    bytes
}

/// Writes the fixed part, and optional ones.
fn write_parts(head: &Head<'_>, fixed: &[u8; PREFIX], out: &mut Vec<u8>) {
    let start = out.len() + PREFIX;
    out.extend_from_slice(fixed);
    if let Some(address) = head.address {
        parts::write(ADDRESS, address.as_bytes(), out);
    }
    if let Some(timeout) = head.timeout {
        out.extend_from_slice(&timeout_part(timeout));
    }
    if !head.metadata.is_empty() {
        parts::write_with(METADATA, out, |out| head.metadata.pack(out));
    }
    if let Some(identity) = head.identity {
        parts::write_with(IDENTITY, out, |out| identity.pack(out));
    }
    if let Some(caller) = head.caller {
        parts::write(CALLER, &caller.get().to_be_bytes(), out);
    }
    if let Some(client) = head.client {
        parts::write_with(CLIENT, out, |out| {
            out.extend_from_slice(&client.get().to_be_bytes());
            out.push(u8::from(head.stream));
            out.extend_from_slice(head.name.as_bytes());
        });
    }
    if let Some(total) = head.total {
        parts::write(TOTAL, &total.to_be_bytes(), out);
    }
    let length = (out.len() - start) as u16;
    out[start - 2..start].copy_from_slice(&length.to_be_bytes());
}

#[inline]
fn timeout_part(timeout: Duration) -> [u8; TIMEOUT_PART] {
    let [a, b, c, d] = milliseconds(timeout).to_be_bytes();
    [TIMEOUT, 0, 4, a, b, c, d]
}

#[inline]
fn milliseconds(timeout: Duration) -> u32 {
    let seconds = timeout.as_secs().saturating_mul(1_000);
    let rest = timeout.subsec_nanos().div_ceil(1_000_000);
    u32::try_from(seconds.saturating_add(u64::from(rest))).unwrap_or(u32::MAX)
}

/// The fixed part of a frame, and what is behind it.
#[inline]
fn split(frame: &[u8]) -> Result<(&[u8; PREFIX], &[u8]), FrameError> {
    frame
        .split_first_chunk()
        .ok_or_else(|| match frame.first() {
            Some(&version) if version != VERSION => FrameError::Version(version),
            _ => FrameError::Truncated(frame.len()),
        })
}

/// Checks the version; the kind is all in the fixed part that may be unknown.
#[inline]
fn read_kind(bytes: &[u8; PREFIX]) -> Result<Kind, FrameError> {
    if bytes[0] != VERSION {
        return Err(FrameError::Version(bytes[0]));
    }
    Kind::from_number(bytes[1]).ok_or(FrameError::Kind(bytes[1]))
}

/// What the fixed part says.
#[inline]
fn read_fixed<'a>(bytes: &[u8; PREFIX], kind: Kind) -> Head<'a> {
    let flags = u16::from_be_bytes(field(bytes, 2));
    let correlation = CorrelationId::from(u64::from_be_bytes(field(bytes, 4)));
    Head {
        from_requester: flags & FROM_REQUESTER != 0,
        more: flags & MORE != 0,
        rest: flags & REST != 0,
        status: flags & STATUS != 0,
        idempotent: flags & IDEMPOTENT != 0,
        redelivered: flags & REDELIVERED != 0,
        list: flags & LIST != 0,
        hops: bytes[17],
        message: MessageId(u32::from_be_bytes(field(bytes, 12))),
        format: (bytes[16] != 0).then_some(Format::from_wire(bytes[16])),
        ..Head::new(kind, correlation)
    }
}

/// A field of the fixed part.
#[inline]
fn field<const N: usize>(bytes: &[u8; PREFIX], offset: usize) -> [u8; N] {
    std::array::from_fn(|i| bytes[offset + i])
}

/// Reads a frame with any parts.
#[inline(never)]
fn parse_parts(
    fixed: &[u8; PREFIX],
    kind: Kind,
    left: &[u8],
    length: usize,
    each: &mut dyn FnMut(Envelope<'_>),
) -> Result<(), FrameError> {
    let mut envelope = Envelope {
        head: read_fixed(fixed, kind),
        payload: &[],
    };
    match read_parts(&mut envelope.head, left, length) {
        Ok(payload) => {
            envelope.payload = payload;
            each(envelope);
            Ok(())
        }
        Err(error) => Err(FrameError::Part {
            kind,
            from_requester: envelope.head.from_requester,
            correlation: envelope.head.correlation,
            error,
        }),
    }
}

/// Reads the parts into the head; what is left is the payload.
fn read_parts<'a>(
    head: &mut Head<'a>,
    bytes: &'a [u8],
    length: usize,
) -> Result<&'a [u8], PartError> {
    let (bytes, payload) = parts::split(bytes, length)?;
    let mut parts = Parts(bytes);
    while let Some((tag, bytes)) = parts.next()? {
        match tag {
            ADDRESS => head.address = Some(read_address(bytes)?),
            TIMEOUT => head.timeout = Some(read_timeout(parts::number(tag, bytes)?)),
            IDENTITY => head.identity = Some(Stated::packed(bytes)?),
            METADATA => head.metadata = Entries::packed(bytes)?,
            CALLER => head.caller = NonZeroU64::new(u64::from_be_bytes(parts::number(tag, bytes)?)),
            CLIENT => read_client(head, bytes)?,
            TOTAL => head.total = Some(u64::from_be_bytes(parts::number(tag, bytes)?)),
            _ => {}
        }
    }
    Ok(payload)
}

/// Reads an address. That of one that is no text says so.
#[inline]
fn read_address(bytes: &[u8]) -> Result<Address<'_>, PartError> {
    Address::parse_bytes(bytes).or_else(|_| Ok(Address::parse(parts::text(ADDRESS, bytes)?)?))
}

/// Reads whom a request back is for, and what it is called. Nobody has the number 0.
#[cold]
fn read_client<'a>(head: &mut Head<'a>, bytes: &'a [u8]) -> Result<(), PartError> {
    let (number, rest) = parts::split(bytes, 8)?;
    let (stream, name) = parts::split(rest, 1)?;
    let name = parts::text(CLIENT, name)?;
    if let Some(number) = NonZeroU64::new(u64::from_be_bytes(parts::number(CLIENT, number)?)) {
        head.client = Some(number);
        head.stream = stream == [1];
        head.name = name;
    }
    Ok(())
}

#[inline]
fn read_timeout(bytes: [u8; 4]) -> Duration {
    Duration::from_millis(u32::from_be_bytes(bytes).into())
}
