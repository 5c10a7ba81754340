//! jsonrpsee over WebSocket, with the client and server that its macro makes.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::client_transport::ws::{Url, WsTransportClientBuilder};
use jsonrpsee::core::client::{Client as RpcClient, ClientBuilder, Subscription};
use jsonrpsee::core::{SubscriptionResult, async_trait};
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::server::{ServerBuilder, ServerConfig};
use jsonrpsee::types::ErrorObjectOwned;
use tokio::task::JoinSet;

use crate::Failure;
use crate::cell::Work;
use crate::echo::{Client, Echo};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;
use crate::stream::{ITEMS, Item, Reader, Streams, numbered, readers};

#[rpc(client, server)]
trait Service {
    #[method(name = "echo")]
    async fn echo(&self, message: Echo) -> Result<Echo, ErrorObjectOwned>;

    #[subscription(name = "pour", unsubscribe = "stop", item = Item)]
    async fn pour(&self, count: u64, payload: usize) -> SubscriptionResult;
}

struct Server;

#[async_trait]
impl ServiceServer for Server {
    async fn echo(&self, message: Echo) -> Result<Echo, ErrorObjectOwned> {
        Ok(message)
    }

    async fn pour(
        &self,
        pending: PendingSubscriptionSink,
        count: u64,
        payload: usize,
    ) -> SubscriptionResult {
        let sink = pending.accept().await?;
        for item in numbered(count, payload) {
            let item = serde_json::value::to_raw_value(&item)?;
            sink.send(item).await?;
        }
        Ok(())
    }
}

pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    let config = ServerConfig::builder()
        .ws_only()
        .set_message_buffer_capacity(2_048)
        .build();
    let server = ServerBuilder::with_config(config)
        .build("127.0.0.1:0")
        .await?;
    let url = Url::parse(&format!("ws://{}", server.local_addr()?))?;
    let _server = server.start(Server.into_rpc());
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let transport = WsTransportClientBuilder::default();
        let (sender, receiver) = transport.build(url.clone()).await?;
        let client = ClientBuilder::default()
            .max_concurrent_requests(2_048)
            // It ends a subscription whose reader is further behind than this.
            .max_buffer_capacity_per_subscription(ITEMS as usize)
            .build_with_tokio(sender, receiver);
        clients.push(Arc::new(client));
    }

    let load = Load::begin(run)?;
    let mut tasks = JoinSet::new();
    match run.cell.load.work {
        Work::Stream => {
            for reader in readers(&load, &clients) {
                tasks.spawn(reader);
            }
        }
        Work::Echo | Work::Back | Work::Forward => {
            for sender in senders(&load, &clients) {
                tasks.spawn(sender);
            }
        }
    }
    load.measure(tasks).await
}

impl Client for Arc<RpcClient> {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        Ok(ServiceClient::echo(&**self, message).await?)
    }
}

impl Streams for Arc<RpcClient> {
    type Reader = Items;

    async fn open(&mut self, payload: usize) -> Result<Items, Failure> {
        Ok(Items {
            items: self.pour(ITEMS, payload).await?,
            left: ITEMS,
        })
    }
}

/// A subscription has no end that its reader sees.
pub(crate) struct Items {
    items: Subscription<Item>,
    left: u64,
}

impl Reader for Items {
    async fn next(&mut self) -> Result<Option<(u64, usize)>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let item = self.items.next().await.transpose()?;
        Ok(item.map(|item| (item.id, item.payload.len())))
    }
}
