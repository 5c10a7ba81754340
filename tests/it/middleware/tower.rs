//! Layers of `tower` around requests.

use std::time::Duration;

use mitto::middleware::Tower;
use mitto::{Code, Status};
use tower::layer::util::Stack;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;

use super::service::{Add, Wait, connected};

#[tokio::test(start_paused = true)]
async fn layers_stand_around_requests() {
    let layers = Stack::new(ConcurrencyLimitLayer::new(1), LoadShedLayer::new());
    let (_server, client) = connected(|s| s.middleware(Tower::new(layers)), |c| c).await;
    let (first, second) = tokio::join!(client.wait(Wait { ms: 10 }), client.wait(Wait { ms: 10 }));
    assert!(first.is_ok());
    assert_eq!(second.expect_err("shed").code(), Code::Unavailable);
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn errors_of_layers_become_statuses() {
    let layer = TimeoutLayer::new(Duration::from_millis(50));
    let late = |error: &(dyn std::error::Error + 'static)| {
        error
            .is::<Elapsed>()
            .then(|| Status::new(Code::Timeout, "late"))
    };
    let tower = Tower::new(layer.clone()).errors(late);
    let (server, client) = connected(|s| s, |c| c.middleware(tower)).await;
    let refused = client.wait(Wait { ms: 1_000 }).await;
    assert_eq!(refused, Err(Status::new(Code::Timeout, "late")));
    let denied = mitto::middleware::from_fn(|_, _| async { Err(Status::denied("no")) });
    let tower = Tower::new(layer);
    drop(server);
    let (_server, client) = connected(|s| s.middleware(tower).middleware(denied), |c| c).await;
    assert_eq!(
        client.add(Add { a: 1, b: 2 }).await,
        Err(Status::denied("no"))
    );
}
