//! tarpc over TCP: a task for each request, as in its documentation.

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tarpc::serde_transport::{Transport, new};
use tarpc::server::{self, BaseChannel, Channel};
use tarpc::tokio_serde::formats::{Bincode, Json};
use tarpc::tokio_serde::{Deserializer, Serializer};
use tarpc::tokio_util::codec::{Framed, LengthDelimitedCodec};
use tarpc::{ClientMessage, Response, client, context};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Failure;
use crate::echo::{Client, Echo};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

#[tarpc::service]
trait Service {
    async fn echo(message: Echo) -> Echo;
}

#[derive(Clone)]
struct Server;

impl Service for Server {
    async fn echo(self, _: context::Context, message: Echo) -> Echo {
        message
    }
}

type Asked = ClientMessage<ServiceRequest>;
type Answered = Response<ServiceResponse>;

pub(crate) async fn bincode(run: &Run) -> Result<Cost, Failure> {
    measure(run, Bincode::default, Bincode::default).await
}

pub(crate) async fn json(run: &Run) -> Result<Cost, Failure> {
    measure(run, Json::default, Json::default).await
}

/// With the codecs of server and client.
async fn measure<S, C>(run: &Run, here: fn() -> S, there: fn() -> C) -> Result<Cost, Failure>
where
    S: Serializer<Answered> + Deserializer<Asked> + Unpin + Send + 'static,
    <S as Serializer<Answered>>::Error: std::error::Error + Send + Sync + 'static,
    <S as Deserializer<Asked>>::Error: std::error::Error + Send + Sync + 'static,
    C: Serializer<Asked> + Deserializer<Answered> + Unpin + Send + 'static,
    <C as Serializer<Asked>>::Error: std::error::Error + Send + Sync + 'static,
    <C as Deserializer<Answered>>::Error: std::error::Error + Send + Sync + 'static,
    std::io::Error: From<<S as Serializer<Answered>>::Error>
        + From<<S as Deserializer<Asked>>::Error>
        + From<<C as Serializer<Asked>>::Error>
        + From<<C as Deserializer<Answered>>::Error>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        let (accepted, _) = listener.accept().await?;
        serve(transport(accepted, here())?);
        let mut config = client::Config::default();
        config.max_in_flight_requests = 2_048;
        config.pending_request_buffer = 1_024;
        clients.push(ServiceClient::new(config, transport(stream, there())?).spawn());
    }

    let load = Load::begin(run)?;
    let mut tasks = JoinSet::new();
    for sender in senders(&load, &clients) {
        tasks.spawn(sender);
    }
    load.measure(tasks).await
}

fn transport<I, O, C>(stream: TcpStream, codec: C) -> Result<Transport<TcpStream, I, O, C>, Failure>
where
    I: for<'de> Deserialize<'de>,
    O: Serialize,
    C: Serializer<O> + Deserializer<I>,
{
    stream.set_nodelay(true)?;
    Ok(new(Framed::new(stream, LengthDelimitedCodec::new()), codec))
}

fn serve<S>(transport: Transport<TcpStream, Asked, Answered, S>)
where
    S: Serializer<Answered> + Deserializer<Asked> + Unpin + Send + 'static,
    <S as Serializer<Answered>>::Error: std::error::Error + Send + Sync + 'static,
    <S as Deserializer<Asked>>::Error: std::error::Error + Send + Sync + 'static,
    std::io::Error:
        From<<S as Serializer<Answered>>::Error> + From<<S as Deserializer<Asked>>::Error>,
{
    let config = server::Config {
        pending_response_buffer: 1_024,
    };
    let requests = BaseChannel::new(config, transport).execute(Server.serve());
    tokio::spawn(requests.for_each(async |request| {
        tokio::spawn(request);
    }));
}

impl Client for ServiceClient {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        Ok(Self::echo(self, context::current(), message).await?)
    }
}
