//! Answers to what is not run here.

use super::Endpoint;
use crate::job::AnswerPart;
use crate::queue::broker::Parcel;
use crate::status::Status;

/// Answers a request that is not run. Ready when that is on its way.
pub(crate) async fn refuse(endpoint: &Endpoint, parcel: &Parcel, status: Status) {
    answer(endpoint, parcel, AnswerPart::Status(status)).await;
}

/// Answers a request with what another run of it has come to.
pub(crate) async fn answer(endpoint: &Endpoint, parcel: &Parcel, outcome: AnswerPart) {
    let (Some(asker), Some(line)) = (&parcel.reply_to, endpoint.line()) else {
        return;
    };
    let outcome = match outcome {
        AnswerPart::End => {
            let text = "the stream has ended, for somebody before";
            AnswerPart::Status(Status::unavailable(text))
        }
        outcome => outcome,
    };
    let answer = Parcel::of_answer(outcome, parcel.correlation.clone());
    if let Err(error) = line.send(asker, answer).await {
        tracing::debug!(%error, "an answer was not sent");
    }
}
