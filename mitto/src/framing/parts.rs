//! Optional parts: a tag (one byte), a length (two bytes, the higher first), as many bytes.

use super::PartError;

/// The bytes before those of a part.
pub(super) const PART_HEAD: usize = 3;

/// Writes one part.
#[inline]
pub(super) fn write(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    debug_assert!(bytes.len() <= usize::from(u16::MAX), "part {tag} too long");
    let [high, low] = (bytes.len() as u16).to_be_bytes();
    out.reserve(PART_HEAD + bytes.len());
    out.extend_from_slice(&[tag, high, low]);
    out.extend_from_slice(bytes);
}

/// Writes one part whose length is known only when it is written.
pub(super) fn write_with(tag: u8, out: &mut Vec<u8>, bytes: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len() + PART_HEAD;
    out.extend_from_slice(&[tag, 0, 0]);
    bytes(out);
    let length = (out.len() - start) as u16;
    out[start - 2..start].copy_from_slice(&length.to_be_bytes());
}

/// The parts of a frame or a hello, in order.
pub(super) struct Parts<'a>(pub(super) &'a [u8]);

impl<'a> Parts<'a> {
    /// The next part, if there is one: its tag and its bytes.
    pub(super) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, PartError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let Some(([tag, high, low], left)) = self.0.split_first_chunk::<PART_HEAD>() else {
            return Err(PartError::Overrun {
                claimed: PART_HEAD,
                left: self.0.len(),
            });
        };
        let (bytes, left) = split(left, usize::from(u16::from_be_bytes([*high, *low])))?;
        self.0 = left;
        Ok(Some((*tag, bytes)))
    }
}

/// Splits as many bytes off as some length claims.
pub(super) fn split(bytes: &[u8], claimed: usize) -> Result<(&[u8], &[u8]), PartError> {
    bytes.split_at_checked(claimed).ok_or(PartError::Overrun {
        claimed,
        left: bytes.len(),
    })
}

/// The bytes of a number.
pub(super) fn number<const N: usize>(tag: u8, bytes: &[u8]) -> Result<[u8; N], PartError> {
    bytes.try_into().map_err(|_| PartError::Length {
        tag,
        length: bytes.len(),
        expected: N,
    })
}

/// The text of a part.
pub(super) fn text(tag: u8, bytes: &[u8]) -> Result<&str, PartError> {
    std::str::from_utf8(bytes).map_err(|_| PartError::Text(tag))
}
