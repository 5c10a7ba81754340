//! A message on its way to a topic, as a future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::Topics;
use super::carrier::{Doing, Publication};
use super::delivery::{Delivery, Told};
use super::name::{NameError, check_name};
use super::once::Once;
use crate::codec::Format;
use crate::envelope::Metadata;
use crate::message::Message;
use crate::peer::Peer;
use crate::status::{Code, Status};

/// How many peers are told before other tasks have their turn.
const TURN: usize = 256;

/// A message on its way to a topic: the first poll publishes it.
///
/// It is ready when it is on its way to all subscribers of this process, or, through a broker, when the
/// broker has taken it. Nobody's reading is waited for.
#[must_use = "nothing is published until it is awaited"]
pub struct Publish<'t, M> {
    topics: &'t Topics,
    topic: Result<String, NameError>,
    except: u64,
    metadata: Metadata,
    format: Option<Format>,
    step: Step<M>,
}

enum Step<M> {
    New(M),
    Telling(Once<M>, Delivery),
    Carried(Doing),
    Done,
}

impl<'t, M> Publish<'t, M> {
    pub(super) fn new(topics: &'t Topics, topic: &str, message: M) -> Self {
        Self {
            topics,
            topic: check_name(topic).map(|()| topic.to_owned()),
            except: 0,
            metadata: Metadata::new(),
            format: None,
            step: Step::New(message),
        }
    }

    /// Leaves one peer out: mostly the one that the message comes from. Behind a gateway, too.
    pub fn except(mut self, peer: &Peer) -> Self {
        self.except = peer.id();
        self
    }

    /// Adds an entry to its metadata.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key, value);
        self
    }

    /// Sends it in this format, and not in that of each connection; or, through a broker, in the default one
    /// of this process. Peers that speak JSON-RPC take JSON only.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }
}

impl<M: Message> Publish<'_, M> {
    fn begin(&mut self, message: M) -> Result<Step<M>, Status> {
        let hub = &self.topics.hub;
        let topic = self.topic.as_ref().map_err(NameError::clone)?;
        self.metadata.check(&hub.limits)?;
        let except = hub.number(self.except);
        let once = Once::new(message, hub.limits.message, hub.codecs.clone());
        let Some(carrier) = &hub.carrier else {
            return Ok(Step::Telling(once, Delivery::new(hub, topic, except)));
        };
        let format = self.format.or(hub.codecs.default_format());
        let format = format
            .ok_or_else(|| Status::new(Code::UnsupportedFormat, "no format is switched on"))?;
        let publication = Publication {
            message: M::INFO.id,
            name: M::INFO.name,
            except,
            metadata: std::mem::take(&mut self.metadata),
            format,
            body: once.into_bytes(format)?,
        };
        Ok(Step::Carried(carrier.publish(topic, publication)))
    }

    fn poll_telling(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Step::Telling(once, delivery) = &mut self.step else {
            return Poll::Ready(Ok(()));
        };
        let told = Told {
            message: M::INFO.id,
            name: M::INFO.name,
            metadata: &self.metadata,
            format: self.format,
        };
        if !delivery.tell(TURN, &self.topics.hub, &told, once) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(once.failure().map_or(Ok(()), Err))
    }
}

/// Nothing in it is pinned: the message only waits to be encoded.
impl<M> Unpin for Publish<'_, M> {}

impl<M: Message> Future for Publish<'_, M> {
    type Output = Result<(), Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Step::New(_) = this.step
            && let Step::New(message) = std::mem::replace(&mut this.step, Step::Done)
        {
            this.step = this.begin(message)?;
        }
        let done = match &mut this.step {
            Step::Carried(doing) => ready!(doing.as_mut().poll(cx)),
            Step::Telling(..) => ready!(this.poll_telling(cx)),
            Step::New(_) | Step::Done => panic!("a publication was polled after it ended"),
        };
        this.step = Step::Done;
        Poll::Ready(done)
    }
}

impl<M: Message> fmt::Debug for Publish<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("message", &M::INFO.name)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}
