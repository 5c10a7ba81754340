//! What a request allocates on its way through a server that forwards it.

use mitto::auth::{LINK, Tokens};
use mitto::queue::Forward;
use mitto::router::{Place, Router, Routes};
use mitto::transport::memory::Memory;
use mitto::{Format, Identity, Server};

use crate::count::Counts;
use crate::service::{Asking, Counted, CountedApp, CountedClient, CountedServer, Plain, Sure};

const NODE: &str = "counted/node";

/// A forwarded request allocates nothing: what waits for its answer rests in a table. One that may be sent again is
/// kept meanwhile, and waited for by a future of its own. A handler's context takes one more than in a direct request.
pub(crate) async fn forwarding(counts: &mut Counts) {
    let memory = Memory::new();
    let tokens = Tokens::new().token("link", Identity::new("front").grant(LINK));
    let tokens = tokens.token("ann", Identity::new("ann").grant("read"));
    let far = Server::new(CountedServer::default()).authenticate(tokens.clone());
    let far = far.transport(memory.clone());
    let far = far.listen("memory://far").await.expect("listens").spawn();
    let mut routes = Routes::new();
    for name in ["one", "other"] {
        let link = CountedClient::builder().token("link");
        let link = link.transport(memory.clone()).connect("memory://far");
        let forward = Forward::to(link.await.expect("connects").peer().clone());
        let place = Place::new(name, forward).expect("a place");
        routes = routes.place(NODE, place).expect("a node");
    }
    let front = Server::new(Counted::gateway(Router::new(routes)));
    let front = front.authenticate(tokens).allow_anonymous();
    let front = front.transport(memory.clone());
    let front = front.listen("memory://front").await.expect("listens");
    let front = front.spawn();
    for format in [Format::MESSAGE_PACK, Format::JSON] {
        let client = CountedClient::builder().provide(CountedApp);
        let client = client.format(format).transport(memory.clone());
        let client = client.connect("memory://front").await.expect("connects");
        let client = CountedClient::from(client.peer().at(NODE).expect("a node"));
        super::both(counts, &format!("forwarded, {format}"), 1, &client).await;
        let call = async || assert_eq!(client.plain(Plain { n: 1 }).await, Ok(1));
        let name = format!("forwarded, {format}, plain fn");
        counts.check(&name, 0, call).await;
        let call = async || assert_eq!(client.asking(Asking { n: 1 }).await, Ok(1));
        let name = format!("forwarded, {format}, handler that asks back");
        counts.check(&name, 1, call).await;
        let call = async || assert_eq!(client.sure(Sure { n: 1 }).await, Ok(1));
        let name = format!("forwarded, {format}, idempotent");
        counts.check(&name, 2, call).await;
    }
    let ann = CountedClient::builder().token("ann").transport(memory);
    let ann = ann.connect("memory://front").await.expect("connects");
    let ann = CountedClient::from(ann.peer().at(NODE).expect("a node"));
    let call = async || assert_eq!(ann.plain(Plain { n: 1 }).await, Ok(1));
    counts.check("forwarded for somebody", 0, call).await;
    drop(ann);
    front.shutdown().await;
    far.shutdown().await;
}
