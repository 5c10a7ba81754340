//! Makes the tests of a fact: every transport, times every format, times the place of the handlers.
//!
//! | macro | transports | formats |
//! | --- | --- | --- |
//! | `in_every_way!` | all, and in process | JSON, MessagePack, XML, compact |
//! | `in_every_format!` | all, and in process | these, and bytes |
//! | `over_connections!` | all | JSON, MessagePack, XML, compact |
//! | `in_paused_time!` | those without a socket, and in process | JSON, MessagePack, XML, compact |
//!
//! All transports are memory, `ws`, `wss`, `tcp`, `tls` and `unix`. Each test exists twice: with the
//! handlers in the connection's task, and behind a queue, `.._elsewhere`. Over memory and `ws` they run in
//! workers, too, behind the broker of this process; on another server, one and two hops of forwarding away; and
//! where a route leads, to the broker. Over `ws` they run behind each real broker as well. A codec, a transport and a
//! framing that are not in the crate are tried with every fact, too, and so is JSON-RPC over `ws`.
//!
//! What is left out, and why:
//!
//! | left out | because |
//! | --- | --- |
//! | bytes, but for `in_every_format!` | the format carries one text, one list of bytes or nothing; the other facts send structs, numbers and typed errors. That it refuses those is a fact of its own, `bytes_refuse_what_is_not_bytes` |
//! | sockets, in `in_paused_time!` | the clock would jump while bytes are on their way |
//! | formats in process without a queue | nothing is encoded there |
//! | JSON-RPC elsewhere, in `in_paused_time!` | through memory such a client is known by its first message only |
//! | most formats with the crate's outsiders | the own codec needs no socket, the own transport no codec, and the own framing is a text |

use std::pin::Pin;

use super::{Way, World};

/// A fact about one world.
pub(crate) type Fact = fn(World) -> Pin<Box<dyn Future<Output = ()>>>;

/// Tests a fact in one way. It takes the fact boxed, so that it is compiled once for all of them.
pub(crate) fn check(fact: Fact, way: Way) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(way.run(async { fact(World::open(way).await).await }));
}

