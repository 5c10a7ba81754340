//! What the server asks of its clients.

use mitto::{CallError, Code};

use crate::world::*;

in_every_way! {
    handler_gets_the_typed_error_of_its_caller,
    handler_reads_a_stream_of_its_caller,
}

in_every_format! {
    handler_asks_its_caller,
    handler_notifies_its_caller,
    cancelled_handler_cancels_what_it_asked_back,
}

over_connections! {
    server_asks_a_connected_peer,
    server_notifies_every_connected_peer,
    dropped_call_of_the_server_is_cancelled,
    client_without_handlers_says_so,
}

async fn handler_asks_its_caller(world: World) {
    assert_eq!(world.client.ask_back(AskBack {}).await.unwrap(), "green");
}

async fn handler_gets_the_typed_error_of_its_caller(world: World) {
    let answer = world.client.refuse_back(RefuseBack {}).await;
    assert_eq!(answer.unwrap(), "not now");
}

async fn handler_reads_a_stream_of_its_caller(world: World) {
    assert_eq!(
        world.client.read_back(ReadBack {}).await.unwrap(),
        [1, 2, 3]
    );
}

async fn handler_notifies_its_caller(mut world: World) {
    let text = "hello".into();
    world.client.tell_back(TellBack { text }).await.unwrap();
    assert_eq!(world.event().await, "told hello");
}

async fn cancelled_handler_cancels_what_it_asked_back(mut world: World) {
    let client = world.client.clone();
    let call = tokio::spawn(async move { client.hang_back(HangBack {}).await });
    assert_eq!(world.event().await, "hang_back began");
    assert_eq!(world.event().await, "hang_there began");
    call.abort();
    let mut ended = [world.event().await, world.event().await];
    ended.sort();
    assert_eq!(ended, ["hang_back dropped", "hang_there dropped"]);
}

async fn server_asks_a_connected_peer(world: World) {
    world.peers(1).await;
    let peer = world.server().peers().list().remove(0);
    let caller = ServiceCaller::from(peer);
    assert_eq!(caller.favourite(Favourite {}).await.unwrap(), "green");
    let refused = caller.refuse(Refuse {}).await;
    assert_eq!(refused, Err(CallError::Handler(Moody::NotNow)));
}

async fn server_notifies_every_connected_peer(mut world: World) {
    let _another = world.another_client().await;
    world.peers(2).await;
    for peer in world.server().peers().list() {
        let text = "all".into();
        ServiceCaller::from(peer).told(Told { text }).await.unwrap();
    }
    assert_eq!(world.event().await, "told all");
    assert_eq!(world.event().await, "told all");
}

async fn dropped_call_of_the_server_is_cancelled(mut world: World) {
    world.peers(1).await;
    let peer = world.server().peers().list().remove(0);
    let caller = ServiceCaller::from(peer);
    let call = tokio::spawn(async move { caller.hang_there(HangThere {}).await });
    assert_eq!(world.event().await, "hang_there began");
    call.abort();
    assert_eq!(world.event().await, "hang_there dropped");
}

async fn client_without_handlers_says_so(world: World) {
    let silent = world.client_without_handlers().await;
    let status = silent.ask_back(AskBack {}).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound, "{status}");
}
