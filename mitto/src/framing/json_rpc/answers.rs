//! What comes back for the requests of this end.

use super::codes;
use super::connection::{Connection, Each};
use super::extra::Extra;
use super::streams::Opening;
use crate::codec::Format;
use crate::envelope::{CorrelationId, Envelope, Head, Kind};
use crate::status::Status;

impl Connection {
    pub(super) fn response(
        &self,
        id: CorrelationId,
        result: &[u8],
        extra: Option<&[u8]>,
        each: &mut Each<'_>,
    ) {
        let opening = self.streams.open(id, result);
        match opening {
            Opening::NoStream => outcome(answer(Kind::Response, id, result), extra, each),
            Opening::Opened => each(answer(Kind::Progress, id, &[])),
            Opening::Wrong => {
                let status =
                    Status::bad_request("the other end answered a stream with no subscription");
                let mut error = Vec::new();
                codes::write_status(&status, &mut error);
                self.failure(id, &error, None, each);
            }
        }
    }

    pub(super) fn failure(
        &self,
        id: CorrelationId,
        error: &[u8],
        extra: Option<&[u8]>,
        each: &mut Each<'_>,
    ) {
        self.streams.close(id);
        match codes::own_error(error) {
            Some(value) => outcome(answer(Kind::Error, id, value), extra, each),
            None => {
                let mut envelope = answer(Kind::Error, id, error);
                envelope.head.status = true;
                outcome(envelope, extra, each);
            }
        }
    }
}

/// An envelope that belongs to a request of this end.
pub(super) fn answer(kind: Kind, id: CorrelationId, payload: &[u8]) -> Envelope<'_> {
    Envelope {
        head: Head {
            format: Some(Format::JSON),
            ..Head::new(kind, id)
        },
        payload,
    }
}

/// Hands on an outcome with what is said beside it. It counts whatever that is.
fn outcome(envelope: Envelope<'_>, extra: Option<&[u8]>, each: &mut Each<'_>) {
    if extra.is_none() {
        return each(envelope);
    }
    let extra = Extra::read(extra).unwrap_or_default();
    each(Envelope {
        head: Head {
            metadata: extra.entries().unwrap_or_default(),
            ..envelope.head
        },
        payload: envelope.payload,
    });
}
