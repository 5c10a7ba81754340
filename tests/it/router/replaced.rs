//! A node that moves along a chain of servers while it is called.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};

use mitto::router::{Router, Routes};
use mitto::{Format, Request, State, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use mitto::auth::{LINK, Tokens};
use mitto::queue::Forward;
use mitto::transport::memory::Memory;
use mitto::{Identity, Server};

/// How many servers, and callers.
const SERVERS: usize = 4;
const CALLERS: usize = 64;

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = usize, address = "moving/node")]
struct Run {
    id: usize,
}

mitto::schema! {
    Moving {
        client => server as MovingClient: [Run],
    }
}

/// The node, in one of its places.
#[provider(server of Moving: [run])]
struct Node {
    place: usize,
    runs: Runs,
}

/// How often each request has run.
type Runs = Arc<Vec<AtomicU8>>;

#[handler]
fn run(State(place): State<usize>, State(runs): State<Runs>, req: Run) -> usize {
    runs[req.id].fetch_add(1, SeqCst);
    place
}

/// Where the node is, in the order of its moves.
fn place_at(moved: usize) -> usize {
    // Each of the steps from one server to another comes up, none to itself.
    [0, 3, 1, 2, 0, 1, 3, 2, 1, 0, 2, 3][moved % 12]
}

struct Chain {
    routers: Vec<Router>,
    links: Vec<Forward>,
    runs: Runs,
}

impl Chain {
    /// Puts the node on server `place`: what leads there from the far end on, so that one single change moves
    /// it.
    fn move_to(&self, place: usize) {
        for server in (0..=place).rev() {
            let routes = Routes::new();
            let routes = match server == place {
                true => {
                    let runs = self.runs.clone();
                    routes.node("moving/node", Node { place, runs })
                }
                false => routes.node("moving/node", self.links[server].clone()),
            };
            self.routers[server].replace(routes.expect("a node"));
        }
    }
}

/// A number from the environment, or the usual one.
fn set(name: &str, usual: usize) -> usize {
    let value = std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok());
    value.unwrap_or(usual)
}

/// `MITTO_CALLS` and `MITTO_MOVES` say how much of it: see the README of the tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_node_loses_and_doubles_nothing() {
    let calls = set("MITTO_CALLS", 100_000);
    let moves = set("MITTO_MOVES", 100);
    let runs: Runs = Arc::new((0..calls).map(|_| AtomicU8::new(0)).collect());

    let memory = Memory::new();
    let (mut servers, mut routers) = (Vec::new(), Vec::new());
    for n in 0..SERVERS {
        let router = Router::new(Routes::new());
        let tokens = Tokens::new().token("link", Identity::new("server").grant(LINK));
        let server = Server::new(Moving::gateway(router.clone()))
            .authenticate(tokens)
            .allow_anonymous()
            .transport(memory.clone());
        let server = server.listen(&format!("memory://{n}")).await.unwrap();
        servers.push(server.spawn());
        routers.push(router);
    }
    let mut links = Vec::new();
    for n in 1..SERVERS {
        let link = MovingClient::builder()
            .token("link")
            .transport(memory.clone());
        let link = link.connect(&format!("memory://{n}")).await.unwrap();
        links.push(Forward::to(link.peer().clone()));
    }
    let chain = Chain {
        routers,
        links,
        runs: runs.clone(),
    };
    chain.move_to(place_at(0));

    // Moves that were begun, and that were acknowledged.
    let begun = Arc::<AtomicUsize>::default();
    let moved = Arc::<AtomicUsize>::default();
    let next = Arc::<AtomicUsize>::default();
    let mut tasks = JoinSet::new();
    for caller in 0..CALLERS {
        let format = [Format::JSON, Format::MESSAGE_PACK][caller % 2];
        let client = MovingClient::builder().format(format);
        let client = client.transport(memory.clone()).connect("memory://0").await;
        let client = client.unwrap();
        let (begun, moved, next) = (begun.clone(), moved.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let id = next.fetch_add(1, SeqCst);
                if id >= calls {
                    return;
                }
                let from = moved.load(SeqCst);
                let place = client.run(Run { id }).await.expect("an answer");
                let to = begun.load(SeqCst);
                assert!(
                    (from..=to).any(|moved| place_at(moved) == place),
                    "call {id} ran at {place}, after move {from} and before move {to}"
                );
            }
        });
    }
    for n in 1..=moves {
        while next.load(SeqCst) < n * calls / (moves + 1) {
            tokio::task::yield_now().await;
        }
        begun.store(n, SeqCst);
        chain.move_to(place_at(n));
        moved.store(n, SeqCst);
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    for (id, runs) in runs.iter().enumerate() {
        assert_eq!(runs.load(SeqCst), 1, "call {id}");
    }
    let places: Vec<_> = chain.routers.iter().flat_map(Router::places).collect();
    assert!(
        places.iter().all(|place| place.in_flight == 0),
        "{places:?}"
    );
}
