//! Answers to what is not run here.

use std::sync::Arc;

use super::Endpoint;
use crate::job::AnswerPart;
use crate::queue::broker::{Parcel, ParcelKind};
use crate::status::Status;

/// Answers a request that is not run.
pub(crate) fn refuse(endpoint: &Arc<Endpoint>, parcel: &Parcel, status: Status) {
    if let (Some(asker), Some(line)) = (&parcel.reply_to, endpoint.line()) {
        let answer = Parcel::new(ParcelKind::Status(status), parcel.correlation.clone());
        endpoint.send_later(line.send(asker, answer));
    }
}

/// Answers a request with what another run of it has come to.
pub(crate) async fn answer(endpoint: &Arc<Endpoint>, parcel: &Parcel, outcome: AnswerPart) {
    let (Some(asker), Some(line)) = (&parcel.reply_to, endpoint.line()) else {
        return;
    };
    let (kind, value) = match outcome {
        AnswerPart::Response { format, bytes } => (ParcelKind::Response, Some((format, bytes))),
        AnswerPart::Error { format, bytes } => (ParcelKind::Error, Some((format, bytes))),
        AnswerPart::Status(status) | AnswerPart::Unreadable(status) => {
            (ParcelKind::Status(status), None)
        }
        _ => {
            let text = "the stream has ended, for somebody before";
            (ParcelKind::Status(Status::unavailable(text)), None)
        }
    };
    let mut answer = Parcel::new(kind, parcel.correlation.clone());
    if let Some((format, body)) = value {
        answer = answer.with_body(format, body);
    }
    if let Err(error) = line.send(asker, answer).await {
        tracing::debug!(%error, "an answer was not sent");
    }
}
