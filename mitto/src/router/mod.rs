//! Requests by address: each goes to a place of its node.
//!
//! An address says what is asked, `application/node/action`, and not where it runs. A [`Router`] is the
//! [`Queue`] that knows where: here, on another server, behind a broker. It looks at nothing but the address,
//! so that messages which no schema knows are routed as well, and its [`Routes`] are replaced while it works.
//!
//! | | |
//! | --- | --- |
//! | [`Router::new`], [`replace`](Router::replace), [`routes`](Router::routes), [`places`](Router::places) | routes requests, is a [`Queue`]; clones share the routes |
//! | [`Routes::new`], [`node`](Routes::node), [`place`](Routes::place), [`policy`](Routes::policy), [`remove`](Routes::remove) | which node is where; a value that is built, cloned and changed freely |
//! | [`Place::new`] | one place of a node: a name, and a provider or a queue. Clones are one place, with its counters |
//! | [`Policy`] | which place a request goes to, where there are several |
//! | [`PlaceReport`] | what [`places`](Router::places) tells |
//! | [`Forward`](crate::queue::Forward) | the queue of another server |
//!
//! Before it stands a [gateway](crate::queue::Gateway), or whoever else submits to a queue; after it the
//! providers and queues of its places.
//!
//! # Examples
//!
//! ```
//! # use mitto::{Request, handler, provider};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize, Request)]
//! # #[request(response = String, address = "shop/door")]
//! # struct Greet { name: String }
//! # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
//! # #[provider(server of Hello: [greet])]
//! # struct HelloServer;
//! # #[handler]
//! # fn greet(req: Greet) -> String { format!("Hello, {}!", req.name) }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use mitto::router::{Place, Policy, Router, Routes};
//! use mitto::{Code, Server};
//!
//! let router = Router::new(
//!     Routes::new()
//!         .node("shop/door", HelloServer)? // a provider, here
//!         .place("shop/hall", Place::new("east", HelloServer)?)? // several places of one node
//!         .place("shop/hall", Place::new("west", HelloServer)?)?
//!         .policy("shop/hall", Policy::by_key("name"))?,
//! );
//! let server = Server::new(Hello::gateway(router.clone()));
//! let server = server.listen("ws://127.0.0.1:0").await?.spawn();
//!
//! let client = HelloClient::connect(server.url()).await?;
//! let greet = || client.greet(Greet { name: "Ada".into() }); // to `shop/door`, as the message says
//! assert_eq!(greet().await?, "Hello, Ada!");
//! assert_eq!(greet().at("shop/hall").await?, "Hello, Ada!");
//! let status = greet().at("shop/attic").await.unwrap_err();
//! assert_eq!(status.to_string(), "not found: application `shop` has no node `attic`");
//!
//! router.replace(Routes::new().node("shop/attic", HelloServer)?);
//! assert_eq!(greet().at("shop/attic").await?, "Hello, Ada!");
//! assert_eq!(greet().await.unwrap_err().code(), Code::NotFound);
//! # Ok(())
//! # }
//! ```
//!
//! # What becomes of a request
//!
//! - A request that has passed 16 routers of one process is answered with `LoopDetected`.
//! - Without an address it is answered with `BadRequest`; with one whose application or node is not in the
//!   routes with `NotFound`, which says which part. Both at once.
//! - Otherwise it goes to one place, by the node's [`Policy`]. A request that could not be sent there, because
//!   there is no connection or the other end is leaving, goes to the next one. So does a request that was
//!   sent, if it is idempotent and the connection was lost before anything of its answer came; one that is not
//!   may have run, and is answered with `ConnectionLost`.
//! - A place that fails so is left out for a while, of random length up to a limit that doubles with each
//!   failure, from 100 ms to 5 s. Where no other is left it is tried all the same.
//! - When every place has failed the answer is `Unavailable`, and says why for each; `ConnectionLost` where it may
//!   have run in one of them.
//! - What a place answers is passed on, be it `Unavailable`: it may come from a handler, and each hop that
//!   tried again would multiply the requests.
//!
//! [`replace`](Router::replace) is atomic: a request that is submitted after it has returned goes by the new
//! routes. What was sent before is answered from where it went.
//!
//! A queue that is no [`Forward`](crate::queue::Forward) is asked only whether it is
//! [`ready`](Queue::ready). What it has taken is its own: a broker's
//! [`Publisher`](crate::queue::broker::Publisher) keeps the promises of the broker.
//!
//! To route costs the same however many nodes there are, and does not allocate; only
//! [`Policy::by_key`] looks into messages.

mod error;
mod health;
mod key;
mod node;
mod place;
mod policy;
mod report;
mod routes;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

pub use error::RouteError;
pub use place::{IntoQueue, Place, Provider, Queued};
pub use policy::{Policy, PolicyError};
pub use report::PlaceReport;
pub use routes::Routes;

use crate::job::{Answer, Job, Run};
use crate::queue::{Kept, Queue};
use crate::schema::Descriptor;
use crate::status::{Code, Status};
use node::{Node, Tried};
use place::Begun;

