//! The ways to run a handler.

use std::future::{Future, poll_fn};
use std::pin::Pin;

use super::Extracts;
use super::called::Called;
use super::finish::{Begun, Finish, begin, finish};
use super::in_place::CallInPlace;
use crate::job::{Answer, Handling, Job, Pool, Run, Task};
use crate::message::{IsMessage, Message, MessageInfo, ReturnOf};
use crate::runtime::Instant;
use crate::telemetry::Here;

/// A handler that is a plain fn; `A` are its arguments before the message.
pub trait Plain<M, A, O>: 'static {
    /// Runs it.
    fn call(arguments: A, message: M) -> O;
}

/// A handler that is an async fn; `A` are its arguments before the message.
pub trait Async<M, A, O>: 'static {
    /// Runs it.
    fn call(arguments: A, message: M) -> impl Future<Output = O> + Send + 'static;
}

/// What the fn of a handler comes to.
pub type OutcomeOf<M> = Result<ReturnOf<M>, <M as Message>::Failure>;

/// The same as a type of its own, for the output of a handler's future: it names nothing that depends on
/// what `M` is, so that what is no message is reported at the handler, and not in this library too.
pub struct Ended<M: IsMessage>(pub OutcomeOf<M::As>);

/// What is known of the message that a handler takes.
///
/// Generated code asks through [`Ended`], so that what is no message is refused for one and the same bound
/// everywhere, and the compiler shows it once.
pub trait Known {
    /// The message's description.
    const INFO: &'static MessageInfo;

    /// The message.
    type As: Message;
}

#[diagnostic::do_not_recommend]
impl<M: IsMessage> Known for Ended<M> {
    const INFO: &'static MessageInfo = M::INFO;
    type As = M::As;
}

/// Does nothing. A call makes the compiler report what it has found so far, before what follows from it.
pub const fn settle((): ()) {}

/// Runs a plain fn to its end.
pub fn run_plain<S, H, M, A>(state: &S, job: &mut Job<'_>, answer: Answer) -> Run
where
    H: Plain<M, A, Ended<M>> + CallInPlace<S, M, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    if let Some(begun) = begin::<S, M, A>(state, job, answer) {
        let (mut call, mut outcome) = (Some((begun.arguments, begun.message)), None);
        let mut clock = job.submitted.unwrap_or_else(Instant::now);
        let watched = H::watched().watch(&mut clock, &mut || {
            if let Some((arguments, message)) = call.take() {
                outcome = Some(H::call(arguments, message));
            }
        });
        if let Some(pool) = &mut job.pool {
            pool.note_clock(clock);
        }
        finish::<M>(begun.answer, watched, outcome);
    }
    Run::done()
}

/// Starts an async fn; its holder polls it.
pub fn run_async<S, H, M, A>(state: &S, job: &mut Job<'_>, answer: Answer) -> Run
where
    H: Async<M, A, Ended<M>> + CallInPlace<S, M, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    match begin::<S, M, A>(state, job, answer) {
        Some(begun) => Run::handler(handling::<S, H, M, A>(begun, job.pool.as_deref_mut())),
        None => Run::done(),
    }
}

/// Starts an async fn in a task of its own.
pub fn run_spawned<S, H, M, A>(state: &S, job: &mut Job<'_>, answer: Answer) -> Run
where
    H: Async<M, A, Ended<M>> + CallInPlace<S, M, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    match begin::<S, M, A>(state, job, answer) {
        Some(begun) => spawned(handling::<S, H, M, A>(begun, None)),
        None => Run::done(),
    }
}

fn spawned(handling: Handling) -> Run {
    let (mut handling, here) = (handling, Here::now());
    let joined = poll_fn(move |cx| here.enter(|| Pin::new(&mut handling).poll(cx)));
    Run::new(Task(tokio::spawn(joined)))
}

/// Runs a plain fn on a thread where it may block.
pub fn run_blocking<S, H, M, A>(state: &S, job: &mut Job<'_>, answer: Answer) -> Run
where
    H: Plain<M, A, Ended<M>> + CallInPlace<S, M, Ended<M>>,
    M: Message<Kind: Finish>,
    A: Extracts<S>,
{
    let Some(begun) = begin::<S, M, A>(state, job, answer) else {
        return Run::done();
    };
    blocking(Box::new(move || {
        let (mut call, mut outcome) = (Some((begun.arguments, begun.message)), None);
        let watched = H::watched().guard(&mut || {
            if let Some((arguments, message)) = call.take() {
                outcome = Some(H::call(arguments, message));
            }
        });
        finish::<M>(begun.answer, watched, outcome);
    }))
}

fn blocking(call: Box<dyn FnOnce() + Send>) -> Run {
    let here = Here::now();
    let joined = move || here.enter(call);
    Run::new(Task(tokio::task::spawn_blocking(joined)))
}

fn handling<S, H, M, A>(begun: Begun<M, A>, pool: Option<&mut Pool>) -> Handling
where
    H: Async<M, A, Ended<M>> + CallInPlace<S, M, Ended<M>>,
    M: Message<Kind: Finish>,
{
    // An `async fn` runs nothing before its first poll, so this cannot panic.
    let mut call = Some(H::call(begun.arguments, begun.message));
    let watched = H::watched();
    let place = match Handling::reuse(pool, watched, &mut call) {
        Some(place) => place,
        None => Called::<_, M>::place(call),
    };
    Handling::new(place, begun.answer, begun.opened, watched)
}
