//! The way back of one request.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::ptr::addr_eq;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio_util::sync::CancellationToken;

use super::{AnswerPart, gathering};
use crate::codec::{Codecs, Format};
use crate::envelope::CorrelationId;
use crate::escaped::Escaped;
use crate::message::{Encoded, Failure, Message, Outgoing, Returned, TakesFailure};
use crate::status::{Code, Status};

/// Where answers go: into a connection, to a caller in the same process, to a broker, a test.
///
/// An id that is no longer waited for is ignored by every method.
pub trait Answering: Any + Send + Sync {
    /// Sends the response. Ends the request.
    fn respond(&self, id: CorrelationId, response: &mut dyn Outgoing);

    /// Sends the handler's own error. Ends the request.
    fn throw(&self, id: CorrelationId, error: &mut dyn Outgoing);

    /// Sends any other failure. Ends the request.
    fn fail(&self, id: CorrelationId, status: Status);

    /// Says that the message could not be read, so that no handler has run. Ends the request.
    fn unreadable(&self, id: CorrelationId, status: Status) {
        self.fail(id, status);
    }

    /// Sends the end of a stream. Ends the request.
    fn end(&self, id: CorrelationId);

    /// Sends the next item of a stream, or waits until its reader has room.
    ///
    /// # Errors
    ///
    /// When nobody reads any more, or the item cannot be sent.
    fn poll_item(
        &self,
        id: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>>;

    /// Whether it takes items of a stream together, so that [`allow_items`](Self::allow_items) is worth asking.
    fn takes_together(&self) -> bool {
        false
    }

    /// What a handler may send at once of a stream's items; `None` where it must wait, or where they are sent
    /// one by one.
    fn allow_items(&self, id: CorrelationId) -> Option<Allowance> {
        let _ = id;
        None
    }

    /// Sends items that were encoded within what [`allow_items`](Self::allow_items) said.
    fn send_items(&self, id: CorrelationId, items: GatheredItems<'_>) {
        let _ = (id, items);
    }

    /// Tells the caller that the request is being worked on, which gives it a new deadline; tells the
    /// caller of a stream that its handler has begun.
    fn progress(&self, id: CorrelationId);

    /// Whether somebody still waits for the answer.
    fn is_waited_for(&self, id: CorrelationId) -> bool;

    /// A token that is cancelled when nobody waits for the answer any more.
    fn cancellation(&self, id: CorrelationId) -> CancellationToken;
}

/// What a handler may send of a stream's items before it asks again.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// The format that they are encoded in,
    pub format: Format,
    /// and what with.
    pub codecs: Codecs,
    /// The longest item, in bytes; they are sent when they have come to as much.
    pub bytes: usize,
    /// What they may cost, as [`item_cost`](crate::envelope::item_cost) says. The last one may cost more.
    pub credit: i64,
}

/// Items of a stream that are sent together.
#[derive(Clone, Copy, Debug)]
pub struct GatheredItems<'a> {
    /// The format of all.
    pub format: Format,
    /// The bytes of a [`List`](crate::envelope::List).
    pub list: &'a [u8],
    /// How many there are.
    pub count: usize,
    /// What they cost together.
    pub cost: usize,
}

impl AnswerTo {
    /// Reports progress, behind the items that its handler has gathered.
    pub(crate) fn progress(&self) {
        gathering::flush(self);
        self.to.progress(self.id);
    }
}

/// The owned way back of one request. It is used up by its one outcome; dropped without one it
/// answers `Internal`.
#[must_use = "a request that is dropped is answered with `Internal`"]
pub struct Answer {
    /// `None` for a notification, and after the outcome.
    to: Option<AnswerTo>,
}

/// A shared handle to where an answer goes, for what is sent before the outcome.
#[derive(Clone)]
pub(crate) struct AnswerTo {
    pub(crate) to: Arc<dyn Answering>,
    pub(crate) id: CorrelationId,
}

impl Answer {
    /// An answer to request `id`, sent through `to`.
    pub fn new(to: Arc<dyn Answering>, id: CorrelationId) -> Self {
        Self {
            to: Some(AnswerTo { to, id }),
        }
    }

    /// The answer to a notification: nobody waits for it.
    pub fn nobody() -> Self {
        Self { to: None }
    }

    /// Sends what the handler of `M` came to.
    pub fn outcome<M: Message>(mut self, outcome: Result<M::Response, M::Failure>) {
        match outcome {
            Ok(response) => self.respond(&mut Returned::<M>(Some(response))),
            Err(failure) => failure.send::<M>(&mut self),
        }
    }

    /// Sends the failure of the handler of `M`.
    pub fn failure<M: Message>(mut self, failure: M::Failure) {
        failure.send::<M>(&mut self);
    }

    /// Sends a response.
    pub fn respond(mut self, response: &mut dyn Outgoing) {
        if let Some(AnswerTo { to, id }) = self.to.take() {
            to.respond(id, response);
        }
    }

    /// Sends the handler's own error.
    pub fn throw(mut self, error: &mut dyn Outgoing) {
        if let Some(AnswerTo { to, id }) = self.to.take() {
            to.throw(id, error);
        }
    }

