//! Middleware at both ends of a request, in either direction.

use std::time::Duration;

use mitto::middleware::{Direction, Known, Next, Outgoing, RequestHead, Stack, from_fn};
use mitto::{Code, Limits, Status};

use super::service::{
    Add, Ask, Count, DeskApp, DeskClient, DeskServer, Log, Note, Says, Wait, connected, settle,
};

/// Says which requests it sees, and which way they go.
fn says(who: &'static str, log: &Log) -> impl mitto::middleware::Middleware + use<> {
    let log = log.clone();
    from_fn(move |head: RequestHead, next: Next| {
        let log = log.clone();
        async move {
            let way = match head.direction() {
                Direction::Incoming => "in",
                Direction::Outgoing => "out",
            };
            log.say(format!("{who} {way} {}", head.name()));
            next.run(head).await
        }
    })
}

#[tokio::test]
async fn call_backs_pass_through_the_other_four() {
    let log = Log::default();
    let (s, so, c, ci) = (
        says("server", &log),
        says("server", &log),
        says("client", &log),
        says("client", &log),
    );
    let (_server, client) = connected(
        |b| b.middleware(s).outgoing(so),
        |b| b.middleware(c).incoming(ci),
    )
    .await;
    assert_eq!(client.ask(Ask {}).await.as_deref(), Ok("none"));
    let expected = [
        "client out Ask",
        "server in Ask",
        "server out Confirm",
        "client in Confirm",
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test]
async fn call_backs_in_process_pass_through() {
    let log = Log::default();
    let (c, ci) = (says("client", &log), says("client", &log));
    let client = DeskClient::builder()
        .provide(DeskApp)
        .middleware(c)
        .incoming(ci)
        .local(DeskServer);
    assert_eq!(client.ask(Ask {}).await.as_deref(), Ok("none"));
    assert_eq!(log.take(), ["client out Ask", "client in Confirm"]);
}

#[tokio::test]
async fn metadata_is_added_on_the_way() {
    let adds = from_fn(|mut head: RequestHead, next: Next| async move {
        head.metadata_mut().insert("word", "sesame");
        next.run(head).await
    });
    let (_server, client) = connected(|s| s.outgoing(adds), |c| c).await;
    assert_eq!(client.ask(Ask {}).await.as_deref(), Ok("sesame"));
    let (_server, client) = connected(|s| s, |c| c.incoming(adds)).await;
    assert_eq!(client.ask(Ask {}).await.as_deref(), Ok("sesame"));
}

#[tokio::test]
async fn too_much_metadata_is_refused() {
    let adds = from_fn(|mut head: RequestHead, next: Next| async move {
        head.metadata_mut().insert("word", "w".repeat(100_000));
        next.run(head).await
    });
    let (_server, client) = connected(|s| s, |c| c.middleware(adds)).await;
    let refused = client.add(Add { a: 1, b: 2 }).await;
    assert_eq!(refused.expect_err("too much").code(), Code::BadRequest);
}

#[tokio::test]
async fn a_caller_can_refuse_its_own_requests() {
    let refuses = from_fn(|_, _| async { Err(Status::denied("not today")) });
    let (_server, client) = connected(|s| s, |c| c.middleware(refuses)).await;
    assert_eq!(
        client.add(Add { a: 1, b: 2 }).await,
        Err(Status::denied("not today"))
    );
    assert_eq!(client.note(Note {}).await, Err(Status::denied("not today")));
    let (_server, client) = connected(|s| s.outgoing(refuses), |c| c).await;
    assert_eq!(client.ask(Ask {}).await, Err(Status::denied("not today")));
}

#[tokio::test]
async fn the_reply_waits_for_the_callers_middleware() {
    let log = Log::default();
    let waits = from_fn({
        let log = log.clone();
        move |head, next: Next| {
            let log = log.clone();
            async move {
                tokio::task::yield_now().await;
                let answered = next.run(head).await?;
                tokio::task::yield_now().await;
                log.say("after");
                Ok(answered)
            }
        }
    });
    let (_server, client) = connected(|s| s, |c| c.middleware(waits)).await;
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
    assert_eq!(log.take(), ["after"]);
    client.note(Note {}).await.expect("sent");
    assert_eq!(log.take(), ["after"]);
    settle().await;
}

/// An outbound of one's own may pick another one for each call, as one that reconnects does.
#[tokio::test(start_paused = true)]
async fn outbounds_that_stand_in_each_other_compose() {
    let log = Log::default();
    let (_server, client) = connected(|s| s, |c| c.middleware(Says("inner", log.clone()))).await;
    let mut stack = Stack::new();
    stack.push(Says("outer", log.clone()));
    let outgoing = Outgoing::new(stack, Known::default(), &Limits::default());
    let peer = outgoing.around(client.peer().clone());
    let around = DeskClient::from(peer);
    assert_eq!(around.add(Add { a: 1, b: 2 }).await, Ok(3));
    let expected = [
        "outer before",
        "inner before",
        "inner after Response",
        "outer after Response",
    ];
    assert_eq!(log.take(), expected);
    let mut stream = around.count(Count { to: 2 }).await.expect("begins");
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(stream.next().await, Some(Ok(2)));
    assert_eq!(stream.next().await, None);
    assert_eq!(
        log.take().last().map(String::as_str),
        Some("outer after End { items: 2 }")
    );
    around.note(Note {}).await.expect("sent");
    let waiting = tokio::time::timeout(Duration::from_millis(5), around.wait(Wait { ms: 1_000 }));
    assert!(waiting.await.is_err());
    settle().await;
    assert_eq!(client.peer().statistics().in_flight, 0);
}
