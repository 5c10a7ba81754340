//! Answers to requests that came as bytes: they are given as bytes, too, for callers beyond this process.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;

use super::Exchange;
use crate::codec::{Codecs, Format};
use crate::envelope::CorrelationId;
use crate::in_flight::Reply;
use crate::job::Answering;
use crate::job::parts::encoded;
use crate::limits::Limits;
use crate::message::{Body, Encoded, Outgoing};
use crate::status::Status;

/// An exchange whose answers are encoded.
struct InBytes {
    exchange: Arc<Exchange>,
    format: Format,
    codecs: Codecs,
    limit: usize,
}

impl Exchange {
    /// Where a request in `format` is answered.
    #[cold]
    pub(crate) fn in_bytes(
        self: &Arc<Self>,
        format: Format,
        codecs: &Codecs,
        limits: &Limits,
    ) -> Arc<dyn Answering> {
        Arc::new(InBytes {
            exchange: self.clone(),
            format,
            codecs: codecs.clone(),
            limit: limits.message,
        })
    }
}

impl InBytes {
    fn encode(&self, value: &dyn Outgoing) -> Result<Vec<u8>, Status> {
        encoded(value, self.format, &self.codecs, self.limit)
    }

    fn finish(&self, id: CorrelationId, value: &dyn Outgoing, reply: fn(Body) -> Reply) {
        let format = self.format;
        self.exchange.complete(
            id,
            match self.encode(value) {
                Ok(bytes) => reply(Body::Encoded { format, bytes }),
                Err(status) => Reply::Status(status),
            },
        );
    }
}

impl Answering for InBytes {
    fn respond(&self, id: CorrelationId, response: &mut dyn Outgoing) {
        self.finish(id, response, Reply::Response);
    }

    fn throw(&self, id: CorrelationId, error: &mut dyn Outgoing) {
        self.finish(id, error, Reply::Error);
    }

    fn fail(&self, id: CorrelationId, status: Status) {
        self.exchange.fail(id, status);
    }

    fn end(&self, id: CorrelationId) {
        self.exchange.end(id);
    }

    fn poll_item(
        &self,
        id: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let bytes = &self.encode(item)?;
        let format = self.format;
        self.exchange
            .poll_item(id, &mut Encoded { format, bytes }, cx)
    }

    fn progress(&self, id: CorrelationId) {
        self.exchange.progress(id);
    }

    fn is_waited_for(&self, id: CorrelationId) -> bool {
        self.exchange.is_waited_for(id)
    }

    fn cancellation(&self, id: CorrelationId) -> CancellationToken {
        self.exchange.cancellation(id)
    }
}
