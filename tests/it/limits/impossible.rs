//! Limits that cannot work are refused before anything is opened.

use std::time::Duration;

use mitto::transport::memory::Memory;
use mitto::{Limits, Server};

use super::world::{Bounds, BoundsClient, World};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn both_ends_refuse_them_and_say_what_to_set() {
    let limits = Limits::default().message(3 << 30);
    let expected = "`Limits::message` is 3221225472: set less than 2 GiB";
    let server = Server::new(Bounds::gateway(mitto::queue::PassThrough::new(
        std::sync::Arc::new(mitto::provider::NoHandlers::new::<Bounds>(
            mitto::schema::Side::Server,
        )),
        mitto::built_in::BuiltIns::default(),
    )));
    let server = server.limits(limits.clone()).transport(Memory::new());
    let error = server.listen("memory://bounds").await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    let world = World::of(Limits::default()).await;
    let error = world.try_client(limits).await.unwrap_err();
    assert_eq!(error, expected);
    let builder = BoundsClient::builder().limits(Limits::default().pieces(0));
    let error = builder.connect("no url").await.unwrap_err();
    assert!(
        error.to_string().contains("`Limits::pieces` is 0"),
        "{error}"
    );
}

#[test]
fn each_is_named_with_what_to_set() {
    let limits = Limits::default;
    let cases = [
        (limits().message(0), "message` is 0: no message"),
        (limits().connections(0), "connections` is 0: nobody"),
        (limits().handshake(secs(0)), "handshake` is 0ns: nobody"),
        (limits().in_flight(0), "in_flight` is 0: no request"),
        (
            limits().in_flight(65_537),
            "in_flight` is 65537: set at most 65,536",
        ),
        (
            limits().in_flight_link(0),
            "in_flight_link` is 0: no request",
        ),
        (
            limits().in_flight_process(0),
            "in_flight_process` is 0: no request",
        ),
        (limits().ping(secs(0)), "ping` is 0ns: pings"),
        (limits().ping(secs(45)), "ping` is 45s: a quiet connection"),
        (
            limits().silence(secs(0)),
            "silence` is 0ns: every connection",
        ),
        (limits().outbound(1_023), "outbound` is 1023: set at least"),
        (limits().write_stall(secs(0)), "write_stall` is 0ns: every"),
        (
            limits().bandwidth(1_023),
            "bandwidth` is 1023: set at least",
        ),
        (limits().stream_window(0), "stream_window` is 0: no stream"),
        (
            limits().stream_idle(secs(0)),
            "stream_idle` is 0ns: every stream",
        ),
        (limits().pieces(0), "pieces` is 0: no large"),
        (limits().timeout(secs(0)), "timeout` is 0ns: every request"),
        (
            limits().timeout_max(secs(0)),
            "timeout_max` is 0ns: every request",
        ),
    ];
    for (limits, expected) in cases {
        let error = limits.check().unwrap_err().to_string();
        let expected = format!("`Limits::{expected}");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn what_can_work_is_taken() {
    let limits = Limits::default;
    let cases = [
        limits(),
        limits().message(1).in_flight(1).connections(1).pieces(1),
        limits().message((2 << 30) - 1).in_flight(65_536),
        limits()
            .drain(secs(0))
            .metadata_entries(0)
            .metadata_bytes(0)
            .hops(0),
        limits().ping(Duration::MAX).silence(Duration::MAX),
        limits().bandwidth(1_024).stream_idle(Duration::MAX),
        limits().bandwidth(None).stream_idle(None),
        limits().timeout(Duration::MAX).timeout_max(Duration::MAX),
    ];
    for limits in cases {
        limits.check().unwrap();
    }
}
