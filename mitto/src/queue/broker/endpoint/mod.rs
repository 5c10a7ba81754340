//! One end at a broker: what it has asked of others, and what it runs for them.
//!
//! Gateways and workers are the same but for where tasks come from: a worker takes them out of a queue, a
//! gateway gets those for its clients into its inbox.

mod asked;
mod callers;
mod given_up;
mod inward;
mod pace;
mod refuse;
mod remote;
mod runs;
mod topics;
mod work;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asked::Asked;
use callers::Callers;
use given_up::GivenUp;
pub(crate) use refuse::{answer, refuse};
pub(crate) use remote::{Remote, Request, Sending};
use runs::{End, Runs};
pub(crate) use work::{Assignment, Record, Work};

use super::{
    Broker, BrokerError, Capabilities, Delivery, Later, Line, Node, Opening, Parcel, ParcelKind,
    Receiver, Redelivers, SendError,
};
use crate::codec::Codecs;
use crate::job::Run;
use crate::limits::Limits;
use crate::runtime::{Instant, RuntimeHandle};
use crate::status::{Code, Status};
use crate::topic::Hub;

/// How often whoever runs a request says that it still does.
const ALIVE: Duration = Duration::from_secs(5);

/// How often it is looked for requests that nobody has answered nor given up.
const LATE: Duration = Duration::from_secs(1);

/// How long nothing may be heard of a request where no other worker would be given it.
const SILENCE: Duration = Duration::from_secs(16);

/// Where a request is sent.
#[derive(Clone, Debug)]
pub(crate) enum To {
    /// To the workers of a node.
    Node(Node),
    /// To one of the peers of somebody.
    Peer {
        /// Where that is reached.
        inbox: Arc<str>,
        /// Which of its peers.
        number: u64,
    },
}

/// What an end does with the tasks that a queue gives it.
pub(crate) trait TakesWork: Send + Sync + 'static {
    /// Works on one.
    fn deliver(&self, endpoint: &Arc<Endpoint>, delivery: Delivery);
}

/// One end at a broker.
pub(crate) struct Endpoint {
    line: OnceLock<Arc<dyn Line>>,
    pub(crate) capabilities: Capabilities,
    pub(crate) limits: Limits,
    pub(crate) codecs: Codecs,
    runtime: RuntimeHandle,
    asked: Asked,
    runs: Runs,
    pub(crate) callers: Callers,
    given_up: GivenUp,
    /// Who hears what at this end, once somebody does.
    hub: OnceLock<Arc<Hub>>,
    worker: Option<Arc<dyn TakesWork>>,
    /// Whether this end closes its line.
    closing: AtomicBool,
}

impl Endpoint {
    /// Opens a line to a broker.
    pub(crate) async fn open(
        broker: &dyn Broker,
        purpose: &'static str,
        limits: &Limits,
        codecs: Codecs,
        worker: Option<Arc<dyn TakesWork>>,
    ) -> Result<Arc<Self>, BrokerError> {
        let endpoint = Arc::new(Self {
            line: OnceLock::new(),
            capabilities: broker.capabilities(),
            limits: limits.clone(),
            codecs,
            runtime: RuntimeHandle::current(),
            asked: Asked::new(limits.in_flight_process),
            runs: Runs::default(),
            callers: Callers::default(),
            given_up: GivenUp::default(),
            hub: OnceLock::new(),
            worker,
            closing: AtomicBool::new(false),
        });
        let receiver = Arc::new(Inlet(Arc::downgrade(&endpoint)));
        let line = broker.open(Opening::new(purpose, limits), receiver).await?;
        let _ = endpoint.line.set(line);
        if endpoint.capabilities.redelivers != Redelivers::ToAnyWorker {
            let watched = Arc::downgrade(&endpoint);
            crate::runtime::spawn(every(ALIVE, watched, Endpoint::end_silent));
        }
        Ok(endpoint)
    }

    /// Looks from now on at the deadlines of what is asked of [workers](Remote::workers): soon enough, as whoever
    /// waits for the answer gives up first.
    pub(crate) fn expire_asked(self: &Arc<Self>) {
        let endpoint = Arc::downgrade(self);
        crate::runtime::spawn(every(LATE, endpoint, |endpoint| {
            endpoint.asked.exchange.expire(Instant::now());
        }));
    }

    /// The line; `None` while it is being opened.
    pub(crate) fn line(&self) -> Option<&Arc<dyn Line>> {
        self.line.get()
    }

    /// How many requests this end runs for others.
    pub(crate) fn running(&self) -> usize {
        self.runs.count()
    }

    /// Waits until nothing runs here.
    pub(crate) async fn idle(&self) {
        self.runs.idle().await;
    }

    /// Drops what runs here; it is answered `Cancelled`.
    pub(crate) fn abort(&self) {
        self.runs.cancel_all(End::Aborted);
    }

    /// Drops what runs here without an answer, and closes the line: the broker gives it to another worker.
    pub(crate) fn leave(&self) {
        self.runs.cancel_all(End::Left);
        self.spawn(self.close());
    }

    /// Sends and settles what waits, then closes the line.
    pub(crate) fn close(&self) -> Later<()> {
        self.closing.store(true, Relaxed);
        match self.line() {
            Some(line) => line.close(),
            None => Box::pin(std::future::ready(())),
        }
    }

