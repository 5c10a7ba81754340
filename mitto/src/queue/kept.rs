//! A job that is kept until it can be handed on, or for another place.

use std::str;

use crate::address::Address;
use crate::auth::Identity;
use crate::codec::{Codecs, Format};
use crate::envelope::{MessageId, Metadata};
use crate::job::{Job, OwnedJob};
use crate::message::Payload;
use crate::peer::Peer;
use crate::runtime::Instant;
use crate::status::Status;

/// A copy of a [`Job`], encoded, with what is needed to make the job again. It takes one allocation, and
/// those of the metadata.
pub(crate) struct Kept {
    message: MessageId,
    format: Format,
    /// The address, and the payload behind it.
    bytes: Vec<u8>,
    /// Where the payload begins.
    payload: usize,
    metadata: Metadata,
    deadline: Option<Instant>,
    identity: Option<Identity>,
    hops: u8,
    idempotent: bool,
    one_way: bool,
    caller: Peer,
    codecs: Codecs,
}

impl Kept {
    /// Copies a job; a value of this process is encoded.
    ///
    /// # Errors
    ///
    /// What the job is to be refused with when its value cannot be encoded.
    pub(crate) fn copy(job: &Job<'_>) -> Result<Self, Status> {
        let address = job.address.map_or("", Address::as_str).as_bytes();
        let (format, bytes) = match &job.payload {
            Payload::Encoded { format, bytes } => (*format, [address, bytes].concat()),
            Payload::Value(_) => {
                let OwnedJob {
                    format, payload, ..
                } = OwnedJob::copy(job, usize::MAX)?;
                (format, [address, &payload].concat())
            }
        };
        Ok(Self {
            message: job.message,
            format,
            bytes,
            payload: address.len(),
            metadata: job.metadata.into(),
            deadline: job.deadline,
            identity: job.identity.cloned(),
            hops: job.hops,
            idempotent: job.idempotent,
            one_way: job.one_way,
            caller: job.caller.clone(),
            codecs: job.codecs.clone(),
        })
    }

    /// Whether it may be run twice without harm.
    #[cfg(feature = "host")]
    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether its caller has given up.
    #[cfg(feature = "host")]
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|at| Instant::now() >= at)
    }

    /// The job again.
    pub(crate) fn lend(&self) -> Job<'_> {
        let (address, bytes) = self.bytes.split_at(self.payload);
        let payload = Payload::Encoded {
            format: self.format,
            bytes,
        };
        let mut job = Job::new(self.message, payload, &self.caller, &self.codecs);
        job.address = str::from_utf8(address)
            .ok()
            .and_then(|text| Address::parse(text).ok());
        job.metadata = self.metadata.entries();
        job.deadline = self.deadline;
        job.identity = self.identity.as_ref();
        job.hops = self.hops;
        job.idempotent = self.idempotent;
        job.one_way = self.one_way;
        job
    }
}
