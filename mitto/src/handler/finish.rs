//! What comes before and after the fn, as far as it depends on the message and not on the handler.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Extracts;
use super::items::Encode;
use super::permit::permit;
use super::run::Ended;
use crate::context::{ItemSource, Parts};
use crate::job::{Answer, Job};
use crate::message::{Kind, Message, OneWay, Streaming, Unary};
use crate::status::Status;

/// A kind of message whose handlers' results can be answered.
pub trait Finish: Kind {
    /// Answers with what the handler came to.
    fn finish<M: Message>(answer: Answer, outcome: Result<Self::Return<M::Response>, M::Failure>);

    /// What [`Items`](super::Items) set as soon as one is sent; `None` where there are none.
    #[doc(hidden)]
    fn opened() -> Option<Arc<AtomicBool>> {
        None
    }

    /// Makes the arguments; of a stream, with what its items need.
    #[doc(hidden)]
    fn arguments<S, M: Message, A: Extracts<S>>(
        state: &S,
        parts: Parts<'_>,
        _: Option<&Arc<AtomicBool>>,
    ) -> Result<A, Status> {
        A::extract(state, &parts)
    }
}

impl Finish for Unary {
    fn finish<M: Message>(answer: Answer, outcome: Result<M::Response, M::Failure>) {
        answer.outcome::<M>(outcome);
    }
}

impl Finish for Streaming {
    fn finish<M: Message>(answer: Answer, outcome: Result<(), M::Failure>) {
        answer.flush();
        match outcome {
            Ok(()) => answer.end(),
            Err(failure) => answer.failure::<M>(failure),
        }
    }

    fn opened() -> Option<Arc<AtomicBool>> {
        Some(Arc::default())
    }

    fn arguments<S, M: Message, A: Extracts<S>>(
        state: &S,
        parts: Parts<'_>,
        opened: Option<&Arc<AtomicBool>>,
    ) -> Result<A, Status> {
        let encode = Encode::<M::Response>(M::CODINGS.response.encode);
        let mut parts = parts;
        parts.items = opened.map(|opened| ItemSource {
            encode: &encode,
            opened,
        });
        A::extract(state, &parts)
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

/// Answers with what a plain fn came to, or with its panic.
pub(super) fn finish<M: Message<Kind: Finish>>(
    answer: Answer,
    watched: Result<(), Status>,
    outcome: Option<Ended<M>>,
) {
    match (watched, outcome) {
        (Ok(()), Some(Ended(outcome))) => <M::Kind as Finish>::finish::<M>(answer, outcome),
        (Ok(()), None) => drop(answer),
        (Err(panicked), _) => answer.fail(panicked),
    }
}

/// Everything that a handler needs to run.
pub(super) struct Begun<M, A> {
    pub(super) arguments: A,
    pub(super) message: M,
    pub(super) answer: Answer,
    /// Of a stream: set as soon as an item is sent.
    pub(super) opened: Option<Arc<AtomicBool>>,
}

/// Checks what the message requires, extracts the arguments, then decodes the message: whoever is refused costs no decoding. A failure
/// is answered here.
pub(super) fn begin<S, M: Message<Kind: Finish>, A: Extracts<S>>(
    state: &S,
    job: &mut Job<'_>,
    answer: Answer,
) -> Option<Begun<M, A>> {
    if M::INFO.authenticated
        && let Err(status) = permit(M::INFO, job.identity)
    {
        answer.fail(status);
        return None;
    }
    let opened = <M::Kind as Finish>::opened();
    let parts = Parts::new(job, &answer);
    let arguments = <M::Kind as Finish>::arguments::<S, M, A>(state, parts, opened.as_ref());
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(status) => {
            answer.fail(status);
            return None;
        }
    };
    match job.payload.read_in_place(job.codecs) {
        Ok(message) => Some(Begun {
            arguments,
            message,
            answer,
            opened,
        }),
        Err(status) => {
            answer.unreadable(status);
            None
        }
    }
}
