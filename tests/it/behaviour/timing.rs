//! Who asks is told when the handler ran.

use std::time::{Duration, SystemTime};

use mitto::peer::Timed;
use mitto::{CallError, Code};

use crate::world::*;

in_every_way! {
    times_come_with_the_response,
    times_come_with_a_failure,
    times_come_with_a_panic,
}

in_paused_time! {
    time_taken_is_that_of_the_handler,
    who_gave_up_knows_no_times,
}

fn is_timed<T>(timed: &Timed<T>, since: SystemTime) -> bool {
    let (Some(started), Some(ended)) = (timed.started, timed.ended) else {
        return false;
    };
    // Times travel in microseconds, rounded down.
    let since = since - Duration::from_micros(1);
    since <= started && started <= ended && timed.took() == ended.duration_since(started).ok()
}

async fn times_come_with_the_response(world: World) {
    let since = SystemTime::now();
    let sum = world.client.add(Add { a: 2, b: -5 }).timed().await.unwrap();
    assert_eq!(sum.value, Sum { sum: -3 });
    assert!(is_timed(&sum, since), "{sum:?}");
    let both = world.client.add(Add { a: 1, b: 1 }).timed().outcome().await;
    assert_eq!(both.value, Ok(Sum { sum: 2 }));
    assert!(is_timed(&both, since), "{both:?}");
}

async fn times_come_with_a_failure(world: World) {
    let since = SystemTime::now();
    let own = world.client.withdraw(Withdraw { amount: 130 });
    let own = own.timed().outcome().await;
    let missing = NoMoney::Missing { amount: 30 };
    assert_eq!(own.value, Err(CallError::Handler(missing)));
    assert!(is_timed(&own, since), "{own:?}");
    let status = world.client.withdraw(Withdraw { amount: 0 });
    let status = status.timed().outcome().await;
    assert!(matches!(status.value, Err(CallError::Status(_))));
    assert!(is_timed(&status, since), "{status:?}");
}

async fn times_come_with_a_panic(world: World) {
    let since = SystemTime::now();
    let panicked = world
        .client
        .panic_async(PanicAsync {})
        .timed()
        .outcome()
        .await;
    assert_eq!(panicked.value.as_ref().unwrap_err().code(), Code::Internal);
    assert!(is_timed(&panicked, since), "{panicked:?}");
}

async fn time_taken_is_that_of_the_handler(world: World) {
    let (rounds, report) = (3, true);
    let work = world.client.work(Work { rounds, report }).timed().await;
    let took = work.unwrap().took().unwrap().as_millis();
    assert!((299..310).contains(&took), "{took}");
}

async fn who_gave_up_knows_no_times(world: World) {
    let brief = world.client.brief(Brief {}).timed().outcome().await;
    assert_eq!(brief.value.unwrap_err().code(), Code::Timeout);
    assert_eq!((brief.started, brief.ended), (None, None));
}
