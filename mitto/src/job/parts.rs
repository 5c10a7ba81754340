//! An answer that is encoded as it is given, and taken out part by part.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tokio_util::sync::CancellationToken;

use super::{Answer, Answering};
use crate::codec::{CodecError, Codecs, Encoder, Format};
use crate::envelope::{CorrelationId, item_cost};
use crate::limits::Limits;
use crate::message::Outgoing;
use crate::panics::catch;
use crate::status::{Code, Status};

/// A part of an answer, encoded: what travels back from where the handler runs. Each answer has
/// exactly one last part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerPart {
    /// The response. The last part.
    Response {
        /// Its format.
        format: Format,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The handler's own error. The last part.
    Error {
        /// Its format.
        format: Format,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Any other failure. The last part.
    Status(Status),
    /// The message could not be read, so that no handler has run. The last part.
    Unreadable(Status),
    /// The next item of a stream.
    Item {
        /// Its format.
        format: Format,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// The request is being worked on.
    Progress,
    /// The end of a stream, or of a notification's handler. The last part.
    End,
}

impl AnswerPart {
    /// Whether no part follows.
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Item { .. } | Self::Progress)
    }
}

/// The parts of one answer, in order, as its handler gives them; made by [`Answer::in_parts`].
///
/// Whoever takes no parts out holds a stream's handler back. Dropping it cancels the request.
#[must_use = "dropping the parts cancels the request"]
pub struct AnswerParts {
    recorder: Arc<Recorder>,
}

/// Where the handler's end of the answer writes to.
struct Recorder {
    codecs: Codecs,
    format: Format,
    /// The largest part, in bytes.
    limit: usize,
    /// What a handler may be ahead of the reader, in bytes.
    window: usize,
    state: Mutex<State>,
}

struct State {
    /// The part that is next. Most answers have no more.
    next: Option<AnswerPart>,
    /// The parts behind it.
    later: VecDeque<AnswerPart>,
    /// What the items among them count against the window.
    ahead: usize,
    /// Whether an outcome is still waited for.
    open: bool,
    reader: Option<Waker>,
    /// The handler that waits for the reader.
    sender: Option<Waker>,
    token: Option<CancellationToken>,
}

impl Answer {
    /// An answer for a handler whose caller is elsewhere, and its parts, encoded in `format`.
    ///
    /// The answer is the worker's half: it goes to the provider that runs the handler. The parts go
    /// back, to [`forward`](Self::forward) on the caller's own answer; [`Queue`](super::Queue) has an
    /// example.
    ///
    /// Of `limits` count [`message`](Limits::message) and [`stream_window`](Limits::stream_window).
    pub fn in_parts(format: Format, codecs: &Codecs, limits: &Limits) -> (Self, AnswerParts) {
        let recorder = Arc::new(Recorder {
            codecs: codecs.clone(),
            format,
            limit: limits.message,
            window: limits.stream_window,
            state: Mutex::new(State {
                next: None,
                later: VecDeque::new(),
                ahead: 0,
                open: true,
                reader: None,
                sender: None,
                token: None,
            }),
        });
        let answer = Self::new(recorder.clone(), CorrelationId::NONE);
        (answer, AnswerParts { recorder })
    }
}

impl AnswerParts {
    /// Waits for the next part; `None` after the last one.
    pub async fn next(&mut self) -> Option<AnswerPart> {
        poll_fn(|cx| self.poll_part(cx)).await
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<AnswerPart>> {
        let mut state = self.recorder.state();
        match state.pop() {
            Some(part) => {
                if let AnswerPart::Item { bytes, .. } = &part {
                    state.ahead -= item_cost(bytes.len());
                }
                let sender = state.sender.take();
                drop(state);
                wake(sender);
                Poll::Ready(Some(part))
            }
            None if state.open => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }
}

impl Stream for AnswerParts {
    type Item = AnswerPart;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<AnswerPart>> {
        self.get_mut().poll_part(cx)
    }
}

impl Drop for AnswerParts {
    fn drop(&mut self) {
        let mut state = self.recorder.state();
        state.open = false;
        let (sender, token) = (state.sender.take(), state.token.take());
        drop(state);
        if let Some(token) = token {
            token.cancel();
        }
        wake(sender);
    }
}

impl fmt::Debug for AnswerParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerParts")
            .field("format", &self.recorder.format)
            .finish_non_exhaustive()
    }
}

