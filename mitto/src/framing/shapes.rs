//! What the messages of one end look like, when the hellos differ in that.

use super::parts::{self, PART_HEAD, Parts};
use super::{FrameError, PartError};
use crate::envelope::{CorrelationId, Kind, MessageId};

const MESSAGE: u8 = 1;

/// The bytes of an entry before its text.
const FIXED: usize = 13;

/// What one message looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeEntry {
    /// Whether the server handles the message, not the client.
    pub to_server: bool,
    /// Which message.
    pub message: MessageId,
    /// The hash of the text.
    pub hash: u64,
    /// A line for each place: its path, a tab, what stands there. At most 65,522 bytes; empty where it was too
    /// long to be sent.
    pub text: String,
}

impl ShapeEntry {
    /// Writes entries as the payload of a shapes frame, of at most `most` bytes. Entries that do not fit go
    /// without their text, and then not at all.
    pub fn write_all<'a>(
        entries: impl IntoIterator<Item = &'a Self>,
        most: usize,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        for entry in entries {
            let left = most.saturating_sub(out.len() - start);
            let Some(left) = left.checked_sub(PART_HEAD + FIXED) else {
                return;
            };
            let fits = entry.text.len() <= left.min(usize::from(u16::MAX) - FIXED);
            let text = if fits { entry.text.as_str() } else { "" };
            parts::write_with(MESSAGE, out, |out| {
                out.push(u8::from(entry.to_server));
                out.extend_from_slice(&entry.message.0.to_be_bytes());
                out.extend_from_slice(&entry.hash.to_be_bytes());
                out.extend_from_slice(text.as_bytes());
            });
        }
    }

    /// Reads the payload of a shapes frame. Parts that this version does not know are skipped.
    ///
    /// # Errors
    ///
    /// A part cannot be read; the connection cannot go on.
    pub fn read_all(payload: &[u8]) -> Result<Vec<Self>, FrameError> {
        Self::read_parts(payload).map_err(|error| FrameError::Part {
            kind: Kind::Shapes,
            from_requester: false,
            correlation: CorrelationId::NONE,
            error,
        })
    }

    fn read_parts(payload: &[u8]) -> Result<Vec<Self>, PartError> {
        let mut entries = Vec::new();
        let mut parts = Parts(payload);
        while let Some((tag, bytes)) = parts.next()? {
            if tag == MESSAGE {
                entries.push(Self::read(bytes)?);
            }
        }
        Ok(entries)
    }

    fn read(bytes: &[u8]) -> Result<Self, PartError> {
        let (to_server, left) = parts::split(bytes, 1)?;
        let (message, left) = parts::split(left, 4)?;
        let (hash, text) = parts::split(left, 8)?;
        Ok(Self {
            to_server: to_server != [0],
            message: MessageId(u32::from_be_bytes(parts::number(MESSAGE, message)?)),
            hash: u64::from_be_bytes(parts::number(MESSAGE, hash)?),
            text: parts::text(MESSAGE, text)?.to_owned(),
        })
    }
}
