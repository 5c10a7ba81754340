//! The queue of another server.

use std::fmt;
use std::sync::Arc;

use super::Queue;
use super::kept::Kept;
use super::onward::{Handed, Name, Names, Onward};
use crate::envelope::MessageId;
use crate::job::{Answer, Job, Run, Via};
use crate::message::MessageKind;
use crate::peer::{ConnectionState, Peer};
use crate::schema::{Descriptor, Side};
use crate::status::Status;

/// A [`Queue`] that hands requests and notifications on to another server, as they are: nothing is decoded.
///
/// With a request go its address, metadata, deadline, whom it is from, and how often it was forwarded; back
/// come the answer, the typed error, the items of a stream as fast as they are read, and progress. A request
/// that is cancelled here is cancelled there. The other server must have given the connection the grant
/// [`LINK`](crate::auth::LINK): otherwise it takes everything for the connection's own, and a request that goes
/// round in a loop ends by its deadline only. On a link it ends with
/// [`LoopDetected`](crate::Code::LoopDetected), after [`Limits::hops`](field@crate::Limits::hops) servers.
///
/// # When the connection fails
///
/// A request that could not be sent, because there is no connection or the other server is leaving, is
/// answered with `Unavailable`. One that waits for an answer when the connection is lost may have run: it is
/// answered with `ConnectionLost`. Over a [connection that is made again](crate::client::Reconnect) a request
/// waits for it, within its deadline, and an idempotent one is sent again. A [`Router`](crate::Router) with
/// several places has more to offer.
///
/// # Examples
///
/// ```
/// # use mitto::{Request, handler, provider};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, Request)]
/// # #[request(response = String)]
/// # struct Greet { name: String }
/// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
/// # #[provider(server of Hello: [greet])]
/// # struct HelloServer;
/// # #[handler]
/// # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mitto::auth::{LINK, Tokens};
/// use mitto::queue::Forward;
/// use mitto::{Identity, Server};
///
/// let tokens = Tokens::new().token("secret", Identity::new("front").grant(LINK));
/// let back = Server::new(HelloServer).authenticate(tokens);
/// let back = back.listen("tcp://127.0.0.1:0").await?.spawn();
///
/// let link = HelloClient::builder().token("secret").connect(back.url()).await?;
/// let front = Server::new(Hello::gateway(Forward::to(link.peer().clone())));
/// let front = front.listen("ws://127.0.0.1:0").await?.spawn();
///
/// let client = HelloClient::connect(front.url()).await?;
/// assert_eq!(client.greet(Greet { name: "Ada".into() }).await?, "Hello, Ada!");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Forward(Arc<Inner>);

struct Inner {
    peer: Peer,
    onward: Option<Onward>,
    /// Whether the connection is made again when it is lost.
    reconnects: bool,
}

impl Forward {
    /// Hands everything on to `peer`, and keeps its connection open as a clone of it does.
    pub fn to(peer: Peer) -> Self {
        let onward = peer.outbound().map(|out| Onward {
            out: out.clone(),
            // Not known here: a stream that sends no items is as good as a request.
            kind: MessageKind::Stream,
            states: true,
            name: Name::Known(Arc::default()),
        });
        Self(Arc::new(Inner {
            reconnects: onward.as_ref().is_some_and(|to| to.out.reconnects()),
            peer,
            onward,
        }))
    }

    /// Where everything goes.
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// Whether a request would wait for a connection.
    pub(crate) fn would_wait(&self) -> bool {
        self.0.reconnects && !self.0.peer.is_connected()
    }

    /// Why nothing can be sent now.
    pub(crate) fn why_not(&self) -> Status {
        Status::unavailable(match self.peer().state() {
            ConnectionState::Closed(why) => why.to_string(),
            state => format!("{}: {state}", self.peer().remote()),
        })
    }

    /// Hands a job on without a copy of it.
    #[inline]
    pub(crate) fn hand(&self, job: &mut Job<'_>, answer: Answer) -> Handed {
        match &self.0.onward {
            Some(onward) => onward.hand(job, answer),
            None => Handed::Unsent(Status::unavailable("there is nobody to forward to"), answer),
        }
    }
}

impl Queue for Forward {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let mut job = job;
        let handed = match self.hand(&mut job, answer) {
            Handed::Ended => return Run::done(),
            Handed::Unsent(status, answer) => {
                answer.fail(status);
                return Run::done();
            }
            Handed::Sent(relay) if !(self.0.reconnects && job.idempotent) => {
                return Run::relay(relay.via(self.0.clone()));
            }
            handed => handed,
        };
        match Kept::copy(&job) {
            Ok(kept) => Run::new(self.clone().follow(handed, kept)),
            Err(status) => {
                handed.refuse(status);
                Run::done()
            }
        }
    }

    fn prepare(&self, schema: &'static Descriptor) {
        if let Some(onward) = &self.0.onward
            && let Name::Known(known) = &onward.name
        {
            known.get_or_init(|| names(schema));
        }
    }

    fn ready(&self) -> Result<(), Status> {
        match self.peer().is_connected() {
            true => Ok(()),
            false => Err(self.why_not()),
        }
    }
}

impl Forward {
    /// Waits for what becomes of a job, and hands it on again if it may be.
    async fn follow(self, handed: Handed, kept: Kept) {
        let mut handed = handed;
        loop {
            handed = match handed {
                Handed::Ended => return,
                Handed::Unsent(status, answer) => return answer.fail(status),
                Handed::Waits(waits, answer) => waits.room(&kept, answer).await,
                Handed::Sent(relay) => match relay.via(self.0.clone()).outcome().await {
                    None => return,
                    Some(lost) if kept.is_idempotent() && !kept.is_late() => {
                        self.hand(&mut kept.lend(), lost.answer)
                    }
                    Some(lost) => return lost.fail(),
                },
            };
        }
    }
}

impl Via for Inner {
    fn remote(&self) -> &str {
        self.peer.remote()
    }
}

/// The names of the messages to a server, sorted by id.
fn names(schema: &'static Descriptor) -> Names {
    let mut names = Vec::new();
    for message in schema.messages_to(Side::Server) {
        names.push((MessageId(message.id), &*message.name));
        let earlier = message.was.iter().map(MessageId::of_name);
        names.extend(earlier.map(|id| (id, &*message.name)));
    }
    names.sort_unstable_by_key(|(id, _)| *id);
    names.into()
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("peer", self.peer())
            .finish()
    }
}
