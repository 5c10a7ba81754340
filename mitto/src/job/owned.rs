//! A job that is kept.

use super::Job;
use crate::address::{Address, OwnedAddress};
use crate::auth::Identity;
use crate::codec::{CodecError, Codecs, Encoder, Format};
use crate::envelope::{MessageId, Metadata};
use crate::message::Payload;
use crate::peer::Peer;
use crate::runtime::Instant;
use crate::status::{Code, Status};

/// What a queue keeps of a [`Job`] that it hands on to another task or process: a copy, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedJob {
    /// Which message.
    pub message: MessageId,
    /// The format of the message, which is that of its answer, too.
    pub format: Format,
    /// The message itself.
    pub payload: Vec<u8>,
    /// Where it goes.
    pub address: Option<OwnedAddress>,
    /// What travels beside it.
    pub metadata: Metadata,
    /// When its caller gives up; `None` for a notification.
    pub deadline: Option<Instant>,
    /// Who it is from; `None` for an anonymous caller.
    pub identity: Option<Identity>,
    /// How often it was forwarded between servers before.
    pub hops: u8,
    /// Whether it may be run twice without harm.
    pub idempotent: bool,
    /// Whether it is a notification, whose answer nobody waits for.
    pub one_way: bool,
}

impl OwnedJob {
    /// A job without address, metadata, deadline and identity.
    pub fn new(message: MessageId, format: Format, payload: Vec<u8>) -> Self {
        Self {
            message,
            format,
            payload,
            address: None,
            metadata: Metadata::new(),
            deadline: None,
            identity: None,
            hops: 0,
            idempotent: false,
            one_way: false,
        }
    }

    /// Copies a job. Bytes keep their format; a value of this process is encoded in the default one, to
    /// at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// What the job is to be refused with when its value cannot be encoded.
    pub fn copy(job: &Job<'_>, limit: usize) -> Result<Self, Status> {
        let (format, payload) = match &job.payload {
            Payload::Encoded { format, bytes } => (*format, bytes.to_vec()),
            Payload::Value(value) => {
                let format = job.codecs.default_format().ok_or_else(no_format)?;
                let mut bytes = Vec::new();
                value
                    .encode(&mut Encoder::new(job.codecs, format, &mut bytes, limit))
                    .map_err(|error| unsent(&error))?;
                (format, bytes)
            }
        };
        Ok(Self {
            address: job.address.map(Address::into_owned),
            metadata: job.metadata.into(),
            deadline: job.deadline,
            identity: job.identity.cloned(),
            hops: job.hops,
            idempotent: job.idempotent,
            one_way: job.one_way,
            ..Self::new(job.message, format, payload)
        })
    }

    /// The job again, for a provider or another queue; `caller` is who its handler can call back.
    pub fn lend<'a>(&'a self, caller: &'a Peer, codecs: &'a Codecs) -> Job<'a> {
        let payload = Payload::Encoded {
            format: self.format,
            bytes: &self.payload,
        };
        let mut job = Job::new(self.message, payload, caller, codecs);
        job.address = self.address.as_ref().map(OwnedAddress::as_address);
        job.metadata = self.metadata.entries();
        job.deadline = self.deadline;
        job.identity = self.identity.as_ref();
        job.hops = self.hops;
        job.idempotent = self.idempotent;
        job.one_way = self.one_way;
        job
    }
}

#[cold]
fn no_format() -> Status {
    let text = "no format to hand the message on in: turn on a codec feature of mitto";
    Status::new(Code::UnsupportedFormat, text)
}

/// Why a message was not handed on.
#[cold]
fn unsent(error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        _ => Code::BadRequest,
    };
    Status::new(code, format!("the message was not handed on: {error}"))
}
