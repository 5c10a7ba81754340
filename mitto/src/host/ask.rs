//! Calls by address alone, of what no schema knows.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_core::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::address::OwnedAddress;
use crate::codec::{Codecs, Decoder, Encoder, Format};
use crate::envelope::{MessageId, Metadata};
use crate::escaped::Escaped;
use crate::job::{Answer, AnswerPart, OwnedJob, Queue};
use crate::limits::Limits;
use crate::peer::Peer;
use crate::pipeline::{Posted, Poster};
use crate::router::Router;
use crate::runtime::{Instant, later, sleep_until, spawn};
use crate::status::{Code, Status};
use crate::transport::BoxFuture;

/// Asks whatever a router leads to.
#[derive(Clone)]
pub(super) struct Asker {
    router: Router,
    codecs: Codecs,
    limits: Limits,
}

impl Asker {
    pub(super) fn new(router: Router) -> Self {
        Self {
            router,
            codecs: Codecs::default(),
            limits: Limits::default(),
        }
    }

    /// Encodes a message, in the default format where none is given.
    pub(super) fn posted<T: Serialize + ?Sized>(
        &self,
        address: OwnedAddress,
        format: Option<Format>,
        message: &T,
    ) -> Result<Posted, Status> {
        let format = format.or(self.codecs.default_format()).ok_or_else(|| {
            Status::new(Code::UnsupportedFormat, "turn on a codec feature of mitto")
        })?;
        let mut payload = Vec::new();
        let mut encoder = Encoder::new(&self.codecs, format, &mut payload, self.limits.message);
        encoder
            .encode(message)
            .map_err(|error| Status::bad_request(format!("it cannot be sent: {error}")))?;
        Ok(Posted {
            address,
            format,
            payload,
            identity: None,
            hops: 0,
            metadata: Metadata::new(),
            deadline: None,
        })
    }

    /// Decodes an answer.
    pub(super) fn read<R: DeserializeOwned>(
        &self,
        (format, bytes): (Format, Vec<u8>),
    ) -> Result<R, Status> {
        let decoded = Decoder::new(&self.codecs, format, &bytes).decode();
        decoded.map_err(|error| {
            let text = format!("the answer is not of this type: {error}");
            Status::bad_request(text)
        })
    }

    /// Sends it as a notification: nobody is told what becomes of it once it is on its way.
    pub(super) fn post(&self, posted: Posted) -> Result<(), Status> {
        let mut job = self.job(posted)?;
        job.one_way = true;
        let run = self
            .router
            .submit(job.lend(&Peer::nobody(), &self.codecs), Answer::nobody());
        if !run.is_done() {
            spawn(run);
        }
        Ok(())
    }

    /// Sends it as a request, and waits for the answer.
    pub(super) async fn call(&self, posted: Posted) -> Result<(Format, Vec<u8>), Status> {
        let format = posted.format;
        let job = self.job(posted)?;
        let now = Instant::now();
        let deadline = job.deadline.unwrap_or(now);
        let (patience, last) = (deadline - now, later(now, self.limits.timeout_max));
        let (answer, mut parts) = Answer::in_parts(format, &self.codecs, &self.limits);
        let mut run = self
            .router
            .submit(job.lend(&Peer::nobody(), &self.codecs), answer);
        let mut late = pin!(sleep_until(deadline));
        let part = poll_fn(|cx| {
            if !run.is_done() {
                let _ = Pin::new(&mut run).poll(cx);
            }
            while let Poll::Ready(part) = Pin::new(&mut parts).poll_next(cx) {
                if part != Some(AnswerPart::Progress) {
                    return Poll::Ready(part);
                }
                let again = later(Instant::now(), patience).min(last);
                late.as_mut().reset(again);
            }
            let status = || Status::new(Code::Timeout, "it was not answered in time");
            let late = late.as_mut().poll(cx);
            late.map(|()| Some(AnswerPart::Status(status())))
        })
        .await;
        let answered = match part {
            Some(AnswerPart::Response { format, bytes }) => Ok((format, bytes)),
            Some(AnswerPart::Status(status) | AnswerPart::Unreadable(status)) => {
                return Err(status);
            }
            Some(AnswerPart::Error { bytes, .. }) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let text = format!("the handler's own error: {}", Escaped(text).up_to(256));
                Err(Status::new(Code::Internal, text))
            }
            Some(AnswerPart::Item { .. }) => {
                let text = "it is answered by a stream: ask with a typed client";
                return Err(Status::bad_request(text));
            }
            _ => Err(Status::bad_request("it has no answer: post to it")),
        };
        // What goes on behind its answer is let.
        if !run.is_done() {
            spawn(run);
        }
        answered
    }

    fn job(&self, posted: Posted) -> Result<OwnedJob, Status> {
        let name = posted.address.as_address().action().ok_or_else(|| {
            let text = format!(
                "`{}` names no action: application/node/action",
                posted.address
            );
            Status::bad_request(text)
        })?;
        let id = MessageId::of_name(name);
        let now = Instant::now();
        let usual = || later(now, self.limits.timeout);
        let mut job = OwnedJob::new(id, posted.format, posted.payload);
        job.address = Some(posted.address);
        job.metadata = posted.metadata;
        job.identity = posted.identity;
        job.hops = posted.hops;
        job.deadline = Some(posted.deadline.unwrap_or_else(usual));
        Ok(job)
    }
}

impl Poster for Asker {
    fn post(&self, posted: Posted) -> BoxFuture<'static, Result<(), Status>> {
        Box::pin(ready(Self::post(self, posted)))
    }

    fn call(&self, posted: Posted) -> BoxFuture<'static, Result<(Format, Vec<u8>), Status>> {
        let asker = self.clone();
        Box::pin(async move { Self::call(&asker, posted).await })
    }
}
