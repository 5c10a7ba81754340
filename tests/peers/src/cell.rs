//! What is measured.

use std::fmt;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) peer: Peer,
    pub(crate) load: Workload,
}

/// What the peers are compared at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Workload {
    pub(crate) work: Work,
    /// So many connections.
    pub(crate) connections: usize,
    /// So many requests, or streams, in flight on each.
    pub(crate) in_flight: usize,
    pub(crate) threads: Threads,
    /// Bytes of the payload string.
    pub(crate) payload: usize,
}

/// tokio's runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// `current_thread`: the caller's thread does everything.
    Current,
    /// `multi_thread` with so many workers.
    Workers(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Clients ask their server.
    Echo,
    /// A call is answered by many items.
    Stream,
    /// The server asks its clients.
    Back,
    /// Clients ask a server that forwards to another one, over TCP.
    Forward,
}

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Mitto(Transport, Format),
    TarpcBincode,
    TarpcJson,
    Jsonrpsee,
    Tonic,
    Capnp,
    /// Bytes over TCP, written in batches: a floor, not an RPC library.
    RawTcp,
    /// The same in binary WebSocket messages, with `tokio-tungstenite`.
    RawWebSocket,
    /// Through a broker.
    Through(Broker, Ends),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broker {
    Nats,
    RabbitMq,
}

/// Who asks and answers at a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A stub on a `Publisher`, and a `Worker`.
    Mitto,
    /// A program on the broker's own client, with the same message in the same format.
    Plain,
    /// The same without a format: bytes go out, and come back.
    Bytes,
    /// As `Plain`, with an acknowledgement for each message.
    OneByOne,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Ws,
    Wss,
    Tcp,
    Tls,
    Unix,
    Memory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    JsonRpc,
    MessagePack,
    Compact,
}

/// A choice on the command line.
pub(crate) trait Named: Copy + 'static {
    const ALL: &'static [(&'static str, Self)];

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(known, _)| *known == name).map(|(_, it)| *it)
    }

    fn name(self) -> &'static str
    where
        Self: PartialEq,
    {
        let mut all = Self::ALL.iter();
        all.find(|(_, it)| *it == self)
            .map_or("mitto", |(name, _)| *name)
    }
}

impl Named for Work {
    const ALL: &'static [(&'static str, Self)] = &[
        ("echo", Self::Echo),
        ("stream", Self::Stream),
        ("back", Self::Back),
        ("forward", Self::Forward),
    ];
}

impl Named for Peer {
    const ALL: &'static [(&'static str, Self)] = &[
        ("mitto", Self::Mitto(Transport::Ws, Format::MessagePack)),
        ("tarpc-bincode", Self::TarpcBincode),
        ("tarpc-json", Self::TarpcJson),
        ("jsonrpsee", Self::Jsonrpsee),
        ("tonic", Self::Tonic),
        ("capnp-rpc", Self::Capnp),
        ("raw-tcp", Self::RawTcp),
        ("raw-websocket", Self::RawWebSocket),
        ("nats", Self::Through(Broker::Nats, Ends::Mitto)),
        ("nats-plain", Self::Through(Broker::Nats, Ends::Plain)),
        ("nats-bytes", Self::Through(Broker::Nats, Ends::Bytes)),
        ("rabbitmq", Self::Through(Broker::RabbitMq, Ends::Mitto)),
        (
            "rabbitmq-plain",
            Self::Through(Broker::RabbitMq, Ends::Plain),
        ),
        (
            "rabbitmq-bytes",
            Self::Through(Broker::RabbitMq, Ends::Bytes),
        ),
        (
            "rabbitmq-one-by-one",
            Self::Through(Broker::RabbitMq, Ends::OneByOne),
        ),
    ];
}

impl Named for Transport {
    const ALL: &'static [(&'static str, Self)] = &[
        ("ws", Self::Ws),
        ("wss", Self::Wss),
        ("tcp", Self::Tcp),
        ("tls", Self::Tls),
        ("unix", Self::Unix),
        ("memory", Self::Memory),
    ];
}

impl Named for Format {
    const ALL: &'static [(&'static str, Self)] = &[
        ("json", Self::Json),
        ("json-rpc", Self::JsonRpc),
        ("messagepack", Self::MessagePack),
        ("compact", Self::Compact),
    ];
}

impl Workload {
    /// Connections and requests in flight on each.
    pub(crate) fn shape(&self) -> String {
        format!("{}x{}", self.connections, self.in_flight)
    }
}

impl Cell {
    /// The command line that measures it.
    #[cfg(any(feature = "peers", feature = "brokers"))]
    pub(crate) fn arguments(&self) -> Vec<String> {
        let load = &self.load;
        let mut arguments = vec!["--peer", self.peer.name(), "--work", load.work.name()];
        if let Peer::Mitto(transport, format) = self.peer {
            arguments.extend(["--transport", transport.name(), "--format", format.name()]);
        }
        let mut arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
        for (name, value) in [
            ("--shape", load.shape()),
            match load.threads {
                Threads::Current => ("--threads", "1".to_owned()),
                Threads::Workers(workers) => ("--workers", workers.to_string()),
            },
            ("--payload", load.payload.to_string()),
        ] {
            arguments.extend([name.to_owned(), value]);
        }
        arguments
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.work {
            Work::Echo => {}
            other => write!(f, "{} ", other.name())?,
        }
        write!(f, "{}, {} B, {}", self.shape(), self.payload, self.threads)
    }
}

impl fmt::Display for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.pad("1 thread"),
            Self::Workers(1) => f.pad("1 worker"),
            Self::Workers(workers) => write!(f, "{workers} workers"),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mitto(transport, format) => {
                write!(f, "mitto {} {}", transport.name(), format.name())
            }
            other => f.pad(other.name()),
        }
    }
}
