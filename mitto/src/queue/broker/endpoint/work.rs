//! One request that runs here for somebody beyond the broker.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::pace::Pace;
use super::runs::{End, Running};
use super::{Endpoint, poll_once};
use crate::codec::Format;
use crate::envelope::MessageId;
use crate::escaped::Escaped;
use crate::in_flight::item_cost;
use crate::job::{Answer, AnswerPart, AnswerParts, OwnedJob, Queue, Run};
use crate::message::MessageKind;
use crate::panics::catch;
use crate::peer::Peer;
use crate::queue::broker::{Later, Parcel, ParcelKind, SendError, Settled, Task};
use crate::runtime::{Instant, Sleep, sleep_until};
use crate::status::{Code, Status};

/// One request that runs here, on its way to its answer.
///
/// What its handler says is sent to the asker's inbox part by part; then the delivery is settled. It is
/// polled once where it comes in, and goes on in a task of its own if that is not enough.
pub(crate) struct Work {
    endpoint: Arc<Endpoint>,
    asker: Option<Arc<str>>,
    correlation: Arc<str>,
    run: Run,
    /// `None` when it was given up.
    parts: Option<AnswerParts>,
    /// The item that its reader has no room for yet.
    held: Option<AnswerPart>,
    record: Option<Record>,
    /// The last part, and its record, which comes before it is sent.
    recording: Option<(Later<()>, AnswerPart)>,
    sending: Option<Later<Result<(), SendError>>>,
    window: u32,
    running: Option<Listed>,
    deadline: Option<Instant>,
    /// From when it does not end at once.
    pace: Option<Pace>,
    timer: Option<Pin<Box<Sleep>>>,
    /// What the delivery is settled with, where it came out of a queue.
    tag: Option<u64>,
    settled: Settled,
    /// Nothing follows what is being recorded or sent.
    ended: bool,
    given_up: bool,
    _counted: TaskTrackerToken,
}

/// What others know it by, so that they can cancel it.
struct Listed {
    running: Arc<Running>,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Where a request runs, and for whom.
pub(crate) struct Assignment<'a> {
    pub(crate) queue: &'a dyn Queue,
    pub(crate) message: MessageId,
    pub(crate) kind: MessageKind,
    pub(crate) format: Format,
    pub(crate) caller: Peer,
    /// What the delivery is settled with, where it came out of a queue.
    pub(crate) tag: Option<u64>,
    /// What is done with its outcome before that is sent.
    pub(crate) record: Option<Record>,
}

/// Takes the last part of an answer, to keep it.
pub(crate) type Record = Box<dyn FnOnce(AnswerPart) -> Later<()> + Send>;

impl Work {
    /// Begins.
    pub(crate) fn begin(
        endpoint: &Arc<Endpoint>,
        parcel: Parcel,
        task: Task,
        assignment: Assignment<'_>,
    ) {
        let Assignment {
            queue,
            message,
            kind,
            format,
            caller,
            tag,
            record,
        } = assignment;
        let codecs = &endpoint.codecs;
        let (answer, parts) = Answer::in_parts(format, codecs, &endpoint.limits);
        let mut owned = OwnedJob::new(message, format, parcel.body);
        owned.address = task.address;
        owned.metadata = task.metadata;
        owned.deadline = task.deadline;
        owned.identity = task.identity;
        owned.hops = task.hops;
        owned.idempotent = task.idempotent;
        owned.one_way = kind == MessageKind::Notification;
        // An extractor or a `Deserialize` may panic: the answer, dropped, says so to the caller.
        let run = catch(|| queue.submit(owned.lend(&caller, codecs), answer)).unwrap_or_default();
        let mut work = Self {
            endpoint: endpoint.clone(),
            // Nobody waits for the outcome of a notification.
            asker: parcel
                .reply_to
                .filter(|_| kind != MessageKind::Notification),
            correlation: match tag {
                // Nobody but this end knows it.
                Some(tag) if parcel.correlation.is_empty() => tag.to_string().into(),
                _ => parcel.correlation,
            },
            run,
            parts: Some(parts),
            held: None,
            record,
            recording: None,
            sending: None,
            window: task.window,
            running: None,
            deadline: task.deadline,
            pace: None,
            timer: None,
            tag,
            settled: Settled::Done,
            ended: false,
            given_up: false,
            _counted: endpoint.runs.counted(),
        };
        if poll_once(&mut work).is_pending() {
            endpoint.runtime.spawn(work);
        }
    }

    /// Records and sends the next part of the answer.
    fn give(&mut self, part: AnswerPart) {
        if part.is_last() {
            self.ended = true;
            if let AnswerPart::Unreadable(status) = &part {
                self.settled = Settled::Dead(status.to_string());
            }
            if let Some(record) = self.record.take() {
                self.recording = Some((record(part.clone()), part));
                return;
            }
        }
        self.send_part(part);
    }

    fn send_part(&mut self, part: AnswerPart) {
        match &part {
            AnswerPart::Item { bytes, .. } => {
                if let Some(Listed { running, .. }) = &self.running {
                    running.spend(item_cost(bytes.len()));
                }
                self.pace().item();
            }
            AnswerPart::Progress => self.pace().progress(),
            AnswerPart::Status(status) | AnswerPart::Unreadable(status) if self.asker.is_none() => {
                tracing::warn!(status = %Escaped(status), "a message without a reply place failed");
            }
            _ => {}
        }
        self.send(Parcel::of_answer(part, self.correlation.clone()));
    }