    /// Whether whoever asked has given it up before it came.
    pub(crate) fn was_given_up(&self, parcel: &Parcel) -> bool {
        let asker = parcel.reply_to.as_ref();
        asker.is_some_and(|asker| self.given_up.has(asker, &parcel.correlation))
    }

    /// Does a thing that mostly is done at once; what is left of it goes on in a task.
    pub(crate) fn spawn(&self, thing: impl Future<Output = ()> + Send + 'static) {
        let mut thing = Box::pin(thing);
        if poll_once(&mut thing).is_pending() {
            self.runtime.spawn(thing);
        }
    }

    /// The same, as something to be waited for. Dropped, it goes on.
    pub(crate) fn run(&self, thing: impl Future<Output = ()> + Send + 'static) -> Run {
        let mut thing = Box::pin(thing);
        if poll_once(&mut thing).is_ready() {
            return Run::done();
        }
        let task = self.runtime.spawn(thing);
        Run::new(async { drop(task.await) })
    }

    fn send_later(&self, sending: Later<Result<(), SendError>>) {
        self.spawn(async {
            if let Err(error) = sending.await {
                tracing::debug!(%error, "what may be lost was not sent");
            }
        });
    }

    /// Sends what may be lost.
    fn tell(&self, inbox: &Arc<str>, parcel: Parcel) {
        if let Some(line) = self.line() {
            let parcel = parcel.from_inbox(&line.inbox());
            self.send_later(line.send(inbox, parcel));
        }
    }

    fn tell_workers(&self, node: &Node, parcel: Parcel) {
        if let Some(line) = self.line() {
            let parcel = parcel.from_inbox(&line.inbox());
            self.send_later(line.tell_workers(node, parcel));
        }
    }

    fn receive(self: &Arc<Self>, parcel: Parcel) {
        match (&parcel.kind, &parcel.reply_to) {
            (ParcelKind::Task(_), _) => Work::for_peer(self, parcel),
            (ParcelKind::Cancel, Some(asker)) => {
                if !self.runs.cancel(asker, &parcel.correlation) {
                    self.given_up.note(asker, &parcel.correlation);
                }
            }
            (ParcelKind::Credit(bytes), Some(asker)) => {
                self.runs.credit(asker, &parcel.correlation, *bytes);
            }
            (ParcelKind::Cancel | ParcelKind::Credit(_) | ParcelKind::Published(_), _) => {}
            _ => self.asked.answered(parcel),
        }
    }

    fn returned(&self, inbox: &str, parcel: &Parcel) {
        if let ParcelKind::Task(task) = &parcel.kind {
            let Some(id) = asked::read(&parcel.correlation) else {
                return;
            };
            let status = match task.peer {
                0 => Status::unavailable("no worker is there to take the request"),
                _ => Status::new(Code::ConnectionLost, "the peer's gateway is gone"),
            };
            return self.asked.fail(id, status);
        }
        self.runs.cancel(inbox, &parcel.correlation);
    }

    /// Ends what nobody is heard of who runs it.
    fn end_silent(&self) {
        let Some(since) = Instant::now().checked_sub(SILENCE) else {
            return;
        };
        for id in self.asked.silent(since) {
            let text = "nothing is heard any more of the worker that ran the request";
            self.asked.fail(id, Status::new(Code::ConnectionLost, text));
        }
    }
}

/// Does a thing again and again while there is an endpoint.
async fn every(time: Duration, endpoint: Weak<Endpoint>, thing: fn(&Endpoint)) {
    loop {
        tokio::time::sleep(time).await;
        match endpoint.upgrade() {
            Some(endpoint) => thing(&endpoint),
            None => return,
        }
    }
}

/// What a line is given: it does not keep the endpoint, which keeps the line.
struct Inlet(Weak<Endpoint>);

impl Receiver for Inlet {
    fn deliver(&self, delivery: Delivery) {
        if let Some(endpoint) = self.0.upgrade()
            && let Some(worker) = &endpoint.worker
        {
            worker.deliver(&endpoint, delivery);
        }
    }

    fn receive(&self, parcel: Parcel) {
        if let Some(endpoint) = self.0.upgrade() {
            endpoint.receive(parcel);
        }
    }

    fn heard(&self, topic: &str, parcel: Parcel) {
        if let Some(endpoint) = self.0.upgrade() {
            endpoint.heard(topic, &parcel);
        }
    }

    fn returned(&self, inbox: &str, parcel: Parcel) {
        if let Some(endpoint) = self.0.upgrade() {
            endpoint.returned(inbox, &parcel);
        }
    }

    fn connected(&self, connected: bool) {
        let endpoint = self.0.upgrade();
        let is_open = endpoint.is_some_and(|endpoint| !endpoint.closing.load(Relaxed));
        match connected {
            true => tracing::info!("connected to the broker"),
            false if is_open => {
                tracing::warn!("the connection to the broker is lost, connecting again");
            }
            false => tracing::debug!("the connection to the broker is closed"),
        }
    }
}

/// Polls a thing once, for whoever polls it again soon.
fn poll_once<T>(thing: &mut (impl Future<Output = T> + Unpin)) -> Poll<T> {
    let mut cx = Context::from_waker(Waker::noop());
    std::pin::Pin::new(thing).poll(&mut cx)
}
