//! What the two ends know in different versions, and what becomes of it.
//!
//! The hellos carry a digest of the shapes. Only where it differs do the ends tell each other the shape of
//! each message, before the session begins; what differs then is kept beside the session.

use std::borrow::Cow;

use crate::codec::Format;
use crate::envelope::MessageId;
use crate::escaped::Escaped;
use crate::framing::ShapeEntry;
use crate::schema::{Descriptor, SchemaDifference, ShapeOfMessage, Side, difference};
use crate::status::Status;

/// What is said of differences in one log line, in characters.
const LOGGED: usize = 1_024;

/// The shapes of this end's messages.
#[derive(Clone, Debug, Default)]
pub struct OwnShapes {
    /// Each with the name of its message.
    entries: Vec<(Cow<'static, str>, ShapeEntry)>,
    /// `None` where this end compares no shapes.
    pub(super) digest: Option<u64>,
    /// The role of this end.
    side: Option<Side>,
}

impl OwnShapes {
    /// Finds those of a schema.
    pub(super) fn of(descriptor: &Descriptor, side: Side) -> Self {
        let shapes = descriptor.shapes();
        let digest = ShapeOfMessage::digest(&shapes);
        let entry = |shape: ShapeOfMessage| {
            let entry = ShapeEntry {
                to_server: shape.to == Side::Server,
                message: shape.id,
                hash: shape.hash,
                text: shape.text,
            };
            (shape.name.into(), entry)
        };
        Self {
            entries: shapes.into_iter().map(entry).collect(),
            digest,
            side: Some(side),
        }
    }

    /// Writes them as the payload of a frame, of at most `most` bytes.
    pub(super) fn write(&self, most: usize, out: &mut Vec<u8>) {
        ShapeEntry::write_all(self.entries.iter().map(|(_, entry)| entry), most, out);
    }

    /// Compares them with those of the other end. Messages that only one end knows are not its matter.
    pub(super) fn compare(&self, theirs: &[ShapeEntry]) -> Differences {
        let key = |entry: &ShapeEntry| (entry.to_server, entry.message.0);
        let mut sorted: Vec<&ShapeEntry> = theirs.iter().collect();
        sorted.sort_by_key(|entry| key(entry));
        let mut all = Vec::new();
        for (name, ours) in &self.entries {
            let found = sorted.binary_search_by_key(&key(ours), |entry| key(entry));
            let Some(theirs) = found.ok().and_then(|at| sorted.get(at)) else {
                continue;
            };
            let what = match ours.hash == theirs.hash {
                true => None,
                false if theirs.text.is_empty() => Some("it has another shape there".to_owned()),
                false => difference(&ours.text, &theirs.text),
            };
            if let Some(what) = what {
                let to = if ours.to_server {
                    Side::Server
                } else {
                    Side::Client
                };
                let message = name.to_string();
                all.push((ours.message, SchemaDifference { to, message, what }));
            }
        }
        Differences {
            side: self.side,
            all: all.into(),
        }
    }
}

/// The messages that the other end knows in another version, by their ids.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// The role of this end.
    side: Option<Side>,
    all: Box<[(MessageId, SchemaDifference)]>,
}

impl Differences {
    /// Why a message that this end sends cannot go in this format, if so.
    #[inline]
    pub(super) fn check_sent(&self, id: MessageId, format: Format) -> Result<(), Status> {
        // Nearly always there are none.
        match self.all.is_empty() {
            true => Ok(()),
            false => self.check(self.side.map(Side::other), id, format),
        }
    }

    /// The same for one that has come.
    #[inline]
    pub(super) fn check_received(&self, id: MessageId, format: Format) -> Result<(), Status> {
        match self.all.is_empty() {
            true => Ok(()),
            false => self.check(self.side, id, format),
        }
    }

    #[cold]
    fn check(&self, to: Option<Side>, id: MessageId, format: Format) -> Result<(), Status> {
        if format != Format::COMPACT {
            return Ok(());
        }
        let mut all = self.all.iter();
        match all.find(|(of, difference)| *of == id && Some(difference.to) == to) {
            Some((_, difference)) => Err(difference.to_status()),
            None => Ok(()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, each message once.
    pub(super) fn all(&self) -> Vec<SchemaDifference> {
        let mut all: Vec<SchemaDifference> = Vec::new();
        for (_, difference) in &self.all {
            if !all.contains(difference) {
                all.push(difference.clone());
            }
        }
        all
    }

    /// Says them in the log.
    pub(super) fn log(&self, remote: &str) {
        if self.is_empty() {
            return;
        }
        let all = self.all();
        let texts: Vec<String> = all.iter().map(SchemaDifference::to_string).collect();
        tracing::warn!(
            peer = %Escaped(remote),
            differences = %Escaped(texts.join("; ")).up_to(LOGGED),
            "the other end has other versions of {} messages: compact does not carry them", all.len()
        );
    }
}
