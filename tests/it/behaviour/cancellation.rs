//! A dropped call is a cancelled request.

use crate::world::*;

in_every_format! {
    dropped_call_drops_its_handler,
    dropped_call_aborts_a_spawned_handler,
    dropped_call_tells_a_blocking_handler,
}

in_every_way! {
    dropped_call_leaves_the_others_alone,
}

async fn dropped_call_drops_its_handler(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang(Hang {}).await });
    assert_eq!(world.event().await, "hang began");
    call.abort();
    assert_eq!(world.event().await, "hang dropped");
}

async fn dropped_call_aborts_a_spawned_handler(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang_spawned(HangSpawned {}).await });
    assert_eq!(world.event().await, "hang_spawned began");
    call.abort();
    assert_eq!(world.event().await, "hang_spawned dropped");
}

async fn dropped_call_tells_a_blocking_handler(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang_blocking(HangBlocking {}).await });
    assert_eq!(world.event().await, "hang_blocking began");
    call.abort();
    assert_eq!(world.event().await, "hang_blocking dropped");
}

async fn dropped_call_leaves_the_others_alone(mut world: World) {
    let [hanging, waiting] = [world.client.clone(), world.client.clone()];
    let wait = tokio::spawn(async move { waiting.wait(Wait {}).await });
    assert_eq!(world.event().await, "wait began");
    let hang = tokio::spawn(async move { hanging.hang(Hang {}).await });
    assert_eq!(world.event().await, "hang began");
    hang.abort();
    assert_eq!(world.event().await, "hang dropped");
    world.let_go();
    assert_eq!(wait.await.unwrap(), Ok(42));
}
