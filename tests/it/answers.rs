//! What a handler answered, kept for a test to look at.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mitto::codec::{Codecs, Encoder, Format};
use mitto::envelope::CorrelationId;
use mitto::job::{Answer, Answering};
use mitto::message::Outgoing;
use mitto::status::Status;
use tokio_util::sync::CancellationToken;

/// Keeps everything that is answered, as JSON.
#[derive(Default)]
pub(crate) struct Answers {
    came: Mutex<Vec<Came>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Came {
    Response(String),
    Error(String),
    Item(String),
    Status(Status),
    Progress,
    End,
}

impl Came {
    pub(crate) fn response(json: &str) -> Self {
        Self::Response(json.to_owned())
    }

    pub(crate) fn error(json: &str) -> Self {
        Self::Error(json.to_owned())
    }

    pub(crate) fn item(json: &str) -> Self {
        Self::Item(json.to_owned())
    }
}

impl Answers {
    pub(crate) fn new() -> (Arc<Self>, Answer) {
        let answers = Arc::new(Self::default());
        let answer = Answer::new(
            Arc::clone(&answers) as Arc<dyn Answering>,
            CorrelationId::NONE,
        );
        (answers, answer)
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    fn push(&self, came: Came) {
        self.came.lock().unwrap().push(came);
    }
}

fn json(value: &dyn Outgoing) -> String {
    let (codecs, mut bytes) = (Codecs::default(), Vec::new());
    let mut encoder = Encoder::new(&codecs, Format::JSON, &mut bytes, 1 << 20);
    value.encode(&mut encoder).unwrap();
    String::from_utf8(bytes).unwrap()
}

impl Answering for Answers {
    fn respond(&self, _: CorrelationId, response: &mut dyn Outgoing) {
        self.push(Came::Response(json(response)));
    }

    fn throw(&self, _: CorrelationId, error: &mut dyn Outgoing) {
        self.push(Came::Error(json(error)));
    }

    fn fail(&self, _: CorrelationId, status: Status) {
        self.push(Came::Status(status));
    }

    fn end(&self, _: CorrelationId) {
        self.push(Came::End);
    }

    fn poll_item(
        &self,
        _: CorrelationId,
        item: &mut dyn Outgoing,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        self.push(Came::Item(json(item)));
        Poll::Ready(Ok(()))
    }

    fn progress(&self, _: CorrelationId) {
        self.push(Came::Progress);
    }

    fn is_waited_for(&self, _: CorrelationId) -> bool {
        true
    }

    fn cancellation(&self, _: CorrelationId) -> CancellationToken {
        CancellationToken::new()
    }
}
