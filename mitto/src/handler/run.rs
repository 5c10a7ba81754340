//! The ways to run a handler.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

use super::items::Encode;
use super::running::Running;
use super::{Extracts, Handler};
use crate::codec::{CodecError, Codecs, Decoder};
use crate::context::{ItemSource, Parts};
use crate::job::{Answer, Job, Run};
use crate::message::{
    IsMessage, Kind, Message, MessageKind, OneWay, Payload, ReturnOf, Sent, Streaming, Unary,
};
use crate::status::{Code, Status};

/// A handler that is a plain fn; `A` are its arguments before the message.
pub trait Plain<M, A, O>: Handler {
    /// Runs it.
    fn call(arguments: A, message: M) -> O;
}

/// A handler that is an async fn; `A` are its arguments before the message.
pub trait Async<M, A, O>: Handler {
    /// Runs it.
    fn call(arguments: A, message: M) -> impl Future<Output = O> + Send + 'static;
}

/// What the fn of a handler comes to.
pub type OutcomeOf<M> = Result<ReturnOf<M>, <M as Message>::Failure>;

/// The same as a type of its own, for the output of a handler's future: it names nothing that depends on
/// what `M` is, so that what is no message is reported at the handler, and not in this library too.
pub struct Ended<M: IsMessage>(pub OutcomeOf<M::As>);

/// A kind of message whose handlers' results can be answered.
pub trait Finish: Kind {
    /// Answers with what the handler came to.
    fn finish<M: Message>(answer: Answer, outcome: Result<Self::Return<M::Response>, M::Failure>);
}

impl Finish for Unary {
    fn finish<M: Message>(answer: Answer, outcome: Result<M::Response, M::Failure>) {
        answer.outcome::<M>(outcome);
    }
}

impl Finish for Streaming {
    fn finish<M: Message>(answer: Answer, outcome: Result<(), M::Failure>) {
        match outcome {
            Ok(()) => answer.end(),
            Err(failure) => answer.failure::<M>(failure),
        }
    }
}

impl Finish for OneWay {
    fn finish<M: Message>(answer: Answer, outcome: Result<(), M::Failure>) {
        match outcome {
            Ok(()) => answer.end(),
            Err(failure) => answer.failure::<M>(failure),
        }
    }
}

/// Runs a plain fn to its end.
pub fn run_plain<S, H, M, A>(state: &S, job: Job<'_>, answer: Answer) -> Run
where
    H: Plain<M, A, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    if let Some((_, begun)) = begin::<S, M, A>(state, job, answer) {
        match H::watched().watch(|| H::call(begun.arguments, begun.message)) {
            Ok(Ended(outcome)) => <M::Kind as Finish>::finish::<M>(begun.answer, outcome),
            Err(panicked) => begun.answer.fail(panicked),
        }
    }
    Run::done()
}

/// Starts an async fn; its holder polls it.
pub fn run_async<S, H, M, A>(state: &S, job: Job<'_>, answer: Answer) -> Run
where
    H: Async<M, A, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    match begin::<S, M, A>(state, job, answer) {
        Some((pool, begun)) => {
            let running = begun.run(H::call, H::watched());
            Run::pooled(pool, H::watched().key(), running)
        }
        None => Run::done(),
    }
}

/// Starts an async fn in a task of its own.
pub fn run_spawned<S, H, M, A>(state: &S, job: Job<'_>, answer: Answer) -> Run
where
    H: Async<M, A, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    match begin::<S, M, A>(state, job, answer) {
        Some((_, begun)) => {
            let running = begun.run(H::call, H::watched());
            Run::new(Task(tokio::spawn(running)))
        }
        None => Run::done(),
    }
}

/// Runs a plain fn on a thread where it may block.
pub fn run_blocking<S, H, M, A>(state: &S, job: Job<'_>, answer: Answer) -> Run
where
    H: Plain<M, A, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    let Some((_, begun)) = begin::<S, M, A>(state, job, answer) else {
        return Run::done();
    };
    Run::new(Task(tokio::task::spawn_blocking(
        move || match H::watched().guard(|| H::call(begun.arguments, begun.message)) {
            Ok(Ended(outcome)) => <M::Kind as Finish>::finish::<M>(begun.answer, outcome),
            Err(panicked) => begun.answer.fail(panicked),
        },
    )))
}

/// Everything that a handler needs to run.
struct Begun<M, A> {
    arguments: A,
    message: M,
    answer: Answer,
    /// Of a stream: set as soon as an item is sent.
    opened: Option<Arc<AtomicBool>>,
}

impl<M: Message<Kind: Finish>, A> Begun<M, A> {
    fn run<F>(self, call: fn(A, M) -> F, watched: &'static super::Watched) -> Running<F, M>
    where
        F: Future<Output = Ended<M>> + Send + 'static,
    {
        // An `async fn` runs nothing before its first poll, so this cannot panic.
        Running::new(
            call(self.arguments, self.message),
            self.answer,
            self.opened,
            watched,
        )
    }
}

/// Extracts the arguments, then decodes the message: whoever is refused costs no decoding. A failure
/// is answered here.
#[allow(clippy::type_complexity, reason = "named once")]
fn begin<'j, S, M: Message, A: Extracts<S>>(
    state: &S,
    job: Job<'j>,
    answer: Answer,
) -> Option<(Option<&'j mut crate::job::Pool>, Begun<M, A>)> {
    let opened = matches!(M::Kind::KIND, MessageKind::Stream).then(Arc::default);
    let encode = Encode::<M::Response>(M::encode_response);
    let mut parts = Parts::new(&job, &answer);
    parts.items = opened.as_ref().map(|opened| ItemSource {
        encode: &encode,
        opened,
    });
    let arguments = A::extract(state, &parts);
    match arguments.and_then(|arguments| Ok((arguments, message(job.payload, job.codecs)?))) {
        Ok((arguments, message)) => Some((
            job.pool,
            Begun {
                arguments,
                message,
                answer,
                opened,
            },
        )),
        Err(status) => {
            answer.fail(status);
            None
        }
    }
}

fn message<M: Message>(payload: Payload<'_>, codecs: &Codecs) -> Result<M, Status> {
    match payload {
        Payload::Encoded { format, bytes } => {
            M::decode(Decoder::new(codecs, format, bytes)).map_err(|e| unread(M::INFO.name, &e))
        }
        Payload::Value(value) => value
            .as_any()
            .and_then(|any| any.downcast_mut::<Sent<M>>())
            .and_then(|sent| sent.0.take())
            .ok_or_else(|| other_type(M::INFO.name)),
    }
}

#[cold]
fn unread(name: &str, error: &CodecError) -> Status {
    let code = match error {
        CodecError::TooLarge { .. } => Code::TooLarge,
        CodecError::UnsupportedFormat(_) => Code::UnsupportedFormat,
        _ => Code::BadRequest,
    };
    Status::new(code, format!("`{name}`: {error}"))
}

#[cold]
fn other_type(name: &str) -> Status {
    let text = format!("`{name}` is another type here: both ends of this process need the same");
    Status::new(Code::SchemaMismatch, text)
}

/// A task that ends with its run.
struct Task(JoinHandle<()>);

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The task answers its own panics; only a runtime that shuts down makes this an error.
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
