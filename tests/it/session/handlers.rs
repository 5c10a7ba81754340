//! The handlers of these tests, and what they tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mitto::codec::{CodecError, Decoder};
use mitto::job::{Answer, Job, Run};
use mitto::message::{Message, Payload, Returned};
use mitto::queue::Queue;
use mitto::status::{CallError, Code, Status};
use tokio::sync::Semaphore;

use super::messages::{Bad, Echo, Fail, How, Item, Note, Oops, Wait, Watch, Work};

/// What the handlers have done.
pub(super) struct World {
    /// What handlers wait for.
    pub(super) gate: Semaphore,
    pub(super) started: AtomicUsize,
    /// Handlers that were dropped, or have ended.
    pub(super) over: AtomicUsize,
    pub(super) items: AtomicUsize,
    pub(super) notes: AtomicUsize,
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            started: AtomicUsize::new(0),
            over: AtomicUsize::new(0),
            items: AtomicUsize::new(0),
            notes: AtomicUsize::new(0),
        })
    }

    /// Handlers that are there.
    pub(super) fn alive(&self) -> usize {
        self.started.load(SeqCst) - self.over.load(SeqCst)
    }

    fn enter(self: &Arc<Self>) -> Entered {
        self.started.fetch_add(1, SeqCst);
        Entered(self.clone())
    }
}

struct Entered(Arc<World>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, SeqCst);
    }
}

struct PanicInDrop;

impl Drop for PanicInDrop {
    fn drop(&mut self) {
        panic!("in Drop, as the test asks for");
    }
}

pub(super) struct Handlers(pub(super) Arc<World>);

impl Queue for Handlers {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let world = self.0.clone();
        let message = job.message;
        if message == Echo::INFO.id {
            match decode::<Echo>(&job) {
                Ok(echo) => answer.outcome::<Echo>(Ok(echo)),
                Err(status) => answer.fail(status),
            }
            Run::done()
        } else if message == Wait::INFO.id {
            run(&job, answer, |wait: Wait, answer| async move {
                let entered = world.enter();
                world.gate.acquire().await.unwrap().forget();
                drop(entered);
                answer.outcome::<Wait>(Ok("x".repeat(wait.bytes)));
            })
        } else if message == Work::INFO.id {
            run(&job, answer, |_: Work, answer| async move {
                let _entered = world.enter();
                loop {
                    world.gate.acquire().await.unwrap().forget();
                    answer.progress();
                }
            })
        } else if message == Watch::INFO.id {
            run(&job, answer, |watch, answer| items(world, watch, answer))
        } else if message == Fail::INFO.id {
            run(&job, answer, |fail: Fail, answer| {
                self::fail(fail.how, answer)
            })
        } else if message == Note::INFO.id {
            let Ok(note) = decode::<Note>(&job) else {
                return Run::done();
            };
            world.notes.fetch_add(1, SeqCst);
            match note.wait {
                false => Run::done(),
                true => Run::new(async move {
                    let _entered = world.enter();
                    world.gate.acquire().await.unwrap().forget();
                }),
            }
        } else {
            answer.fail(Status::not_found("nobody handles it"));
            Run::done()
        }
    }
}

fn run<M: Message, F: Future<Output = ()> + Send + 'static>(
    job: &Job<'_>,
    answer: Answer,
    handler: impl FnOnce(M, Answer) -> F,
) -> Run {
    match decode::<M>(job) {
        Ok(message) => Run::new(handler(message, answer)),
        Err(status) => {
            answer.fail(status);
            Run::done()
        }
    }
}

fn decode<M: Message>(job: &Job<'_>) -> Result<M, Status> {
    let Payload::Encoded { format, bytes } = job.payload else {
        panic!("a session submits encoded payloads");
    };
    M::decode(Decoder::new(job.codecs, format, bytes)).map_err(|error| match error {
        CodecError::UnsupportedFormat(_) => Status::new(Code::UnsupportedFormat, error.to_string()),
        error => Status::bad_request(error.to_string()),
    })
}

async fn items(world: Arc<World>, watch: Watch, answer: Answer) {
    let _entered = world.enter();
    answer.progress();
    for n in 0..watch.items {
        let text = "i".repeat(watch.bytes);
        let mut item = Returned::<Watch>(Some(Item { n, text }));
        let sent = std::future::poll_fn(|cx| answer.poll_item(&mut item, cx)).await;
        if let Err(status) = sent {
            return answer.fail(status);
        }
        world.items.fetch_add(1, SeqCst);
    }
    answer.end();
}

async fn fail(how: How, answer: Answer) {
    match how {
        How::Error => answer.failure::<Fail>(CallError::Handler(Oops(7))),
        How::Denied => answer.fail(Status::denied("not you")),
        How::Panic => panic!("as the test asks for"),
        How::PanicWaiting => {
            tokio::task::yield_now().await;
            panic!("as the test asks for");
        }
        How::PanicInDrop => {
            let _panics = PanicInDrop;
            std::future::pending::<()>().await;
            drop(answer);
        }
        How::NoAnswer => {}
        _ => answer.outcome::<Fail>(Ok(Bad(Some(how)))),
    }
}
