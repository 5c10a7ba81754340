//! Whether a server is well.

use std::time::Duration;

use mitto::built_in::{BuiltIn, Health};
use mitto::{Code, Server};

use crate::middleware::service::{DeskClient, DeskServer, Wait, connected};

#[tokio::test(start_paused = true)]
async fn a_server_says_how_it_is() {
    let (server, client) = connected(|s| s.version("1.2.3"), |c| c).await;
    let health = client.peer().call(Health {}).await.expect("answered");
    assert_eq!(health.version, "1.2.3");
    assert_eq!(
        (health.connections, health.ready, health.draining),
        (1, true, false)
    );
    assert_eq!(health.running, 1, "the question itself");
    assert_eq!(server.health().running, 0);
    let json = serde_json::to_value(server.health()).expect("it is data");
    assert_eq!(json["ready"], true);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_shuts_down_is_not_ready() {
    let (server, client) = connected(|s| s, |c| c).await;
    let waiting = tokio::spawn(async move { client.wait(Wait { ms: 1_000 }).await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let shutdown = tokio::spawn({
        let server = server.clone();
        async move { server.shutdown().await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let health = server.health();
    assert_eq!(
        (health.ready, health.draining, health.running),
        (false, true, 1)
    );
    waiting.await.expect("no panic").expect("finished");
    shutdown.await.expect("no panic");
    assert_eq!(server.health().connections, 0);
}

#[tokio::test]
async fn it_can_be_switched_off_and_works_in_process() {
    let (_server, client) = connected(|s| s.without(BuiltIn::Health), |c| c).await;
    let refused = client.peer().call(Health {}).await;
    assert_eq!(refused.expect_err("off").code(), Code::NotFound);
    let _ = Server::new(DeskServer);
    let local = DeskClient::local(DeskServer);
    assert!(local.peer().call(Health {}).await.expect("answered").ready);
}
