//! The ways between a client and its handlers.

use std::time::Duration;

use mitto::Format;

use crate::clock::Clock;

/// How the client reaches the handlers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) reach: Reach,
    pub(crate) format: Format,
    pub(crate) runs: Runs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    InProcess,
    Memory,
    Ws,
    /// Over WebSocket, as JSON-RPC.
    JsonRpc,
    /// The same through memory.
    JsonRpcMemory,
    Wss,
    Tcp,
    Tls,
    Unix,
    /// Over a transport that is not in the crate.
    OwnTransport,
    /// Through memory, in a framing that is not in the crate.
    OwnFraming,
}

/// Where the handlers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    Here,
    Elsewhere,
    /// In a worker, behind the broker of this process.
    Worker,
    /// On another server, which a server forwards to.
    OneHop,
    /// Two servers further on.
    TwoHops,
    /// In a worker, behind the broker of this process, where a route leads to it.
    Route,
    /// In a worker, behind a server.
    RabbitMq,
    Nats,
    NatsDurable,
    Mqtt,
    MqttSession,
}

impl Way {
    /// Runs a test, which fails when it hangs. The clock is paused where no socket is read.
    pub(crate) async fn run(self, test: impl Future<Output = ()>) {
        let patience = if self.has_socket() {
            Duration::from_secs(60)
        } else {
            tokio::time::pause();
            // Takes no time at all: the clock jumps when nothing else is left to do.
            Duration::from_secs(3_600)
        };
        let outcome = tokio::time::timeout(patience, test).await;
        assert!(outcome.is_ok(), "the test hangs");
    }

    /// A clock that stands still for the rest of the test.
    pub(crate) fn stop_clock(self) -> Clock {
        match self.has_socket() {
            true => Clock::stop(),
            false => Clock::hold(),
        }
    }

    fn has_socket(self) -> bool {
        match self.reach {
            Reach::Ws | Reach::JsonRpc | Reach::Wss | Reach::Tcp | Reach::Tls | Reach::Unix => true,
            Reach::InProcess
            | Reach::Memory
            | Reach::JsonRpcMemory
            | Reach::OwnTransport
            | Reach::OwnFraming => false,
        }
    }
}
