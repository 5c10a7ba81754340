//! Where a request goes: as its message, its call or its peer says.

use mitto::address::AddressError;
use mitto::queue::broker::Publisher;
use mitto::queue::broker::memory::Memory as Broker;
use mitto::transport::memory::Memory;
use mitto::{Code, Context, Notification, Request, Server, State, Worker, addr, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Goes to a node of its own.
#[derive(Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
struct Place {}

/// Goes to nowhere in particular.
#[derive(Serialize, Deserialize, Request)]
#[request(response = String)]
struct Look {}

#[derive(Serialize, Deserialize, Notification)]
#[notification(address = "shop/orders/Note")]
struct Note {}

mitto::schema! {
    Shop { client => server as ShopClient: [Place, Look, Note] }
}

#[provider(server of Shop: [place, look, note])]
struct ShopServer {
    notes: mpsc::UnboundedSender<String>,
    name: String,
}

fn told(ctx: &Context) -> String {
    let address = ctx.address();
    address.map_or("none".to_owned(), |address| address.to_string())
}

#[handler]
fn place(ctx: Context, State(name): State<String>, _: Place) -> String {
    format!("{} by {name}", told(&ctx))
}

#[handler]
fn look(ctx: Context, State(name): State<String>, _: Look) -> String {
    format!("{} by {name}", told(&ctx))
}

#[handler]
fn note(ctx: Context, State(notes): State<mpsc::UnboundedSender<String>>, _: Note) {
    let _ = notes.send(told(&ctx));
}

fn shop(name: &str) -> (ShopServer, mpsc::UnboundedReceiver<String>) {
    let (notes, noted) = mpsc::unbounded_channel();
    let name = name.to_owned();
    (ShopServer { notes, name }, noted)
}

async fn says_where_it_goes(client: &ShopClient, mut noted: mpsc::UnboundedReceiver<String>) {
    assert_eq!(client.place(Place {}).await.unwrap(), "shop/orders by it");
    assert_eq!(client.look(Look {}).await.unwrap(), "none by it");
    client.note(Note {}).await.unwrap();
    assert_eq!(noted.recv().await.unwrap(), "shop/orders/Note");

    let elsewhere = client.place(Place {}).at(addr!("shop/eu/Place"));
    assert_eq!(elsewhere.await.unwrap(), "shop/eu/Place by it");

    let there = ShopClient::from(client.peer().at("shop/us").unwrap());
    assert_eq!(there.look(Look {}).await.unwrap(), "shop/us by it");
    assert_eq!(there.place(Place {}).await.unwrap(), "shop/orders by it");
    let elsewhere = there.look(Look {}).at("shop/eu");
    assert_eq!(elsewhere.await.unwrap(), "shop/eu by it");
}

#[tokio::test]
async fn in_process() {
    let (server, noted) = shop("it");
    says_where_it_goes(&ShopClient::local(server), noted).await;
}

#[tokio::test]
async fn over_a_connection() {
    let (server, noted) = shop("it");
    let memory = Memory::new();
    let server = Server::new(server).transport(memory.clone());
    drop(server.listen("memory://shop").await.unwrap().spawn());
    let builder = ShopClient::builder().transport(memory);
    let client = builder.connect("memory://shop").await.unwrap();
    says_where_it_goes(&client, noted).await;
}

#[tokio::test]
async fn connection_lives_as_long_as_a_peer_of_an_address() {
    let (server, _noted) = shop("it");
    let memory = Memory::new();
    let server = Server::new(server).transport(memory.clone());
    drop(server.listen("memory://shop").await.unwrap().spawn());
    let builder = ShopClient::builder().transport(memory);
    let client = builder.connect("memory://shop").await.unwrap();
    let there = ShopClient::from(client.peer().at("shop/us").unwrap());
    drop(client);
    assert_eq!(there.look(Look {}).await.unwrap(), "shop/us by it");
}

#[tokio::test]
async fn worker_of_the_node_gets_it() {
    let broker = Broker::new();
    let mut workers = Vec::new();
    for (name, node) in [
        ("schema", None),
        ("orders", Some("shop/orders")),
        ("eu", Some("shop/eu")),
    ] {
        let worker = Worker::new(shop(name).0);
        let worker = match node {
            Some(node) => worker.node(node),
            None => worker,
        };
        workers.push(worker.consume(&broker).await.unwrap().spawn());
    }
    let client = ShopClient::local(Shop::gateway(Publisher::connect(&broker).await.unwrap()));
    assert_eq!(client.look(Look {}).await.unwrap(), "none by schema");
    assert_eq!(
        client.place(Place {}).await.unwrap(),
        "shop/orders by orders"
    );
    let there = ShopClient::from(client.peer().at("shop/eu").unwrap());
    assert_eq!(there.look(Look {}).await.unwrap(), "shop/eu by eu");
    let nowhere = client.look(Look {}).at("shop/mars").await;
    assert_eq!(nowhere.unwrap_err().code(), Code::Unavailable);
}

#[test]
fn what_is_no_address_is_refused() {
    let (server, _noted) = shop("it");
    let client = ShopClient::local(server);
    for (text, error) in [
        ("shop", AddressError::Node),
        ("a/b/c/d", AddressError::Parts),
    ] {
        assert_eq!(client.peer().at(text).err(), Some(error), "{text}");
    }
}
