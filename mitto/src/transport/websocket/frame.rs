//! What both directions know about the bytes of a frame (RFC 6455, section 5.2).

use crate::transport::{CloseReason, TransportError};

/// The largest payload of a control frame, in bytes.
pub(super) const CONTROL_MAX: usize = 125;

/// The longest header: two bytes, an eight-byte length, a mask.
pub(super) const HEADER_MAX: usize = 14;

/// Which end of the connection this is. A client masks what it sends, a server must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn parse(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<[u8; 4]>,
    /// Of the payload, in bytes; below 2^63.
    pub(super) len: u64,
}

impl Header {
    /// Parses a header that came to `role`, and says how long it is. `None`: it is not all there.
    #[inline]
    pub(super) fn parse(bytes: &[u8], role: Role) -> Result<Option<(Self, usize)>, TransportError> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(protocol("a reserved bit is set"));
        }
        let opcode = Opcode::parse(first & 0x0F).ok_or_else(|| protocol("unknown opcode"))?;
        let fin = first & 0x80 != 0;
        let masked = second & 0x80 != 0;
        match (role, masked) {
            (Role::Server, false) => return Err(protocol("a client must mask its frames")),
            (Role::Client, true) => return Err(protocol("a server must not mask its frames")),
            _ => {}
        }
        let short = second & 0x7F;
        if opcode.is_control() && (!fin || usize::from(short) > CONTROL_MAX) {
            return Err(protocol("a control frame is fragmented or too long"));
        }
        let (len, rest, len_size) = match short {
            126 => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest, 2),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest, 8),
                None => return Ok(None),
            },
            len => (u64::from(len), rest, 0),
        };
        if len >> 63 != 0
            || (len_size == 2 && len < 126)
            || (len_size == 8 && len <= u64::from(u16::MAX))
        {
            return Err(protocol("a length is not written in its shortest form"));
        }
        let mask = match (masked, rest.first_chunk()) {
            (false, _) => None,
            (true, Some(mask)) => Some(*mask),
            (true, None) => return Ok(None),
        };
        let size = 2 + len_size + if masked { 4 } else { 0 };
        let header = Self {
            fin,
            opcode,
            mask,
            len,
        };
        Ok(Some((header, size)))
    }

    /// Appends the header to `out`.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; HEADER_MAX];
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        bytes[0] = self.opcode.bits() | if self.fin { 0x80 } else { 0 };
        let mut size = match (u8::try_from(self.len), u16::try_from(self.len)) {
            (Ok(len), _) if len < 126 => {
                bytes[1] = masked | len;
                2
            }
            (_, Ok(len)) => {
                bytes[1] = masked | 126;
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
                4
            }
            _ => {
                bytes[1] = masked | 127;
                bytes[2..10].copy_from_slice(&self.len.to_be_bytes());
                10
            }
        };
        if let Some(mask) = self.mask {
            bytes[size..size + 4].copy_from_slice(&mask);
            size += 4;
        }
        out.extend_from_slice(&bytes[..size]);
    }
}

/// Masks or unmasks `bytes`, eight at a time.
#[inline]
pub(super) fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(wide.to_ne_bytes()) {
        *byte ^= mask;
    }
}

/// Reads the payload of a close frame. `None`: it gives no reason.
pub(super) fn parse_close(payload: &[u8]) -> Result<Option<CloseReason>, TransportError> {
    let Some((code, text)) = payload.split_first_chunk() else {
        return match payload {
            [] => Ok(None),
            _ => Err(protocol("a close code is cut off")),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !may_be_sent(code) {
        return Err(protocol("an invalid close code"));
    }
    let text = std::str::from_utf8(text).map_err(|_| TransportError::NotText)?;
    Ok(Some(CloseReason::new(code, text)))
}

/// The payload of a close frame.
pub(super) fn close_payload(reason: &CloseReason) -> Vec<u8> {
    let code = match may_be_sent(reason.code) {
        true => reason.code,
        false => CloseReason::INTERNAL,
    };
    let mut end = reason.text.len().min(CONTROL_MAX - 2);
    while !reason.text.is_char_boundary(end) {
        end -= 1;
    }
    [&code.to_be_bytes(), &reason.text.as_bytes()[..end]].concat()
}

/// Whether a close code may be on the wire: RFC 6455, section 7.4, and the IANA registry.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

pub(super) fn protocol(what: &str) -> TransportError {
    TransportError::Protocol(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_the_wire_and_wait_for_every_byte() {
        for len in [0, 1, 125, 126, 127, 65_535, 65_536, u64::MAX >> 1] {
            for (role, mask) in [(Role::Client, None), (Role::Server, Some([1, 2, 3, 4]))] {
                let header = Header {
                    fin: true,
                    opcode: Opcode::Binary,
                    mask,
                    len,
                };
                let mut bytes = Vec::new();
                header.write(&mut bytes);
                assert!(bytes.len() <= HEADER_MAX);
                for cut in 0..bytes.len() {
                    assert_eq!(Header::parse(&bytes[..cut], role).unwrap(), None);
                }
                let parsed = Header::parse(&bytes, role).unwrap();
                assert_eq!(parsed, Some((header, bytes.len())));
            }
        }
    }

    #[test]
    fn broken_headers_are_refused() {
        for (what, bytes) in [
            ("reserved bit", &[0xC2, 0x80][..]),
            ("opcode", &[0x83, 0x80]),
            ("unmasked", &[0x82, 0x01]),
            ("fragmented ping", &[0x09, 0x80]),
            ("long ping", &[0x89, 0xFE]),
            ("16-bit length", &[0x82, 0xFE, 0, 125]),
            ("64-bit length", &[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
            ("2^63", &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert!(Header::parse(bytes, Role::Server).is_err(), "{what}");
        }
        assert!(Header::parse(&[0x82, 0x80], Role::Client).is_err());
    }

    #[test]
    fn mask_is_its_own_inverse_at_every_length() {
        let mask = [0x12, 0x34, 0x56, 0x78];
        for len in 0..40 {
            let plain: Vec<u8> = (0..len).collect();
            let mut bytes = plain.clone();
            apply_mask(&mut bytes, mask);
            for (i, byte) in bytes.iter().enumerate() {
                assert_eq!(*byte, plain[i] ^ mask[i % 4]);
            }
            apply_mask(&mut bytes, mask);
            assert_eq!(bytes, plain);
        }
    }

    #[test]
    fn close_text_is_cut_between_characters() {
        let payload = close_payload(&CloseReason::new(1000, "ä".repeat(100)));
        assert_eq!(payload.len(), CONTROL_MAX - 1);
        let reason = parse_close(&payload).unwrap().unwrap();
        assert_eq!(reason.text, "ä".repeat(61));
    }
}