    /// Sends any other failure.
    pub fn fail(mut self, status: Status) {
        match self.to.take() {
            Some(AnswerTo { to, id }) => to.fail(id, status),
            None => tracing::warn!(status = %Escaped(status), "a notification failed"),
        }
    }

    /// Says that the message could not be read, so that no handler has run. To the caller that is any
    /// failure; a broker puts the message aside.
    pub fn unreadable(mut self, status: Status) {
        match self.to.take() {
            Some(AnswerTo { to, id }) => to.unreadable(id, status),
            None => self.fail(status),
        }
    }

    /// Sends the end of a stream.
    pub fn end(mut self) {
        if let Some(AnswerTo { to, id }) = self.to.take() {
            to.end(id);
        }
    }

    /// Sends the next item of a stream, or waits until its reader has room.
    ///
    /// # Errors
    ///
    /// When nobody reads any more, or the item cannot be sent.
    pub fn poll_item(
        &self,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        match &self.to {
            Some(AnswerTo { to, id }) => to.poll_item(*id, item, cx),
            None => Poll::Ready(Err(Status::new(Code::Cancelled, "nobody reads the items"))),
        }
    }

    /// Sends parts that are encoded already, as they come; items wait for their reader.
    ///
    /// Parts that end before their last one are answered with `Internal`.
    pub async fn forward(self, parts: impl Stream<Item = AnswerPart>) {
        let mut parts = pin!(parts);
        while let Some(part) = poll_fn(|cx| parts.as_mut().poll_next(cx)).await {
            match part {
                AnswerPart::Response { format, bytes } => {
                    let bytes = &bytes;
                    return self.respond(&mut Encoded { format, bytes });
                }
                AnswerPart::Error { format, bytes } => {
                    let bytes = &bytes;
                    return self.throw(&mut Encoded { format, bytes });
                }
                AnswerPart::Status(status) => return self.fail(status),
                AnswerPart::Unreadable(status) => return self.unreadable(status),
                AnswerPart::End => return self.end(),
                AnswerPart::Progress => self.progress(),
                AnswerPart::Item { format, bytes } => {
                    let bytes = &bytes;
                    let mut item = Encoded { format, bytes };
                    if let Err(status) = poll_fn(|cx| self.poll_item(&mut item, cx)).await {
                        return self.fail(status);
                    }
                }
            }
        }
    }

    /// Takes out where it goes, if it answers this request. Its outcome is sent in another way then.
    #[inline]
    pub(super) fn take_end<T: Answering>(&mut self, of: &T, id: CorrelationId) -> Option<Arc<T>> {
        let answers = |own: &mut AnswerTo| own.id == id && addr_eq(&*own.to, of);
        let AnswerTo { to, .. } = self.to.take_if(answers)?;
        (to as Arc<dyn Any + Send + Sync>).downcast().ok()
    }

    /// Tells the caller that the request is being worked on.
    pub fn progress(&self) {
        if let Some(AnswerTo { to, id }) = &self.to {
            to.progress(*id);
        }
    }

    /// Whether nobody was to be answered from the first.
    #[cfg(any(feature = "broker", feature = "host"))]
    pub(crate) fn is_nobody(&self) -> bool {
        self.to.is_none()
    }

    /// Whether somebody still waits for the answer. Nobody waits for that of a notification.
    pub fn is_waited_for(&self) -> bool {
        self.to
            .as_ref()
            .is_some_and(|AnswerTo { to, id }| to.is_waited_for(*id))
    }

    /// A token that is cancelled when nobody waits for the answer any more.
    pub fn cancellation(&self) -> CancellationToken {
        match &self.to {
            Some(AnswerTo { to, id }) => to.cancellation(*id),
            None => CancellationToken::new(),
        }
    }

    /// Where it goes, if that takes items together.
    pub(super) fn gathers(&self) -> Option<AnswerTo> {
        let to = self.to.as_ref()?;
        to.to.takes_together().then(|| to.clone())
    }

    /// Sends the items that its handler has gathered.
    pub(crate) fn flush(&self) {
        if let Some(to) = &self.to {
            gathering::flush(to);
        }
    }

    fn take(&mut self) -> Self {
        Self { to: self.to.take() }
    }

    pub(crate) fn to(&self) -> Option<AnswerTo> {
        self.to.clone()
    }
}

impl TakesFailure for Answer {
    fn error(&mut self, error: &mut dyn Outgoing) {
        self.take().throw(error);
    }

    fn status(&mut self, status: Status) {
        self.take().fail(status);
    }
}

impl Drop for Answer {
    #[inline]
    fn drop(&mut self) {
        if let Some(to) = self.to.take() {
            to.drop_unanswered();
        }
    }
}

impl AnswerTo {
    #[cold]
    fn drop_unanswered(self) {
        let text = match std::thread::panicking() {
            true => "a panic ended the request before it was answered",
            false => "the request was dropped without an answer",
        };
        self.to.fail(self.id, Status::new(Code::Internal, text));
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("id", &self.to.as_ref().map(|to| to.id))
            .finish_non_exhaustive()
    }
}