    fn send(&mut self, mut parcel: Parcel) {
        let tells_where = !parcel.kind.is_last();
        if tells_where {
            self.pace().told();
        }
        let (Some(asker), Some(line)) = (&self.asker, self.endpoint.line()) else {
            return;
        };
        if tells_where {
            parcel = parcel.from_inbox(&line.inbox());
        }
        self.sending = Some(line.send(asker, parcel));
    }

    /// Waits until what was given is recorded and sent.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((recording, _)) = &mut self.recording {
            ready!(recording.as_mut().poll(cx));
            if let Some((_, part)) = self.recording.take() {
                self.send_part(part);
            }
        }
        if let Some(sending) = &mut self.sending {
            let sent = ready!(sending.as_mut().poll(cx));
            self.sending = None;
            if let Err(error) = sent {
                tracing::debug!(%error, "an answer was not sent");
                self.ended = true;
            }
        }
        Poll::Ready(())
    }

    /// Takes the next part that may be sent.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<AnswerPart>> {
        let Some(parts) = &mut self.parts else {
            return Poll::Ready(None);
        };
        if self.held.is_none() {
            match ready!(Pin::new(parts).poll_next(cx)) {
                item @ Some(AnswerPart::Item { .. }) => self.held = item,
                other => return Poll::Ready(other),
            }
        }
        let running = &self.listed().running;
        ready!(running.poll_credit(cx));
        Poll::Ready(self.held.take())
    }

    /// Lets others know of it, from when it does not end at once.
    fn listed(&mut self) -> &mut Listed {
        let (endpoint, asker) = (&self.endpoint, &self.asker);
        let (correlation, window) = (&self.correlation, self.window);
        self.running.get_or_insert_with(|| {
            let running = Arc::new(Running::new(window));
            endpoint.runs.note(asker, correlation, &running);
            Listed {
                cancelled: Box::pin(running.cancelled.clone().cancelled_owned()),
                running,
            }
        })
    }

    /// Whether it was cancelled, once.
    fn is_given_up(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.given_up {
            self.given_up = self.listed().cancelled.as_mut().poll(cx).is_ready();
            return self.given_up;
        }
        false
    }

    /// Drops what runs.
    fn give_up(&mut self) {
        self.stop();
        let end = self.listed().running.end();
        match end {
            // What the handler has said is on its way.
            End::Aborted if self.ended => {}
            End::Aborted => {
                let text = "the worker was shut down before the handler had finished";
                self.give(AnswerPart::Status(Status::new(Code::Cancelled, text)));
            }
            End::GivenUp => self.leave(),
            End::Left => {
                self.tag = None;
                self.leave();
            }
        }
    }

    fn stop(&mut self) {
        self.run = Run::done();
        self.parts = None;
    }

    /// Sends nothing more.
    fn leave(&mut self) {
        self.sending = None;
        self.recording = None;
        self.ended = true;
    }

    /// Waits for the deadline, and for when the caller is to be told where the request runs.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ended {
            self.pace().end();
        }
        let next = self.pace().next();
        let timer = match &mut self.timer {
            Some(timer) => timer,
            none => none.insert(Box::pin(sleep_until(next))),
        };
        if timer.deadline() != next {
            timer.as_mut().reset(next);
        }
        ready!(timer.as_mut().poll(cx));
        let is_late = self.pace().is_late();
        if is_late && self.ended {
            tracing::warn!("an answer could not be sent before its deadline");
            self.leave();
        } else if is_late {
            self.stop();
            let text = "the handler did not answer before the deadline";
            self.give(AnswerPart::Status(Status::new(Code::Timeout, text)));
        } else if self.sending.is_some() {
            self.pace().told();
        } else {
            self.send(Parcel::new(ParcelKind::Running, self.correlation.clone()));
        }
        Poll::Ready(())
    }

    fn pace(&mut self) -> &mut Pace {
        let (deadline, limits) = (self.deadline, &self.endpoint.limits);
        self.pace.get_or_insert_with(|| Pace::new(deadline, limits))
    }

    fn settle(&mut self) {
        if let (Some(tag), Some(line)) = (self.tag.take(), self.endpoint.line()) {
            let settled = std::mem::replace(&mut self.settled, Settled::Done);
            line.settle(tag, settled);
        }
    }
}

impl Future for Work {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            if !this.run.is_done() && Pin::new(&mut this.run).poll(cx).is_ready() {
                this.run = Run::done();
            }
            if this.poll_out(cx).is_ready() {
                if this.ended {
                    this.settle();
                    return Poll::Ready(());
                }
                if let Poll::Ready(part) = this.poll_part(cx) {
                    match part {
                        Some(part) => this.give(part),
                        None => this.ended = true,
                    }
                    continue;
                }
            }
            if this.is_given_up(cx) {
                this.give_up();
                continue;
            }
            ready!(this.poll_time(cx));
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.running.is_some() {
            let asker = self.asker.as_deref().unwrap_or_default();
            self.endpoint.runs.forget(asker, &self.correlation);
        }
    }
}
