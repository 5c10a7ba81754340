//! One place of a node.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::health::Health;
use super::key;
use super::node::Tried;
use super::{PlaceReport, RouteError};
use crate::address::{Address, OwnedAddress};
use crate::job::{Answer, Counted, Job, Relay, Run, Via};
use crate::provider::MessageProvider;
use crate::queue::onward::{Handed, Waits};
use crate::queue::{Forward, Kept, Queue};
use crate::schema::Descriptor;
use crate::status::{Code, Status};

/// One place of a node: a name, and what runs its requests, or leads to where they run.
///
/// Clones are one place: in several [`Routes`](super::Routes), one after another or of several nodes, it keeps
/// what is known of it.
#[derive(Clone)]
pub struct Place(Arc<Inner>);

struct Inner {
    id: u64,
    name: Box<str>,
    /// The hash of the name.
    hash: u64,
    target: Target,
    health: Health,
    in_flight: Arc<AtomicUsize>,
    requests: AtomicU64,
    /// The schemas that its queue was told of.
    prepared: Mutex<Vec<&'static Descriptor>>,
}

enum Target {
    Queue(Box<dyn Queue>),
    Forward(Forward),
}

/// What has become of a job at a place.
pub(super) enum Begun {
    /// It has ended.
    Ended,
    Runs(Run),
    Sent(Sent),
    Waits(Waiting),
    /// It was not sent: the place has failed.
    Failed(Answer),
}

/// A job that was sent from a place.
pub(super) struct Sent {
    /// Counted at the place as long as it lasts.
    relay: Relay,
    /// The id of the place.
    place: u64,
}

/// A job that waits for room at a place.
pub(super) struct Waiting {
    counted: CountedAt,
    waits: Box<Waits>,
    answer: Answer,
}

impl Via for Inner {
    fn remote(&self) -> &str {
        match &self.target {
            Target::Forward(forward) => forward.peer().remote(),
            Target::Queue(_) => &self.name,
        }
    }

    fn fails(&self, why: &Status) {
        self.health.fails(why);
    }

    fn ended(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }
}

/// A job that is counted at a place until this is dropped.
struct CountedAt(Place);

impl Drop for CountedAt {
    fn drop(&mut self) {
        self.0.0.in_flight.fetch_sub(1, Relaxed);
    }
}

/// What a [`Place`] can be made of: a [provider](MessageProvider), which runs requests here, or a [`Queue`].
///
/// `K` tells the two apart and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a provider nor a queue",
    label = "not what a node can be placed at",
    note = "give a struct with `#[mitto::provider(..)]`, or a `Queue`: `Forward`, a `Publisher`, your own"
)]
pub trait IntoQueue<K> {
    /// What the place is called that was given no name.
    const NAME: &'static str;

    /// The queue.
    type Queue: Queue;

    /// Makes a queue of it.
    fn into_queue(self) -> Self::Queue;
}

/// A provider as a queue: it runs requests here.
#[derive(Debug)]
pub struct Provider<P>(P);

/// Tells queues from providers.
#[derive(Debug)]
pub struct Queued;

impl<P: MessageProvider> Queue for Provider<P> {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        self.0.dispatch(job, answer)
    }
}

#[diagnostic::do_not_recommend]
impl<P: MessageProvider> IntoQueue<Provider<()>> for P {
    const NAME: &'static str = "here";

    type Queue = Provider<P>;

    fn into_queue(self) -> Provider<P> {
        Provider(self)
    }
}

#[diagnostic::do_not_recommend]
impl<Q: Queue> IntoQueue<Queued> for Q {
    const NAME: &'static str = "there";

    type Queue = Q;

    fn into_queue(self) -> Q {
        self
    }
}

impl Place {
    /// A place of this name, of 1 to 64 of `A-Z a-z 0-9 _ -`: usually that of a host. With
    /// [`Policy::ByKey`](super::Policy::ByKey) it decides which keys go there.
    ///
    /// # Errors
    ///
    /// When it cannot have this name.
    pub fn new<K>(name: impl Into<String>, runs: impl IntoQueue<K>) -> Result<Self, RouteError> {
        let name = name.into();
        match Address::is_part(&name) {
            true => Ok(Self::named(&name, runs.into_queue())),
            false => Err(RouteError::Name),
        }
    }

    pub(super) fn unnamed<K, I: IntoQueue<K>>(runs: I) -> Self {
        Self::named(I::NAME, runs.into_queue())
    }

