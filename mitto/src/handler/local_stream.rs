//! The stream of a provider that is called directly: its reader drives the handler.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio_util::sync::CancellationToken;

use super::CallInPlace;
use super::items::Encode;
use super::running::Running;
use crate::codec::Codecs;
use crate::context::{ItemSource, Parts};
use crate::envelope::CorrelationId;
use crate::job::{Answer, Answering, Run};
use crate::message::{Message, Outgoing, Streaming};
use crate::peer::{CallHead, ItemStream, Outbound, Peer, Reply, Started, Wait};
use crate::status::Status;

/// There is one request only.
const ID: CorrelationId = CorrelationId::NONE;

pub(super) async fn stream_in_place<S, H, M>(
    state: &S,
    message: M,
) -> Result<ItemStream<M>, M::Failure>
where
    H: CallInPlace<S, M>,
    M: Message<Kind = Streaming>,
{
    let local = Arc::new(LocalStream::default());
    let peer = Peer::new(Arc::clone(&local) as Arc<dyn Outbound>);
    let run = {
        let answer = Answer::new(Arc::clone(&local) as Arc<dyn Answering>, ID);
        let nobody = Peer::nobody();
        let opened = Arc::default();
        let encode = Encode::<M::Response>(M::encode_response);
        let mut parts = Parts::nobody(&nobody, &answer);
        parts.items = Some(ItemSource {
            encode: &encode,
            opened: &opened,
        });
        let begun = H::begin(state, &parts, message)?;
        Run::new(Running::<_, M>::new(
            begun,
            answer,
            Some(opened),
            H::watched(),
        ))
    };
    *local.run() = run;
    let first = std::future::poll_fn(|cx| local.poll_reply(ID, cx)).await;
    ItemStream::open(&peer, Some(ID), first)
}

/// Both ends of the stream: where the handler answers to, and where its reader polls.
#[derive(Default)]
struct LocalStream {
    run: Mutex<Run>,
    state: Mutex<State>,
    codecs: Codecs,
}

#[derive(Default)]
struct State {
    reply: Option<Reply>,
    last: Option<Reply>,
    reader: Option<Waker>,
    sender: Option<Waker>,
    cancelled: bool,
    cancellation: Option<CancellationToken>,
}

impl LocalStream {
    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self, reply: Reply) {
        let mut state = self.state();
        // An item that is not read yet comes first: `poll_item` waits, so only an outcome can find one.
        if matches!(state.reply, Some(Reply::Item(_))) {
            state.last = Some(reply);
        } else {
            state.reply = Some(reply);
        }
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl Outbound for LocalStream {
    fn start(
        &self,
        _: &CallHead<'_>,
        _: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<Started, Status>> {
        Poll::Ready(Err(Status::unavailable("this is the end of one stream")))
    }

    fn notify(
        &self,
        _: &CallHead<'_>,
        _: &mut dyn Outgoing,
        _: &mut Wait,
        _: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        Poll::Ready(Err(Status::unavailable("this is the end of one stream")))
    }

    fn leave(&self, _: &mut Wait) {}

    fn poll_reply(&self, _: CorrelationId, cx: &mut Context<'_>) -> Poll<Reply> {
        loop {
            {
                let mut state = self.state();
                if let Some(reply) = state.reply.take() {
                    state.reply = state.last.take();
                    let sender = state.sender.take();
                    drop(state);
                    if let Some(sender) = sender {
                        sender.wake();
                    }
                    return Poll::Ready(reply);
                }
                state.reader = Some(cx.waker().clone());
            }
            let _ = std::pin::pin!(&mut *self.run()).poll(cx);
            if self.state().reply.is_none() {
                return Poll::Pending;
            }
        }
    }

    fn cancel(&self, _: CorrelationId) {
        let token = {
            let mut state = self.state();
            state.cancelled = true;
            state.cancellation.take()
        };
        if let Some(token) = token {
            token.cancel();
        }
        let run = std::mem::take(&mut *self.run());
        drop(run);
    }

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn remote(&self) -> &str {
        "in process"
    }

    fn id(&self) -> u64 {
        0
    }

    fn is_connected(&self) -> bool {
        !self.state().cancelled
    }

    fn poll_closed(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn close(&self, _: bool) {
        self.cancel(ID);
    }
}

impl Answering for LocalStream {
    fn respond(&self, _: CorrelationId, response: &mut dyn Outgoing) {
        self.reply(Reply::Response(response.take()));
    }

    fn throw(&self, _: CorrelationId, error: &mut dyn Outgoing) {
        self.reply(Reply::Error(error.take()));
    }

    fn fail(&self, _: CorrelationId, status: Status) {
        self.reply(Reply::Status(status));
    }

    fn end(&self, _: CorrelationId) {
        self.reply(Reply::End);
    }

    fn poll_item(
        &self,
        _: CorrelationId,
        item: &mut dyn Outgoing,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Status>> {
        let mut state = self.state();
        if state.cancelled {
            return Poll::Ready(Err(Status::new(
                crate::status::Code::Cancelled,
                "nobody reads the items",
            )));
        }
        if state.reply.is_some() {
            state.sender = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.reply = Some(Reply::Item(item.take()));
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }

    fn progress(&self, _: CorrelationId) {
        let mut state = self.state();
        if state.reply.is_none() {
            state.reply = Some(Reply::Opened);
        }
    }

    fn is_waited_for(&self, _: CorrelationId) -> bool {
        !self.state().cancelled
    }

    fn cancellation(&self, _: CorrelationId) -> CancellationToken {
        let mut state = self.state();
        if state.cancelled {
            let token = CancellationToken::new();
            token.cancel();
            return token;
        }
        state.cancellation.get_or_insert_default().clone()
    }
}
