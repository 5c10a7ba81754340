//! What travels through a broker.

use std::fmt;
use std::sync::Arc;

use crate::address::OwnedAddress;
use crate::auth::Identity;
use crate::codec::Format;
use crate::envelope::{MessageId, Metadata};
use crate::job::AnswerPart;
use crate::message::MessageKind;
use crate::runtime::Instant;
use crate::status::Status;

/// One message on its way through a broker, to a node's queue or to an inbox.
///
/// Each broker has places of its own for the parts: see [`wire`](super::wire) for those that travel as
/// headers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parcel {
    /// What it is.
    pub kind: ParcelKind,
    /// Which request it belongs to, in the words of whoever asked; empty where there is none. At most
    /// [`MAX_CORRELATION`](super::MAX_CORRELATION) bytes.
    pub correlation: Arc<str>,
    /// Where whoever sent it is reached: a request's answers go there, and what belongs to an answer.
    pub reply_to: Option<Arc<str>>,
    /// The format of the body, where that is a value.
    pub format: Option<Format>,
    /// The value, encoded; empty for most kinds.
    pub body: Vec<u8>,
}

/// What a [`Parcel`] is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParcelKind {
    /// A request or a notification, to a node's queue or to somebody's inbox.
    Task(Box<Task>),
    /// The response. The last answer.
    Response,
    /// The handler's own error. The last answer.
    Error,
    /// Any other failure. The last answer.
    Status(Status),
    /// The next item of a stream.
    Item,
    /// The end of a stream. The last answer.
    End,
    /// The handler has reported progress: its caller's time starts anew.
    Progress,
    /// The handler still runs, at the inbox in `reply_to`. Gives its caller no new time.
    Running,
    /// A stream's sender may send so many bytes more.
    Credit(u32),
    /// Nobody waits for the answer any more.
    Cancel,
    /// A message to everybody who listens to a topic.
    Published(Box<Task>),
}

/// The head of a request or notification.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The message's name.
    pub name: Arc<str>,
    /// The message's id, where it is not that of its name: for what is published, as those who hear it may
    /// have no schema to look it up in.
    pub type_id: Option<MessageId>,
    /// How it is answered.
    pub kind: MessageKind,
    /// Its own id, the same when it is sent or delivered again: visible ASCII, at most
    /// [`MAX_ID`](super::MAX_ID) bytes. Empty where whoever sent it gave none.
    pub id: Arc<str>,
    /// Whether it may be run twice without harm, as whoever sent it says.
    pub idempotent: bool,
    /// When its caller gives up.
    pub deadline: Option<Instant>,
    /// Where it goes.
    pub address: Option<OwnedAddress>,
    /// What travels beside it.
    pub metadata: Metadata,
    /// Who asks. Only what has been found true: a broker's part leaves out what it cannot check.
    pub identity: Option<Identity>,
    /// How often it was forwarded between servers before.
    pub hops: u8,
    /// How many bytes of items may come before the first credit; 0 where it is no stream.
    pub window: u32,
    /// Which of the peers at `reply_to` asks, to be called back there; 0 for none. In a call back: which
    /// of them is called. In what was published: which of all peers does not get it.
    pub peer: u64,
}

impl Parcel {
    /// A parcel without a value.
    pub fn new(kind: ParcelKind, correlation: Arc<str>) -> Self {
        Self {
            kind,
            correlation,
            reply_to: None,
            format: None,
            body: Vec::new(),
        }
    }

    /// A part of an answer.
    pub(crate) fn of_answer(part: AnswerPart, correlation: Arc<str>) -> Self {
        let (kind, value) = match part {
            AnswerPart::Response { format, bytes } => (ParcelKind::Response, Some((format, bytes))),
            AnswerPart::Error { format, bytes } => (ParcelKind::Error, Some((format, bytes))),
            AnswerPart::Item { format, bytes } => (ParcelKind::Item, Some((format, bytes))),
            AnswerPart::Status(status) | AnswerPart::Unreadable(status) => {
                (ParcelKind::Status(status), None)
            }
            AnswerPart::Progress => (ParcelKind::Progress, None),
            AnswerPart::End => (ParcelKind::End, None),
        };
        let parcel = Self::new(kind, correlation);
        match value {
            Some((format, body)) => parcel.with_body(format, body),
            None => parcel,
        }
    }

    /// The same with a value.
    pub fn with_body(mut self, format: Format, body: Vec<u8>) -> Self {
        self.format = Some(format);
        self.body = body;
        self
    }

    /// The same with the place that its sender is reached at.
    pub fn from_inbox(mut self, inbox: &Arc<str>) -> Self {
        self.reply_to = Some(inbox.clone());
        self
    }

    /// The head, where it is a request, a notification or published.
    pub fn task(&self) -> Option<&Task> {
        match &self.kind {
            ParcelKind::Task(task) | ParcelKind::Published(task) => Some(task),
            _ => None,
        }
    }
}

impl Task {
    /// A head without id, deadline, address, metadata and identity.
    pub fn new(name: impl Into<Arc<str>>, kind: MessageKind) -> Self {
        Self {
            name: name.into(),
            type_id: None,
            kind,
            id: Arc::default(),
            idempotent: false,
            deadline: None,
            address: None,
            metadata: Metadata::new(),
            identity: None,
            hops: 0,
            window: 0,
            peer: 0,
        }
    }

    /// The same for a message that has this id.
    pub fn with_type_id(mut self, id: MessageId) -> Self {
        self.type_id = (id != MessageId::of_name(&self.name)).then_some(id);
        self
    }

    /// The message's id.
    pub fn message(&self) -> MessageId {
        self.type_id
            .unwrap_or_else(|| MessageId::of_name(&self.name))
    }
}

impl ParcelKind {
    /// The name in lower case, as it travels.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Task(task) => match task.kind {
                MessageKind::Request => "request",
                MessageKind::Stream => "stream",
                MessageKind::Notification => "notification",
            },
            Self::Response => "response",
            Self::Error => "error",
            Self::Status(_) => "status",
            Self::Item => "item",
            Self::End => "end",
            Self::Progress => "progress",
            Self::Running => "running",
            Self::Credit(_) => "credit",
            Self::Cancel => "cancel",
            Self::Published(_) => "published",
        }
    }

    /// Whether it ends the request that it answers.
    pub fn is_last(&self) -> bool {
        matches!(
            self,
            Self::Response | Self::Error | Self::Status(_) | Self::End
        )
    }
}

/// Its [`name`](Self::name).
impl fmt::Display for ParcelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
