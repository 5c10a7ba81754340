//! A service that says where it runs, and servers that forward to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mitto::auth::{LINK, Tokens};
use mitto::client::Builder;
use mitto::provider::Serves;
use mitto::queue::Forward;
use mitto::schema::ServerSide;
use mitto::server::Handle;
use mitto::transport::memory::Memory;
use mitto::{
    Context, Identity, Items, Limits, Notification, Request, Server, State, Status, handler,
    provider,
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, Semaphore, mpsc};

/// Where it runs.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
pub(super) struct Where {}

/// The same, where it does no harm to run it twice. It waits until it may answer.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders", idempotent)]
pub(super) struct Look {}

/// The same, and it may do harm.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
pub(super) struct Buy {}

/// Where the orders of a user are.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
pub(super) struct Mine {
    pub(super) user: String,
}

/// The same by number.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, address = "shop/orders")]
pub(super) struct Numbered {
    pub(super) list: Vec<u8>,
    pub(super) user: u32,
}

/// Who asks, and by which way.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Seen, address = "shop/orders")]
pub(super) struct Who {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) name: Option<String>,
    pub(super) grants: Vec<String>,
    pub(super) address: Option<String>,
    pub(super) link: bool,
}

/// Counts without end.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = u32, address = "shop/orders")]
pub(super) struct Count {}

/// Who is there, as soon as it is open.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = String, address = "shop/orders")]
pub(super) struct Open {}

/// The same, where it does no harm to ask twice.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = String, address = "shop/orders", idempotent)]
pub(super) struct Looks {}

/// Tells something.
#[derive(Debug, Serialize, Deserialize, Notification)]
#[notification(address = "shop/orders")]
pub(super) struct Tell {
    pub(super) text: String,
}

mitto::schema! {
    pub(super) Shop {
        client => server as ShopClient: [
            Where, Look, Buy, Mine, Numbered, Who, Count, Open, Looks, Tell,
        ],
    }
}

/// One place of the shop.
#[provider(server of Shop: [where_, look, buy, mine, numbered, who, count, open, looks, tell])]
#[derive(Clone)]
pub(super) struct TheShop {
    name: String,
    /// What may answer.
    pub(super) open: Arc<Semaphore>,
    pub(super) told: mpsc::UnboundedSender<String>,
    /// What has begun.
    pub(super) begun: Arc<AtomicUsize>,
    pub(super) gone: Arc<Notify>,
}

impl TheShop {
    /// A place where everything is answered at once.
    pub(super) fn new(name: &str) -> Self {
        Self::telling(name).0
    }

    /// The same, with what it tells.
    pub(super) fn telling(name: &str) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (told, heard) = mpsc::unbounded_channel();
        let shop = Self {
            name: name.into(),
            open: Arc::new(Semaphore::new(1 << 20)),
            told,
            begun: Arc::default(),
            gone: Arc::default(),
        };
        (shop, heard)
    }

    /// A place where what waits is never answered.
    pub(super) fn closed(name: &str) -> (Self, mpsc::UnboundedReceiver<String>) {
        let (shop, heard) = Self::telling(name);
        shop.open.forget_permits(1 << 20);
        (shop, heard)
    }

    async fn wait(&self) -> Result<String, Status> {
        self.begun.fetch_add(1, Relaxed);
        let _ = self.told.send("begun".into());
        let gone = Gone(self.told.clone());
        let permit = self.open.acquire().await.map_err(Status::internal)?;
        permit.forget();
        std::mem::forget(gone);
        Ok(self.name.clone())
    }
}

/// Tells that a handler was dropped.
struct Gone(mpsc::UnboundedSender<String>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send("gone".into());
    }
}

impl mitto::Extract<TheShop> for TheShop {
    fn extract(shop: &TheShop, _: &mitto::context::Parts<'_>) -> Result<Self, Status> {
        Ok(shop.clone())
    }
}

#[handler]
fn where_(shop: TheShop, _: Where) -> String {
    shop.begun.fetch_add(1, Relaxed);
    shop.name
}

#[handler]
async fn look(shop: TheShop, _: Look) -> Result<String, Status> {
    shop.wait().await
}

#[handler]
async fn buy(shop: TheShop, _: Buy) -> Result<String, Status> {
    shop.wait().await
}

#[handler]
fn mine(shop: TheShop, _: Mine) -> String {
    shop.name
}

#[handler]
fn numbered(shop: TheShop, _: Numbered) -> String {
    shop.name
}

#[handler]
fn who(caller: Option<Identity>, context: Context, _: Who) -> Seen {
    let link = context.peer().identity();
    Seen {
        name: caller.as_ref().map(|caller| caller.name().to_owned()),
        grants: caller
            .iter()
            .flat_map(Identity::grants)
            .map(str::to_owned)
            .collect(),
        address: context.address().map(|address| address.to_string()),
        link: link.is_some_and(|link| link.has(LINK)),
    }
}

#[handler]
async fn count(shop: TheShop, items: Items<u32>, _: Count) -> Result<(), Status> {
    let _gone = Gone(shop.told);
    for n in 0.. {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
async fn open(shop: TheShop, items: Items<String>, _: Open) -> Result<(), Status> {
    items.send(shop.wait().await?).await
}

#[handler]
async fn looks(shop: TheShop, items: Items<String>, _: Looks) -> Result<(), Status> {
    items.send(shop.wait().await?).await
}

#[handler]
fn tell(State(told): State<mpsc::UnboundedSender<String>>, req: Tell) {
    let _ = told.send(req.text);
}

/// Servers that know each other.
#[derive(Clone, Default)]
pub(super) struct Street {
    memory: Memory,
    pub(super) limits: Limits,
}

impl Street {
    pub(super) async fn serve(
        &self,
        name: &str,
        provider: impl Serves<Shop, ServerSide>,
    ) -> Handle {
        let tokens = Tokens::new()
            .token("link", Identity::new("a server").grant(LINK))
            .token("ann", Identity::new("ann").grant("read"));
        let server = Server::new(provider)
            .limits(self.limits.clone())
            .authenticate(tokens)
            .allow_anonymous()
            .transport(self.memory.clone());
        let server = server.listen(&format!("memory://{name}")).await;
        server.expect("a free place").spawn()
    }

    pub(super) fn client(&self) -> Builder<ShopClient> {
        let builder = ShopClient::builder().limits(self.limits.clone());
        builder.transport(self.memory.clone())
    }

    pub(super) async fn connect(&self, name: &str) -> ShopClient {
        let client = self.client().connect(&format!("memory://{name}")).await;
        client.expect("a connection")
    }

    /// A link to a server, and the queue that leads there.
    pub(super) async fn link(&self, name: &str) -> Forward {
        let link = self.client().token("link");
        let link = link.connect(&format!("memory://{name}")).await;
        Forward::to(link.expect("a connection").peer().clone())
    }
}