/// One test: `fact` stands in the module above.
macro_rules! tests {
    ($reach:ident $runs:ident: $($name:ident $format:expr),* $(,)?) => {$(
        #[test]
        fn $name() {
            let way = $crate::world::Way {
                reach: $crate::world::Reach::$reach,
                format: $format,
                runs: $crate::world::Runs::$runs,
            };
            $crate::world::check(super::fact, way);
        }
    )*};
    (@here $reach:ident) => {
        $crate::world::tests!($reach Here:
            json mitto::Format::JSON,
            message_pack mitto::Format::MESSAGE_PACK,
            xml mitto::Format::XML,
            compact mitto::Format::COMPACT,
        );
    };
    (@elsewhere $reach:ident) => {
        $crate::world::tests!($reach Elsewhere:
            json_elsewhere mitto::Format::JSON,
            message_pack_elsewhere mitto::Format::MESSAGE_PACK,
            xml_elsewhere mitto::Format::XML,
            compact_elsewhere mitto::Format::COMPACT,
        );
    };
    (@formats $reach:ident $more:ident) => {
        $crate::world::tests!(@here $reach);
        $crate::world::tests!(@elsewhere $reach);
        $crate::world::tests!(@$more $reach);
    };
    (@worker $reach:ident) => {
        $crate::world::tests!($reach Worker:
            json_worker mitto::Format::JSON,
            message_pack_worker mitto::Format::MESSAGE_PACK,
        );
        $crate::world::tests!($reach OneHop:
            json_one_hop mitto::Format::JSON,
            message_pack_one_hop mitto::Format::MESSAGE_PACK,
        );
        $crate::world::tests!($reach TwoHops: message_pack_two_hops mitto::Format::MESSAGE_PACK);
        $crate::world::tests!($reach Route: message_pack_route mitto::Format::MESSAGE_PACK);
    };
    (@bytes $reach:ident) => {
        $crate::world::tests!($reach Here: bytes mitto::Format::BYTES);
        $crate::world::tests!($reach Elsewhere: bytes_elsewhere mitto::Format::BYTES);
    };
    (@none $reach:ident) => {};
    (@fact $fact:ident) => {
        fn fact(world: $crate::world::World) -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(super::$fact(world))
        }
    };
    (@in_process) => {
        mod in_process {
            $crate::world::tests!(InProcess Here: not_encoded mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(@elsewhere InProcess);
            $crate::world::tests!(InProcess Worker: worker mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(InProcess OneHop: one_hop mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(InProcess TwoHops: two_hops mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(InProcess Route: route mitto::Format::MESSAGE_PACK);
        }
    };
    (@without_sockets $more:ident) => {
        mod memory {
            $crate::world::tests!(@formats Memory $more);
            $crate::world::tests!(@worker Memory);
            $crate::world::tests!(Memory Here: own_codec $crate::codec::PRETTY);
            $crate::world::tests!(Memory Elsewhere: own_codec_elsewhere $crate::codec::PRETTY);
        }
        mod own_transport {
            $crate::world::tests!(OwnTransport Here: message_pack mitto::Format::MESSAGE_PACK);
        }
        mod own_framing {
            $crate::world::tests!(OwnFraming Here: json mitto::Format::JSON);
            $crate::world::tests!(OwnFraming Elsewhere: json_elsewhere mitto::Format::JSON);
        }
    };
    (@sockets $more:ident) => {
        mod ws {
            $crate::world::tests!(@formats Ws $more);
            $crate::world::tests!(@worker Ws);
        }
        mod brokers {
            $crate::world::tests!(Ws RabbitMq: rabbitmq mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(Ws Nats: nats mitto::Format::JSON);
            $crate::world::tests!(Ws NatsDurable: nats_durable mitto::Format::MESSAGE_PACK);
            $crate::world::tests!(Ws Mqtt: mqtt mitto::Format::JSON);
            $crate::world::tests!(Ws MqttSession: mqtt_session mitto::Format::MESSAGE_PACK);
        }
        mod json_rpc {
            $crate::world::tests!(JsonRpc Here: json mitto::Format::JSON);
            $crate::world::tests!(JsonRpc Elsewhere: json_elsewhere mitto::Format::JSON);
            $crate::world::tests!(JsonRpc OneHop: json_one_hop mitto::Format::JSON);
        }
        mod wss {
            $crate::world::tests!(@formats Wss $more);
        }
        mod tcp {
            $crate::world::tests!(@formats Tcp $more);
        }
        mod tls {
            $crate::world::tests!(@formats Tls $more);
        }
        mod unix {
            $crate::world::tests!(@formats Unix $more);
        }
    };
}
pub(crate) use tests;

/// In process and over every transport.
macro_rules! in_every_way {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::tests!(@fact $fact);
            $crate::world::tests!(@in_process);
            $crate::world::tests!(@without_sockets none);
            $crate::world::tests!(@sockets none);
        }
    )*};
}
pub(crate) use in_every_way;

/// As [`in_every_way!`], and in the format of bytes: for facts whose messages are bytes.
macro_rules! in_every_format {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::tests!(@fact $fact);
            $crate::world::tests!(@in_process);
            $crate::world::tests!(@without_sockets bytes);
            $crate::world::tests!(@sockets bytes);
        }
    )*};
}
pub(crate) use in_every_format;

/// Over every transport.
macro_rules! over_connections {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::tests!(@fact $fact);
            $crate::world::tests!(@without_sockets none);
            $crate::world::tests!(@sockets none);
        }
    )*};
}
pub(crate) use over_connections;

/// Where the clock is paused, so that time passes only when nothing else is left to do.
macro_rules! in_paused_time {
    ($($fact:ident),* $(,)?) => {$(
        mod $fact {
            $crate::world::tests!(@fact $fact);
            $crate::world::tests!(@in_process);
            $crate::world::tests!(@without_sockets none);
            mod json_rpc {
                $crate::world::tests!(JsonRpcMemory Here: json mitto::Format::JSON);
            }
        }
    )*};
}
pub(crate) use in_paused_time;
