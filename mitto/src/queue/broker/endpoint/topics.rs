//! Topics at a broker: what this end hears of them, and for whom.

use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};

use super::Endpoint;
use crate::built_in::message;
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Queue, Run};
use crate::message::{
    Codings, Kind, Message, MessageInfo, MessageKind, Never, Shapes, Travels, Unary,
};
use crate::peer::Peer;
use crate::queue::broker::{Line, Parcel, ParcelKind, Task};
use crate::status::Status;
use crate::topic::{Carrier, Doing, Heard, Hub, Publication, Wish};

/// Asks a gateway to subscribe one of its peers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Subscribe {
    topic: String,
}

/// Asks a gateway to end a subscription of one of its peers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unsubscribe {
    topic: String,
}

message!(Subscribe, "mitto-subscribe", Unary -> ());
message!(Unsubscribe, "mitto-unsubscribe", Unary -> ());

impl Endpoint {
    /// Who hears what at this end. Made for who asks first.
    pub(crate) fn hub(self: &Arc<Self>) -> &Arc<Hub> {
        self.hub.get_or_init(|| {
            let carrier = Arc::new(ToBroker(Arc::downgrade(self)));
            Hub::new(self.limits.clone(), Some(carrier))
        })
    }

    /// Something was published to a topic that this end listens to.
    pub(super) fn heard(&self, topic: &str, parcel: &Parcel) {
        let (Some(hub), ParcelKind::Published(task), Some(format)) =
            (self.hub.get(), &parcel.kind, parcel.format)
        else {
            return tracing::debug!("what was published to a topic is no message");
        };
        let heard = Heard {
            message: task.message(),
            name: &task.name,
            except: task.peer,
            metadata: &task.metadata,
            format,
            body: &parcel.body,
        };
        hub.hear(topic, heard);
    }
}

/// The topics of an end, as its broker carries them. The end keeps it.
struct ToBroker(Weak<Endpoint>);

impl ToBroker {
    /// Does something with the line, or says that there is none.
    fn line(&self, with: impl FnOnce(&Arc<dyn Line>) -> Doing) -> Doing {
        match self.0.upgrade().as_ref().and_then(|end| end.line()) {
            Some(line) => with(line),
            None => {
                Box::pin(async { Err(Status::unavailable("the line to the broker is not open")) })
            }
        }
    }
}

impl Carrier for ToBroker {
    fn listen(&self, topic: &str) -> Doing {
        self.line(|line| {
            let listening = line.listen(topic);
            Box::pin(async { Ok(listening.await?) })
        })
    }

    fn unlisten(&self, topic: &str) {
        if let Some(line) = self.0.upgrade().as_ref().and_then(|end| end.line()) {
            line.unlisten(topic);
        }
    }

    fn publish(&self, topic: &str, publication: Publication) -> Doing {
        let Publication {
            message,
            name,
            except,
            metadata,
            format,
            body,
        } = publication;
        let mut task = Task::new(name, MessageKind::Notification).with_type_id(message);
        task.peer = except;
        task.metadata = metadata;
        let kind = ParcelKind::Published(Box::new(task));
        let parcel = Parcel::new(kind, Arc::default()).with_body(format, body);
        self.line(|line| {
            let sending = line.publish_to(topic, parcel);
            Box::pin(async { Ok(sending.await?) })
        })
    }

    fn ask(&self, peer: &Peer, topic: &str, wish: Wish) -> Doing {
        let (peer, topic) = (peer.clone(), topic.to_owned());
        Box::pin(async move {
            match wish {
                Wish::Subscribe => peer.call(Subscribe { topic }).await,
                Wish::Unsubscribe => peer.call(Unsubscribe { topic }).await,
            }
        })
    }

    fn number(&self, peer: &Peer) -> u64 {
        match self.0.upgrade() {
            Some(endpoint) => endpoint.callers.number(&endpoint, peer),
            None => 0,
        }
    }
}

/// Takes what others wish for a peer of this end.
pub(super) struct Desk {
    hub: Arc<Hub>,
    peer: Peer,
    wish: Wish,
}

impl Desk {
    /// `None` where a message is the peer's own affair.
    pub(super) fn of(message: &str, endpoint: &Arc<Endpoint>, peer: &Peer) -> Option<Self> {
        let wish = match message {
            name if name == Subscribe::INFO.name => Wish::Subscribe,
            name if name == Unsubscribe::INFO.name => Wish::Unsubscribe,
            _ => return None,
        };
        Some(Self {
            hub: endpoint.hub().clone(),
            peer: peer.clone(),
            wish,
        })
    }

    fn submit<M>(&self, job: Job<'_>, answer: Answer, topic: impl FnOnce(M) -> String) -> Run
    where
        M: Message<Response = (), Failure = Status>,
    {
        let topic = match job.payload.read::<M>(job.codecs) {
            Ok(message) => topic(message),
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let (hub, peer, wish) = (self.hub.clone(), self.peer.clone(), self.wish);
        Run::new(async move {
            let done = match wish {
                Wish::Subscribe => hub.subscribe(&peer, &topic).await,
                Wish::Unsubscribe => {
                    hub.unsubscribe(&peer, &topic);
                    Ok(())
                }
            };
            answer.outcome::<M>(done);
        })
    }
}

impl Queue for Desk {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        match self.wish {
            Wish::Subscribe => self.submit(job, answer, |asked: Subscribe| asked.topic),
            Wish::Unsubscribe => self.submit(job, answer, |asked: Unsubscribe| asked.topic),
        }
    }
}