impl Recorder {
    fn encode(&self, value: &dyn Outgoing) -> Result<Vec<u8>, Status> {
        encoded(value, self.format, &self.codecs, self.limit)
    }

    /// Encodes the outcome, unless nobody waits for it.
    fn outcome(&self, value: &dyn Outgoing, part: impl FnOnce(Format, Vec<u8>) -> AnswerPart) {
        if !self.state().open {
            return;
        }
        self.finish(match self.encode(value) {
            Ok(bytes) => part(self.format, bytes),
            Err(status) => AnswerPart::Status(status),
        });
    }

    fn finish(&self, part: AnswerPart) {
        let mut state = self.state();
        if state.open {
            state.open = false;
            push(state, part);
        }
    }

    /// No user code runs under the lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pop(&mut self) -> Option<AnswerPart> {
        let part = self.next.take()?;
        self.next = self.later.pop_front();
        Some(part)
    }
}

impl Answering for Recorder {
    fn respond(&self, _: CorrelationId, response: &mut dyn Outgoing) {
        self.outcome(response, |format, bytes| AnswerPart::Response {
            format,
            bytes,
        });
    }

    fn throw(&self, _: CorrelationId, error: &mut dyn Outgoing) {
        self.outcome(error, |format, bytes| AnswerPart::Error { format, bytes });
    }

    fn fail(&self, _: CorrelationId, status: Status) {
        self.finish(AnswerPart::Status(status));
    }

    fn unreadable(&self, _: CorrelationId, status: Status) {
        self.finish(AnswerPart::Unreadable(status));
    }

    fn end(&self, _: CorrelationId) {
        self.finish(AnswerPart::End);
    }

    fn poll_item(
        &self,
        _: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.state();
        if !state.open {
            let text = "nobody reads the items";
            return Poll::Ready(Err(Status::new(Code::Cancelled, text)));
        }
        if state.ahead >= self.window {
            state.sender = Some(cx.waker().clone());
            return Poll::Pending;
        }
        drop(state);
        let bytes = self.encode(item)?;
        let mut state = self.state();
        state.ahead += item_cost(bytes.len());
        let format = self.format;
        push(state, AnswerPart::Item { format, bytes });
        Poll::Ready(Ok(()))
    }

    fn progress(&self, _: CorrelationId) {
        let state = self.state();
        // One report is as good as two, and the list stays bounded.
        let last = state.later.back().or(state.next.as_ref());
        if state.open && last != Some(&AnswerPart::Progress) {
            push(state, AnswerPart::Progress);
        }
    }

    fn is_waited_for(&self, _: CorrelationId) -> bool {
        self.state().open
    }

    fn cancellation(&self, _: CorrelationId) -> CancellationToken {
        let mut state = self.state();
        if state.open {
            return state.token.get_or_insert_default().clone();
        }
        let token = CancellationToken::new();
        token.cancel();
        token
    }
}

fn push(mut state: MutexGuard<'_, State>, part: AnswerPart) {
    match state.next {
        None => state.next = Some(part),
        Some(_) => state.later.push_back(part),
    }
    let reader = state.reader.take();
    drop(state);
    wake(reader);
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// What a handler gives, as bytes.
pub(super) fn encoded(
    value: &dyn Outgoing,
    format: Format,
    codecs: &Codecs,
    limit: usize,
) -> Result<Vec<u8>, Status> {
    let mut bytes = Vec::with_capacity(128);
    // `Serialize` is the user's code: it may panic.
    match catch(|| value.encode(&mut Encoder::new(codecs, format, &mut bytes, limit))) {
        Ok(Ok(())) => Ok(bytes),
        Ok(Err(error)) => Err(unsent(&error)),
        Err(_) => {
            let what = "the answer panicked while it was encoded";
            tracing::error!("{what}");
            Err(Status::new(Code::Internal, what))
        }
    }
}

/// Why an answer was not sent.
pub(crate) fn unsent(error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        _ => Code::Internal,
    };
    Status::new(code, format!("the answer was not sent: {error}"))
}
