//! A panic fails its own request, and nothing else.

use mitto::{Code, Status};

use crate::world::*;

in_every_way! {
    panic_in_a_plain_handler,
    panic_in_an_async_handler,
    panic_in_a_spawned_handler,
    panic_in_a_blocking_handler,
    panic_in_an_extractor,
    panic_in_a_stream_comes_after_its_items,
}

async fn fails(world: &World, outcome: Result<(), Status>) {
    let status = outcome.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status}");
    let sum = world.client.add(Add { a: 1, b: 1 }).await;
    assert_eq!(sum, Ok(Sum { sum: 2 }));
}

async fn panic_in_a_plain_handler(world: World) {
    let outcome = world.client.panic_plain(PanicPlain {}).await;
    fails(&world, outcome).await;
}

async fn panic_in_an_async_handler(world: World) {
    let outcome = world.client.panic_async(PanicAsync {}).await;
    fails(&world, outcome).await;
}

async fn panic_in_a_spawned_handler(world: World) {
    let outcome = world.client.panic_spawned(PanicSpawned {}).await;
    fails(&world, outcome).await;
}

async fn panic_in_a_blocking_handler(world: World) {
    let outcome = world.client.panic_blocking(PanicBlocking {}).await;
    fails(&world, outcome).await;
}

async fn panic_in_an_extractor(world: World) {
    let outcome = world.client.panic_extract(PanicExtract {}).await;
    fails(&world, outcome).await;
}

async fn panic_in_a_stream_comes_after_its_items(world: World) {
    let mut stream = world.client.panic_stream(PanicStream {}).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    let outcome = stream.next().await.unwrap().map(drop);
    fails(&world, outcome).await;
    assert_eq!(stream.next().await, None);
}
