//! capnp-rpc over TCP. Its objects stay on one thread: with two threads, one is the server's.
//!
//! `echo_capnp.rs` is made of `echo.capnp`; the README says how.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;

use capnp_rpc::rpc_twoparty_capnp::Side;
use capnp_rpc::twoparty::VatNetwork;
use capnp_rpc::{RpcSystem, new_client};
use futures_util::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::Failure;
use crate::cell::Threads;
use crate::echo::{self, Echo};
use crate::echo_capnp::service::{Client, EchoParams, EchoResults, Server};
use crate::load::{Load, senders};
use crate::measure::Cost;
use crate::options::Run;

struct Service;

impl Server for Service {
    async fn echo(
        self: Rc<Self>,
        params: EchoParams,
        mut results: EchoResults,
    ) -> Result<(), capnp::Error> {
        let message = params.get()?.get_message()?;
        results.get().set_message(message)
    }
}

pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    LocalSet::new().run_until(here(run)).await
}

async fn here(run: &Run) -> Result<Cost, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    match run.cell.load.threads {
        Threads::Current | Threads::Workers(1) => {
            spawn_local(serve(listener));
        }
        Threads::Workers(_) => {
            std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                LocalSet::new().block_on(&runtime, serve(listener))
            });
        }
    }
    let mut clients = Vec::new();
    for _ in 0..run.cell.load.connections {
        clients.push(connect(address).await?);
    }

    let load = Load::begin(run)?;
    let mut tasks = JoinSet::new();
    for sender in senders(&load, &clients) {
        tasks.spawn_local(sender);
    }
    load.measure(tasks).await
}

async fn serve(listener: TcpListener) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service: Client = new_client(Service);
        let network = network(stream, Side::Server)?;
        spawn_local(RpcSystem::new(network, Some(service.client)));
    }
}

async fn connect(address: SocketAddr) -> Result<Client, Failure> {
    let stream = TcpStream::connect(address).await?;
    let mut system = RpcSystem::new(network(stream, Side::Client)?, None);
    let client = system.bootstrap(Side::Server);
    spawn_local(system);
    Ok(client)
}

fn network(
    stream: TcpStream,
    side: Side,
) -> Result<Box<VatNetwork<impl futures_util::AsyncRead + Unpin>>, Failure> {
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.compat().split();
    let network = VatNetwork::new(
        futures_util::io::BufReader::new(reader),
        futures_util::io::BufWriter::new(writer),
        side,
        Default::default(),
    );
    Ok(Box::new(network))
}

impl echo::Client for Client {
    type Message = Echo;

    async fn echo(&mut self, message: Echo) -> Result<Echo, Failure> {
        let mut request = self.echo_request();
        let mut params = request.get().init_message();
        params.set_id(message.id);
        params.set_name(&message.name);
        params.set_payload(&message.payload);
        let answer = request.send().promise.await?;
        let answer = answer.get()?.get_message()?;
        Ok(Echo {
            id: answer.get_id(),
            name: answer.get_name()?.to_string()?,
            payload: answer.get_payload()?.to_string()?,
        })
    }
}
