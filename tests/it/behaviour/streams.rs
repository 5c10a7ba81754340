//! Requests that are answered by a stream of items.

use mitto::{CallError, Code, Status};

use crate::world::*;

in_every_way! {
    items_come_in_order_then_the_end,
    stream_may_be_empty,
    typed_error_comes_after_the_items,
    status_comes_after_the_items,
    call_resolves_when_the_handler_has_begun,
    dropped_stream_drops_its_handler,
    streams_at_once_keep_their_items,
    long_stream_arrives_whole,
}

in_every_format! {
    slow_reader_holds_the_handler_back,
}

async fn items_come_in_order_then_the_end(world: World) {
    let count = Count {
        to: 3,
        then: Then::End,
    };
    let mut stream = world.client.count(count).await.unwrap();
    for n in 1..=3 {
        assert_eq!(stream.next().await, Some(Ok(n)));
    }
    assert_eq!(stream.next().await, None);
    assert_eq!(stream.next().await, None);
}

async fn stream_may_be_empty(world: World) {
    let count = Count {
        to: 0,
        then: Then::End,
    };
    let mut stream = world.client.count(count).await.unwrap();
    assert_eq!(stream.next().await, None);
}

async fn typed_error_comes_after_the_items(world: World) {
    let count = Count {
        to: 2,
        then: Then::Error,
    };
    let mut stream = world.client.count(count).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(stream.next().await, Some(Ok(2)));
    let missing = NoMoney::Missing { amount: 1 };
    assert_eq!(stream.next().await, Some(Err(CallError::Handler(missing))));
    assert_eq!(stream.next().await, None);
}

async fn status_comes_after_the_items(world: World) {
    let count = Count {
        to: 1,
        then: Then::Status,
    };
    let mut stream = world.client.count(count).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    let denied = CallError::Status(Status::denied("no more"));
    assert_eq!(stream.next().await, Some(Err(denied)));
    assert_eq!(stream.next().await, None);

    let count = Count {
        to: 0,
        then: Then::Status,
    };
    match world.client.count(count).await {
        Err(CallError::Status(status)) => assert_eq!(status.code(), Code::Denied),
        other => panic!("{other:?}"),
    }
}

async fn call_resolves_when_the_handler_has_begun(mut world: World) {
    let stream = world.client.silent(Silent {}).await.unwrap();
    assert_eq!(world.event().await, "silent began");
    drop(stream);
    assert_eq!(world.event().await, "silent dropped");
}

async fn dropped_stream_drops_its_handler(mut world: World) {
    let count = Count {
        to: 1,
        then: Then::Hang,
    };
    let mut stream = world.client.count(count).await.unwrap();
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(world.event().await, "count began");
    drop(stream);
    assert_eq!(world.event().await, "count dropped");
}

async fn slow_reader_holds_the_handler_back(mut world: World) {
    if let Reach::JsonRpc | Reach::JsonRpcMemory = world.way.reach {
        // There it holds back all that comes over the connection: see `json_rpc::client`.
        return;
    }
    let mut stream = world.client.flood(Flood {}).await.unwrap();
    assert_eq!(world.event().await, "flood began");
    let mut sent = 0;
    // Other requests go on meanwhile, and by then the handler has sent what it may.
    loop {
        for _ in 0..50 {
            world.client.nothing(Nothing {}).await.unwrap();
        }
        let before = sent;
        while let Some(event) = world.event_now() {
            assert_eq!(event, "sent");
            sent += 1;
        }
        if sent == before {
            break;
        }
    }
    // The window is 256 KiB at each end, and a value that is not encoded counts as 1 KiB.
    let most = if world.way.reach == Reach::InProcess {
        256 + 64
    } else {
        // Behind a broker, gateway and worker have one item each in their hands.
        3 * 64 + 2
    };
    assert!(sent <= most, "{sent} items of 4 KiB were sent ahead");
    for _ in 0..sent + 20 {
        assert!(stream.next().await.unwrap().is_ok());
    }
    assert_eq!(world.event().await, "sent");
}

async fn streams_at_once_keep_their_items(world: World) {
    let mut streams = Vec::new();
    for to in 1..=20 {
        let count = Count {
            to,
            then: Then::End,
        };
        streams.push(world.client.count(count).await.unwrap());
    }
    for (stream, to) in streams.iter_mut().zip(1..) {
        for n in 1..=to {
            assert_eq!(stream.next().await, Some(Ok(n)));
        }
        assert_eq!(stream.next().await, None);
    }
}

async fn long_stream_arrives_whole(world: World) {
    let count = Count {
        to: 2_000,
        then: Then::End,
    };
    let mut stream = world.client.count(count).await.unwrap();
    for n in 1..=2_000 {
        assert_eq!(stream.next().await, Some(Ok(n)));
    }
    assert_eq!(stream.next().await, None);
}