    fn named<Q: Queue>(name: &str, queue: Q) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let target = match (&queue as &dyn Any).downcast_ref::<Forward>() {
            Some(forward) => Target::Forward(forward.clone()),
            None => Target::Queue(Box::new(queue)),
        };
        Self(Arc::new(Inner {
            id: NEXT.fetch_add(1, Relaxed),
            hash: key::hash(name.as_bytes()),
            name: name.into(),
            target,
            health: Health::default(),
            in_flight: Arc::default(),
            requests: AtomicU64::new(0),
            prepared: Mutex::default(),
        }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many requests run there, or wait for their answers from there.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.load(Relaxed)
    }

    pub(super) fn id(&self) -> u64 {
        self.0.id
    }

    /// Whether it takes requests: it is ready, and is not left out.
    #[inline]
    pub(super) fn is_up(&self) -> bool {
        self.0.health.is_up() && self.is_ready()
    }

    /// Whether it could take requests now.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        match &self.0.target {
            // One without a connection says so when it is tried.
            Target::Forward(forward) => !forward.would_wait(),
            Target::Queue(queue) => queue.ready().is_ok(),
        }
    }

    /// How well it suits a key: each key has a place that it suits best, and keeps it when others come and go.
    pub(super) fn weight(&self, key: u64) -> u64 {
        key::mixed(key ^ self.0.hash)
    }

    pub(super) fn prepare(&self, schema: &'static Descriptor) {
        let mut prepared = self
            .0
            .prepared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if prepared.iter().any(|known| std::ptr::eq(*known, schema)) {
            return;
        }
        prepared.push(schema);
        drop(prepared);
        match &self.0.target {
            Target::Forward(forward) => forward.prepare(schema),
            Target::Queue(queue) => queue.prepare(schema),
        }
    }

    /// Hands a job on.
    #[inline(always)]
    pub(super) fn hand(&self, job: &mut Job<'_>, answer: Answer) -> Begun {
        let inner = &*self.0;
        inner.requests.fetch_add(1, Relaxed);
        match &inner.target {
            Target::Queue(queue) => {
                let counted = Counted::any(&inner.in_flight);
                let run = queue.submit(job.lend(), answer);
                match run.is_done() {
                    true => Begun::Ended,
                    false => Begun::Runs(run.counted(counted)),
                }
            }
            Target::Forward(forward) => self.handed(forward.hand(job, answer)),
        }
    }

    fn counted(&self) -> CountedAt {
        self.0.in_flight.fetch_add(1, Relaxed);
        CountedAt(self.clone())
    }

    #[inline(always)]
    fn handed(&self, handed: Handed) -> Begun {
        match handed {
            Handed::Ended => {
                self.0.health.works();
                Begun::Ended
            }
            Handed::Sent(relay) => {
                self.0.health.works();
                self.0.in_flight.fetch_add(1, Relaxed);
                Begun::Sent(Sent {
                    relay: relay.via(self.0.clone()),
                    place: self.0.id,
                })
            }
            Handed::Waits(waits, answer) => Begun::Waits(Waiting {
                counted: self.counted(),
                waits,
                answer,
            }),
            Handed::Unsent(status, answer) if is_gone(&status) => {
                self.0.health.fails(&status);
                Begun::Failed(answer)
            }
            Handed::Unsent(status, answer) => {
                answer.fail(status);
                Begun::Ended
            }
        }
    }

    pub(super) fn report(&self, node: &OwnedAddress) -> PlaceReport {
        let why = self.trouble();
        PlaceReport {
            node: node.to_string(),
            place: self.name().to_owned(),
            up: why.is_none(),
            why,
            in_flight: self.in_flight(),
            requests: self.0.requests.load(Relaxed),
            failures: self.0.health.failures(),
        }
    }

    /// Why it takes nothing, for people.
    pub(super) fn why_not(&self) -> String {
        let why = self.trouble();
        format!(
            "{}: {}",
            self.name(),
            why.as_deref().unwrap_or("it has just failed")
        )
    }

    fn trouble(&self) -> Option<String> {
        let ready = match &self.0.target {
            Target::Forward(forward) => forward.ready(),
            Target::Queue(queue) => queue.ready(),
        };
        match ready {
            Err(why) => Some(why.message().to_owned()),
            Ok(()) => self.0.health.why(),
        }
    }
}

impl Sent {
    /// Answers, in any case.
    #[inline]
    pub(super) fn settle(self) -> Run {
        Run::relay(self.relay)
    }

    /// Answers. Where the job was lost on its way and may be run again, gives its answer back.
    pub(super) async fn outcome(self, again: bool, tried: &mut Tried) -> Option<Answer> {
        let lost = self.relay.outcome().await?;
        if !again {
            lost.fail();
            return None;
        }
        tried.add_sent(self.place);
        Some(lost.answer)
    }
}

impl Waiting {
    /// Waits for room.
    pub(super) async fn room(self, kept: &Kept, tried: &mut Tried) -> Begun {
        let Self {
            counted,
            waits,
            answer,
        } = self;
        let handed = waits.room(kept, answer).await;
        let place = &counted.0;
        let begun = place.handed(handed);
        if let Begun::Failed(_) = &begun {
            tried.add(place.id());
        }
        begun
    }
}

impl Begun {
    /// Answers with this instead.
    #[cold]
    pub(super) fn refuse(self, status: Status) {
        match self {
            Self::Failed(answer) | Self::Waits(Waiting { answer, .. }) => answer.fail(status),
            Self::Sent(Sent { relay, .. }) => relay.refuse(status),
            Self::Ended | Self::Runs(_) => {}
        }
    }
}

/// Whether the connection is what has failed.
fn is_gone(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::ConnectionLost)
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.name())
    }
}