/// How many routers one request passes within this process. More are a loop.
const MOST: u8 = 16;

/// A [`Queue`] that hands each request to a place of the node that its address names. Clones share the routes.
///
/// The [module](self) has an example.
#[derive(Clone)]
pub struct Router(Arc<Shared>);

struct Shared {
    routes: ArcSwap<Routes>,
    /// The schemas of the gateways before it.
    schemas: Mutex<Vec<&'static Descriptor>>,
}

impl Router {
    /// Routes by `routes`, until they are [replaced](Self::replace).
    pub fn new(routes: Routes) -> Self {
        Self(Arc::new(Shared {
            routes: ArcSwap::from_pointee(routes),
            schemas: Mutex::default(),
        }))
    }

    /// Puts other routes in place of all. A request that is submitted after this has returned goes by them;
    /// those in flight are answered from where they went.
    pub fn replace(&self, routes: Routes) {
        let routes = Arc::new(routes);
        self.prepare_all(&routes);
        self.0.routes.store(routes.clone());
        // A gateway may have come meanwhile.
        self.prepare_all(&routes);
    }

    /// The routes of the moment. To change them, clone them, and [replace](Self::replace) them by the clone.
    pub fn routes(&self) -> Arc<Routes> {
        self.0.routes.load_full()
    }

    /// How every place is now, sorted by node; those of one node as they were added.
    pub fn places(&self) -> Vec<PlaceReport> {
        self.0.routes.load().report()
    }

    /// Begins a job, at one place after another until one takes it.
    #[inline(always)]
    fn begin(&self, node: &Node, job: &mut Job<'_>, answer: Answer, tried: &mut Tried) -> Begun {
        let turn = node.turn(job);
        let mut answer = answer;
        loop {
            let Some(place) = node.choose(&turn, tried) else {
                answer.fail(node.no_place(tried));
                return Begun::Ended;
            };
            match place.hand(job, answer) {
                Begun::Failed(back) => {
                    tried.add(place.id());
                    answer = back;
                }
                begun => return begun,
            }
        }
    }

    /// Begins a job again, by the routes of the moment.
    fn begin_again(&self, kept: &Kept, answer: Answer, tried: &mut Tried) -> Begun {
        let mut job = kept.lend();
        let routes = self.0.routes.load();
        match routes.find(job.address) {
            Ok(node) => self.begin(node, &mut job, answer, tried),
            Err(status) => {
                answer.fail(status);
                Begun::Ended
            }
        }
    }

    /// Waits for what becomes of a job, and goes to other places with it.
    async fn follow(self, begun: Begun, kept: Kept, mut tried: Tried) {
        let mut begun = begun;
        loop {
            begun = match begun {
                Begun::Ended => return,
                Begun::Runs(run) => return run.await,
                Begun::Failed(answer) => self.begin_again(&kept, answer, &mut tried),
                Begun::Waits(waiting) => waiting.room(&kept, &mut tried).await,
                Begun::Sent(sent) => match sent.outcome(kept.is_idempotent(), &mut tried).await {
                    Some(answer) => self.begin_again(&kept, answer, &mut tried),
                    None => return,
                },
            };
        }
    }

    /// Tells the places of all schemas; those that know them already are not told again.
    fn prepare_all(&self, routes: &Routes) {
        let schemas = self.schemas().clone();
        for schema in schemas {
            routes.prepare(schema);
        }
    }

    fn schemas(&self) -> MutexGuard<'_, Vec<&'static Descriptor>> {
        self.0
            .schemas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue for Router {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let mut job = job;
        job.routed += 1;
        if job.routed > MOST {
            answer.fail(circle());
            return Run::done();
        }
        let routes = self.0.routes.load();
        let node = match routes.find(job.address) {
            Ok(node) => node,
            Err(status) => {
                answer.fail(status);
                return Run::done();
            }
        };
        let mut tried = Tried::default();
        let begun = match self.begin(node, &mut job, answer, &mut tried) {
            Begun::Ended => return Run::done(),
            Begun::Runs(run) => return run,
            Begun::Sent(sent) if !(job.idempotent && node.has_others()) => {
                return sent.settle();
            }
            begun => begun,
        };
        match Kept::copy(&job) {
            Ok(kept) => Run::new(self.clone().follow(begun, kept, tried)),
            Err(status) => {
                begun.refuse(status);
                Run::done()
            }
        }
    }

    fn prepare(&self, schema: &'static Descriptor) {
        let mut schemas = self.schemas();
        if schemas.iter().any(|known| std::ptr::eq(*known, schema)) {
            return;
        }
        schemas.push(schema);
        // A place may lead back here.
        drop(schemas);
        self.0.routes.load().prepare(schema);
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Router").field(&*self.routes()).finish()
    }
}

#[cold]
fn circle() -> Status {
    let text =
        format!("passed more than {MOST} routers of one process: a place of one leads back to it");
    Status::new(Code::LoopDetected, text)
}
