//! How connections begin and end.

use mitto::Code;

use crate::world::*;

over_connections! {
    list_of_peers_grows_and_shrinks,
    closed_connection_fails_what_waits,
    server_that_closes_fails_what_waits,
    lost_connection_drops_its_handlers,
    shutdown_lets_what_runs_finish,
    shutdown_refuses_what_is_new,
    last_clone_of_a_stub_closes_the_connection,
}

in_paused_time! {
    shutdown_aborts_what_does_not_finish,
}

async fn list_of_peers_grows_and_shrinks(world: World) {
    world.peers(1).await;
    let peers = world.server().peers();
    let first = peers.list().remove(0);
    assert_eq!(peers.get(first.id()), Some(first.clone()));
    let another = world.another_client().await;
    world.peers(2).await;
    assert_eq!(peers.list()[0], first);
    drop(another);
    world.peers(1).await;
    assert_eq!(peers.list(), [first]);
}

async fn closed_connection_fails_what_waits(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang(Hang {}).await });
    assert_eq!(world.event().await, "hang began");
    world.client.peer().close();
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(world.event().await, "hang dropped");
    world.client.peer().closed().await;
    assert!(!world.client.peer().is_connected());
    let status = world.client.nothing(Nothing {}).await.unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
}

async fn server_that_closes_fails_what_waits(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang(Hang {}).await });
    assert_eq!(world.event().await, "hang began");
    world.server().peers().list()[0].close();
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
    assert_eq!(world.event().await, "hang dropped");
}

async fn lost_connection_drops_its_handlers(mut world: World) {
    let another = world.another_client().await;
    let mut stream = another
        .count(Count {
            to: 1,
            then: Then::Hang,
        })
        .await
        .unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(world.event().await, "count began");
    another.peer().close();
    assert_eq!(world.event().await, "count dropped");
    assert!(stream.next().await.unwrap().is_err());
    assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
}

async fn shutdown_lets_what_runs_finish(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.wait(Wait {}).await });
    assert_eq!(world.event().await, "wait began");
    let server = world.server().clone();
    assert_eq!(server.running(), 1);
    let shutdown = tokio::spawn(async move { server.shutdown().await });
    while world.client.nothing(Nothing {}).await.is_ok() {}
    assert!(!shutdown.is_finished());
    world.let_go();
    assert_eq!(call.await.unwrap(), Ok(42));
    assert_eq!(world.event().await, "wait dropped");
    shutdown.await.unwrap();
    assert!(world.server().peers().is_empty());
    assert_eq!(world.server().running(), 0);
}

async fn shutdown_refuses_what_is_new(world: World) {
    world.server().shutdown().await;
    world.client.peer().closed().await;
    let status = world.client.nothing(Nothing {}).await.unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
}

async fn last_clone_of_a_stub_closes_the_connection(world: World) {
    let another = world.another_client().await;
    let clone = another.clone();
    world.peers(2).await;
    drop(another);
    assert_eq!(clone.nothing(Nothing {}).await, Ok(()));
    assert_eq!(world.server().peers().len(), 2);
    drop(clone);
    world.peers(1).await;
}

async fn shutdown_aborts_what_does_not_finish(mut world: World) {
    if world.way.reach == Reach::InProcess {
        return;
    }
    let client = world.client.clone();
    let call = tokio::spawn(async move {
        let long = std::time::Duration::from_secs(100);
        client.hang(Hang {}).timeout(long).await
    });
    assert_eq!(world.event().await, "hang began");
    let begun = tokio::time::Instant::now();
    world.server().shutdown().await;
    assert_eq!(begun.elapsed().as_secs(), 25);
    assert_eq!(world.event().await, "hang dropped");
    let status = call.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost, "{status}");
}
