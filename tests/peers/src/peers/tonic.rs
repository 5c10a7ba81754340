//! tonic with prost: one channel for each connection, with windows in which every request has room.
//!
//! Messages and glue are what its code generator writes, by hand, since that needs `protoc`.

use std::convert::Infallible;

use futures_util::stream::{self, BoxStream, StreamExt};
use prost::Message as ProstMessage;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{NamedService, ServerStreamingService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::Failure;
use crate::cell::Work;
use crate::echo::{Client, Message};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;
use crate::stream::{ITEMS, Reader, Streams, numbered, readers};

const ECHO: &str = "/bench.Service/Echo";
const POUR: &str = "/bench.Service/Pour";
/// Of a stream, and of a connection.
const WINDOWS: (u32, u32) = (1 << 20, 16 << 20);
const STREAMS: u32 = 2_048;

#[derive(Clone, PartialEq, ProstMessage)]
pub(crate) struct Echo {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    payload: String,
}

#[derive(Clone, PartialEq, ProstMessage)]
pub(crate) struct Pour {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(uint64, tag = "2")]
    payload: u64,
}

#[derive(Clone, PartialEq, ProstMessage)]
pub(crate) struct Item {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    payload: String,
}

pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = tonic::transport::Server::builder()
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .max_concurrent_streams(STREAMS)
        .add_service(Server);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(router.serve_with_incoming(incoming));
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let channel = Endpoint::from_shared(format!("http://{address}"))?
            .initial_stream_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1)
            .buffer_size(STREAMS as usize)
            .tcp_nodelay(true)
            .connect()
            .await?;
        clients.push(Grpc::new(channel));
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

#[derive(Clone)]
struct Server;

impl NamedService for Server {
    const NAME: &'static str = "bench.Service";
}

impl Service<http::Request<Body>> for Server {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path() {
            ECHO => Box::pin(async move {
                let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
                Ok(grpc.unary(Self, request).await)
            }),
            POUR => Box::pin(async move {
                let mut grpc = tonic::server::Grpc::new(ProstCodec::default());
                Ok(grpc.server_streaming(Self, request).await)
            }),
            _ => Box::pin(async { Ok(Status::unimplemented("no such method").into_http()) }),
        }
    }
}

impl UnaryService<Echo> for Server {
    type Response = Echo;
    type Future = BoxFuture<Response<Echo>, Status>;

    fn call(&mut self, request: Request<Echo>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(request.into_inner())) })
    }
}

impl ServerStreamingService<Pour> for Server {
    type Response = Item;
    type ResponseStream = BoxStream<'static, Result<Item, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Pour>) -> Self::Future {
        Box::pin(async move {
            let Pour { count, payload } = request.into_inner();
            let items = numbered(count, payload as usize).map(|item| {
                Ok(Item {
                    id: item.id,
                    payload: item.payload,
                })
            });
            Ok(Response::new(stream::iter(items).boxed()))
        })
    }
}

impl Message for Echo {
    fn new(id: u64, name: String, payload: String) -> Self {
        Self { id, name, payload }
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }

    fn seen(&self) -> (u64, usize, usize) {
        (self.id, self.name.len(), self.payload.len())
    }
}

impl Client for Grpc<Channel> {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        self.ready().await?;
        let path = PathAndQuery::from_static(ECHO);
        let answer = self.unary(Request::new(message), path, ProstCodec::default());
        Ok(answer.await?.into_inner())
    }
}

impl Streams for Grpc<Channel> {
    type Reader = Streaming<Item>;

    async fn open(&mut self, payload: usize) -> Result<Self::Reader, Failure> {
        self.ready().await?;
        let path = PathAndQuery::from_static(POUR);
        let pour = Request::new(Pour {
            count: ITEMS,
            payload: payload as u64,
        });
        let answer = self.server_streaming(pour, path, ProstCodec::default());
        Ok(answer.await?.into_inner())
    }
}

impl Reader for Streaming<Item> {
    async fn next(&mut self) -> Result<Option<(u64, usize)>, Failure> {
        let item = self.message().await?;
        Ok(item.map(|item| (item.id, item.payload.len())))
    }
}
