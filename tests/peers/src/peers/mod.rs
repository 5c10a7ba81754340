//! Who is measured: a file for each peer, which starts a server, connects the clients and hands them to
//! [`load`](crate::load).

#[cfg(feature = "brokers")]
mod brokered;
#[cfg(feature = "peers")]
mod capnp;
#[cfg(feature = "peers")]
mod jsonrpsee;
mod mitto;
#[cfg(feature = "peers")]
mod raw_tcp;
#[cfg(feature = "peers")]
mod raw_websocket;
#[cfg(feature = "peers")]
mod tarpc;
#[cfg(feature = "peers")]
mod tonic;

#[cfg(feature = "brokers")]
pub(crate) use brokered::Started;

use crate::Failure;
use crate::cell::{Peer, Work};
use crate::measure::Cost;
use crate::options::Run;

/// What is to be done about a peer that is not there.
#[cfg(not(feature = "peers"))]
pub(crate) const WITHOUT: &str = "this build knows mitto alone: build with --features peers";

/// The same for brokers.
#[cfg(not(feature = "brokers"))]
pub(crate) const WITHOUT_BROKERS: &str =
    "this build knows no brokers: build with --features brokers";

/// Runs one measurement in this process, which should have seen no other.
pub(crate) async fn measure(run: &Run) -> Result<Cost, Failure> {
    let peer = run.cell.peer;
    if !can(peer, run.cell.load.work) {
        return Err(format!("{peer} cannot do that, or it is not measured").into());
    }
    match peer {
        Peer::Mitto(transport, format) => mitto::measure(run, transport, format).await,
        #[cfg(feature = "peers")]
        Peer::TarpcBincode => tarpc::bincode(run).await,
        #[cfg(feature = "peers")]
        Peer::TarpcJson => tarpc::json(run).await,
        #[cfg(feature = "peers")]
        Peer::Jsonrpsee => jsonrpsee::measure(run).await,
        #[cfg(feature = "peers")]
        Peer::Tonic => tonic::measure(run).await,
        #[cfg(feature = "peers")]
        Peer::Capnp => capnp::measure(run).await,
        #[cfg(feature = "peers")]
        Peer::RawTcp => raw_tcp::measure(run).await,
        #[cfg(feature = "peers")]
        Peer::RawWebSocket => raw_websocket::measure(run).await,
        #[cfg(feature = "brokers")]
        Peer::Through(broker, ends) => brokered::measure(run, broker, ends).await,
        #[cfg(not(feature = "brokers"))]
        Peer::Through(..) => Err(WITHOUT_BROKERS.into()),
        #[cfg(not(feature = "peers"))]
        _ => Err(WITHOUT.into()),
    }
}

fn can(peer: Peer, work: Work) -> bool {
    match work {
        Work::Echo => true,
        Work::Stream => matches!(peer, Peer::Mitto(..) | Peer::Jsonrpsee | Peer::Tonic),
        Work::Back | Work::Forward => matches!(peer, Peer::Mitto(..)),
    }
}
