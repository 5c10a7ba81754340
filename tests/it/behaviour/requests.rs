//! Requests and notifications, and what comes back.

use mitto::{CallError, Code};

use crate::world::*;

in_every_way! {
    request_is_answered,
    response_may_be_of_any_type,
    typed_error_arrives_typed,
    status_arrives_apart_from_the_typed_error,
    answer_that_cannot_be_encoded_is_internal,
    many_calls_at_once_keep_their_answers,
}

in_every_format! {
    bytes_arrive_as_they_are,
    notification_is_handled,
    a_call_is_lazy,
}

over_connections! {
    answer_over_the_limit_is_too_large,
    message_over_the_limit_is_too_large,
    large_messages_travel,
}

async fn request_is_answered(world: World) {
    let sum = world.client.add(Add { a: 2, b: -5 }).await;
    assert_eq!(sum, Ok(Sum { sum: -3 }));
}

async fn response_may_be_of_any_type(world: World) {
    let client = &world.client;
    assert_eq!(client.nothing(Nothing {}).await, Ok(()));
    let swapped = client.swap(Swap("one".into(), 1)).await;
    assert_eq!(swapped, Ok((1, "one".into())));
    let page = client.turn(Turn { to: 3 }).await.unwrap();
    let content = vec![None, Some(Sum { sum: 7 })];
    assert_eq!(page, Page { number: 3, content });
}

async fn bytes_arrive_as_they_are(world: World) {
    for size in [0, 1, 256, 100_000] {
        let content: Vec<u8> = (0..size).map(|n| (n % 256) as u8).collect();
        let reversed: Vec<u8> = content.iter().rev().copied().collect();
        let back = world.client.reverse(Reverse { content }).await.unwrap();
        assert!(*back == *reversed, "{size} bytes");
    }
}

async fn typed_error_arrives_typed(world: World) {
    assert_eq!(world.client.withdraw(Withdraw { amount: 30 }).await, Ok(70));
    let error = world.client.withdraw(Withdraw { amount: 130 }).await;
    let missing = NoMoney::Missing { amount: 30 };
    assert_eq!(error, Err(CallError::Handler(missing)));
}

async fn status_arrives_apart_from_the_typed_error(world: World) {
    match world.client.withdraw(Withdraw { amount: 0 }).await {
        Err(CallError::Status(status)) => {
            assert_eq!(status.code(), Code::Denied);
            assert_eq!(status.message(), "take at least 1");
        }
        other => panic!("{other:?}"),
    }
}

async fn notification_is_handled(mut world: World) {
    let text = "milk".into();
    world.client.remember(Remember { text }).await.unwrap();
    assert_eq!(world.event().await, "remember milk");
}

async fn answer_that_cannot_be_encoded_is_internal(world: World) {
    if world.way.reach == Reach::InProcess && world.way.runs == Runs::Here {
        // Nothing is encoded there.
        assert!(world.client.ask_odd(AskOdd { panic: true }).await.is_ok());
        return;
    }
    for panic in [false, true] {
        let status = world.client.ask_odd(AskOdd { panic }).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{status}");
    }
    let sum = world.client.add(Add { a: 1, b: 1 }).await;
    assert_eq!(sum, Ok(Sum { sum: 2 }));
}

async fn a_call_is_lazy(mut world: World) {
    let text = "nothing".into();
    drop(world.client.remember(Remember { text }));
    let text = "milk".into();
    world.client.remember(Remember { text }).await.unwrap();
    assert_eq!(world.event().await, "remember milk");
}

async fn many_calls_at_once_keep_their_answers(world: World) {
    let calls: Vec<_> = (0..200)
        .map(|n| {
            let client = world.client.clone();
            tokio::spawn(async move {
                let sum = client.add(Add { a: n, b: 1 }).await;
                let swapped = client.swap(Swap(n.to_string(), n as u32)).await;
                (sum, swapped)
            })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        let (sum, swapped) = call.await.unwrap();
        assert_eq!(sum, Ok(Sum { sum: n as i64 + 1 }));
        assert_eq!(swapped, Ok((n as u32, n.to_string())));
    }
}

async fn answer_over_the_limit_is_too_large(world: World) {
    let status = world.client.blow(Blow { up: 2 << 20 }).await.unwrap_err();
    assert_eq!(status.code(), Code::TooLarge, "{status}");
    assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
}

async fn message_over_the_limit_is_too_large(world: World) {
    let much = Swap("x".repeat(2 << 20), 0);
    let status = world.client.swap(much).await.unwrap_err();
    assert_eq!(status.code(), Code::TooLarge, "{status}");
    assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
}

async fn large_messages_travel(world: World) {
    let text = "x".repeat(1_000_000);
    let (_, back) = world.client.swap(Swap(text.clone(), 0)).await.unwrap();
    assert_eq!(back, text);
}

#[tokio::test]
async fn bytes_refuse_what_is_not_bytes() {
    let way = Way {
        reach: Reach::Ws,
        format: mitto::Format::BYTES,
        runs: Runs::Here,
    };
    let mut world = World::open(way).await;
    let status = world.client.add(Add { a: 1, b: 1 }).await.unwrap_err();
    assert_eq!(status.code(), Code::BadRequest, "{status}");
    assert!(
        status.message().contains("`Add`, which has 2 fields"),
        "{status}"
    );
    let text = "milk".into();
    world.client.remember(Remember { text }).await.unwrap();
    assert_eq!(world.event().await, "remember milk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_over_several_threads_keep_their_answers() {
    let way = Way {
        reach: Reach::Ws,
        format: mitto::Format::JSON,
        runs: Runs::Here,
    };
    many_calls_at_once_keep_their_answers(World::open(way).await).await;
}
