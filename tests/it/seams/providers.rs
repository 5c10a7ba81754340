//! Providers written by hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mitto::built_in::Ping;
use mitto::envelope::MessageId;
use mitto::job::{Answer, Job, Run};
use mitto::message::Message;
use mitto::provider::{MessageProvider, Serves};
use mitto::schema::{Descriptor, Schema, ServerSide, Side};
use mitto::{CallError, Code, Format, Status};

use crate::world::*;

const WAYS: [Way; 3] = [
    Way {
        reach: Reach::InProcess,
        format: Format::JSON,
        runs: Runs::Here,
    },
    Way {
        reach: Reach::Memory,
        format: Format::MESSAGE_PACK,
        runs: Runs::Here,
    },
    Way {
        reach: Reach::Ws,
        format: Format::JSON,
        runs: Runs::Here,
    },
];

/// Counts what passes, and hands it on to another provider.
struct Proxy {
    to: Box<dyn MessageProvider>,
    passed: Arc<AtomicUsize>,
}

impl MessageProvider for Proxy {
    fn descriptor(&self) -> &Descriptor {
        self.to.descriptor()
    }

    fn side(&self) -> Side {
        self.to.side()
    }

    fn handles(&self, id: MessageId) -> bool {
        self.to.handles(id)
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        self.passed.fetch_add(1, Relaxed);
        self.to.dispatch(job, answer)
    }
}

impl Serves<Service, ServerSide> for Proxy {}

#[tokio::test]
async fn proxy_hands_everything_on() {
    for way in WAYS {
        let (events, heard) = Events::new();
        let service = TheService {
            events: events.clone(),
            word: "sesame".into(),
        };
        let passed = Arc::new(AtomicUsize::new(0));
        let proxy = Proxy {
            to: Box::new(service),
            passed: passed.clone(),
        };
        let world = World::around(proxy, way, Wishes::default(), (events, heard)).await;
        assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
        assert_eq!(world.client.ask_back(AskBack {}).await.unwrap(), "green");
        let to = 2;
        let then = Then::End;
        let mut stream = world.client.count(Count { to, then }).await.unwrap();
        assert_eq!(stream.next().await, Some(Ok(1)));
        assert_eq!(stream.next().await, Some(Ok(2)));
        assert_eq!(stream.next().await, None);
        let status = world.client.panic_async(PanicAsync {}).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(passed.load(Relaxed), 4);
    }
}

type Entry = Box<dyn Fn(Job<'_>, Answer) -> Run + Send + Sync>;

/// Handlers that are known at run time only.
#[derive(Default)]
struct Registry {
    entries: HashMap<MessageId, Entry>,
}

impl Registry {
    fn plain<M: Message>(
        mut self,
        handler: impl Fn(M) -> Result<M::Response, M::Failure> + Send + Sync + 'static,
    ) -> Self {
        let entry = move |job: Job<'_>, answer: Answer| {
            match job.payload.read::<M>(job.codecs) {
                Ok(message) => answer.outcome::<M>(handler(message)),
                Err(status) => answer.fail(status),
            }
            Run::done()
        };
        self.entries.insert(M::INFO.id, Box::new(entry));
        self
    }

    fn later<M: Message, F>(mut self, handler: impl Fn(M) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<M::Response, M::Failure>> + Send + 'static,
    {
        let entry = move |job: Job<'_>, answer: Answer| match job.payload.read::<M>(job.codecs) {
            Ok(message) => {
                let running = handler(message);
                Run::new(async move { answer.outcome::<M>(running.await) })
            }
            Err(status) => {
                answer.fail(status);
                Run::done()
            }
        };
        self.entries.insert(M::INFO.id, Box::new(entry));
        self
    }
}

impl MessageProvider for Registry {
    fn descriptor(&self) -> &Descriptor {
        Service::DESCRIPTOR
    }

    fn side(&self) -> Side {
        Side::Server
    }

    fn handles(&self, id: MessageId) -> bool {
        self.entries.contains_key(&id)
    }

    fn dispatch(&self, job: Job<'_>, answer: Answer) -> Run {
        match self.entries.get(&job.message) {
            Some(entry) => entry(job, answer),
            None => {
                answer.fail(Status::not_found("not registered"));
                Run::done()
            }
        }
    }
}

impl Serves<Service, ServerSide> for Registry {}

#[tokio::test]
async fn registry_is_filled_at_run_time() {
    for way in WAYS {
        let registry = Registry::default()
            .plain(|add: Add| Ok(Sum { sum: add.a * add.b }))
            .plain(|_: Withdraw| Err(CallError::Handler(NoMoney::Missing { amount: 5 })))
            .later(|Swap(text, number)| async move {
                tokio::task::yield_now().await;
                Ok((number, text))
            });
        let world = World::around(registry, way, Wishes::default(), Events::new()).await;
        let client = &world.client;
        let product = client.add(Add { a: 2, b: 3 }).await;
        assert_eq!(product, Ok(Sum { sum: 6 }));
        let error = client.withdraw(Withdraw { amount: 1 }).await;
        let missing = NoMoney::Missing { amount: 5 };
        assert_eq!(error, Err(CallError::Handler(missing)));
        let swapped = client.swap(Swap("one".into(), 1)).await;
        assert_eq!(swapped, Ok((1, "one".into())));
        let unknown = client.nothing(Nothing {}).await;
        assert_eq!(unknown, Err(Status::not_found("not registered")));
        assert!(client.peer().call(Ping {}).await.is_ok());
    }
}
