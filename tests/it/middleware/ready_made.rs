//! The middleware that the crate has.

use std::time::Duration;

use mitto::auth::{Identity, Tokens};
use mitto::middleware::{ConcurrencyLimit, Timeout, authenticated, require};
use mitto::{Code, Server, Status};

use super::service::{Add, Count, Wait, connected};

#[tokio::test(start_paused = true)]
async fn timeout_caps_the_deadline_at_either_end() {
    let timeout = Timeout::new(Duration::from_millis(500));
    for at_server in [true, false] {
        let (_server, client) = match at_server {
            true => connected(|s| s.middleware(timeout), |c| c).await,
            false => connected(|s| s, |c| c.middleware(timeout)).await,
        };
        let left = client.wait(Wait { ms: 1 }).await.expect("in time");
        assert!(left.is_some_and(|left| left <= 500), "{left:?}");
        let nearer = client
            .wait(Wait { ms: 1 })
            .timeout(Duration::from_millis(100))
            .await;
        assert!(nearer.expect("in time").is_some_and(|left| left <= 100));
        let late = client.wait(Wait { ms: 1_000 }).await;
        assert_eq!(late.expect_err("late").code(), Code::Timeout);
        let mut stream = client.count(Count { to: u64::MAX }).await.expect("begins");
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(matches!(stream.next().await, Some(Ok(_))));
        }
    }
}

#[tokio::test]
async fn what_does_not_meet_the_requirement_is_refused() {
    let keyed = require(|head| match head.metadata().get("key") {
        Some("4711") => Ok(()),
        _ => Err(Status::denied("no key")),
    });
    let (_server, client) = connected(|s| s.middleware(keyed), |c| c).await;
    assert_eq!(
        client.add(Add { a: 1, b: 2 }).await,
        Err(Status::denied("no key"))
    );
    assert_eq!(
        client.add(Add { a: 1, b: 2 }).metadata("key", "4711").await,
        Ok(3)
    );
}

#[tokio::test(start_paused = true)]
async fn so_many_run_at_once() {
    let limit = ConcurrencyLimit::new(2);
    let (_server, client) = connected(|s| s.middleware(limit), |c| c).await;
    let begun = tokio::time::Instant::now();
    let wait = || client.wait(Wait { ms: 1_000 });
    let (a, b, c, d) = tokio::join!(wait(), wait(), wait(), wait());
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert!(begun.elapsed() >= Duration::from_secs(2));
    let limit = ConcurrencyLimit::new(1).refusing();
    let (_server, client) = connected(|s| s.middleware(limit), |c| c).await;
    let (a, b) = tokio::join!(client.wait(Wait { ms: 10 }), client.wait(Wait { ms: 10 }));
    assert!(a.is_ok());
    assert_eq!(b.expect_err("refused").code(), Code::Busy);
}

#[tokio::test]
async fn an_identity_is_seen_and_can_be_required() {
    let (_server, client) = connected(|s| s.middleware(authenticated()), |c| c).await;
    let refused = client.add(Add { a: 1, b: 2 }).await;
    assert_eq!(refused.expect_err("anonymous").code(), Code::Denied);
    let tokens = Tokens::new().token("t", Identity::new("ann"));
    let server = |s: Server| s.authenticate(tokens).middleware(authenticated());
    let (_server, client) = connected(server, |c| c.token("t")).await;
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
}
