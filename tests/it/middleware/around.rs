//! Middleware around what a server handles.

use std::sync::Arc;

use futures_util::StreamExt;
use mitto::middleware::{Next, RequestHead, from_fn};
use mitto::{CallError, Code, Status};
use tokio::sync::Semaphore;

use super::service::{Add, Count, Log, Note, Panic, Refusal, Refuse, Says, connected, settle};

#[tokio::test]
async fn the_first_is_the_outermost() {
    let log = Log::default();
    let (outer, inner) = (Says("outer", log.clone()), Says("inner", log.clone()));
    let (_server, client) = connected(|s| s.middleware(outer).middleware(inner), |c| c).await;
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
    let expected = [
        "outer before",
        "inner before",
        "inner after Response",
        "outer after Response",
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test]
async fn every_outcome_is_seen() {
    let log = Log::default();
    let endings = log.endings();
    let (_server, client) = connected(|s| s.middleware(endings), |c| c).await;
    every_outcome(&client, &log).await;
}

#[tokio::test]
async fn every_outcome_is_seen_in_process() {
    let log = Log::default();
    let builder = super::service::DeskClient::builder().middleware(log.endings());
    every_outcome(&builder.local(super::service::DeskServer), &log).await;
}

#[tokio::test]
async fn every_outcome_is_seen_at_the_caller() {
    let log = Log::default();
    let endings = log.endings();
    let (_server, client) = connected(|s| s, |c| c.middleware(endings)).await;
    every_outcome(&client, &log).await;
}

async fn every_outcome(client: &super::service::DeskClient, log: &Log) {
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
    assert_eq!(log.take(), ["Add ok"]);
    let refused = client.refuse(Refuse { with_status: false }).await;
    assert!(matches!(refused, Err(CallError::Handler(Refusal))));
    assert_eq!(log.take(), ["Refuse error"]);
    let refused = client.refuse(Refuse { with_status: true }).await;
    assert!(matches!(refused, Err(CallError::Status(status)) if status.code() == Code::NotFound));
    assert_eq!(log.take(), ["Refuse not_found"]);
    let items: Vec<_> = client
        .count(Count { to: 5 })
        .await
        .expect("begins")
        .collect()
        .await;
    assert_eq!(items, [Ok(1), Ok(2), Ok(3), Ok(4), Ok(5)]);
    assert_eq!(log.take(), ["Count ok 5"]);
    client.note(Note {}).await.expect("sent");
    settle().await;
    assert_eq!(log.take(), ["Note ok"]);
    let panicked = client.panic(Panic {}).await;
    assert_eq!(panicked.expect_err("panicked").code(), Code::Internal);
    assert_eq!(log.take(), ["Panic internal"]);
    let nobody = client.peer().call(super::service::Confirm {}).await;
    assert_eq!(
        nobody.expect_err("goes the other way").code(),
        Code::NotFound
    );
    let seen = log.take();
    assert!(
        seen == ["unknown not_found"] || seen == ["Confirm not_found"],
        "{seen:?}"
    );
}

#[tokio::test]
async fn what_is_refused_goes_no_further() {
    let log = Log::default();
    let refuses = from_fn(|_, _| async { Err(Status::denied("no")) });
    let inner = Says("inner", log.clone());
    let (_server, client) = connected(|s| s.middleware(refuses).middleware(inner), |c| c).await;
    assert_eq!(
        client.add(Add { a: 1, b: 2 }).await,
        Err(Status::denied("no"))
    );
    let stream = client.count(Count { to: 5 }).await;
    let stream = match stream {
        Ok(mut stream) => stream.next().await.expect("an outcome").map(drop),
        Err(status) => Err(status),
    };
    assert_eq!(stream, Err(Status::denied("no")));
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn a_status_can_become_another() {
    let hides = from_fn(|head: RequestHead, next: Next| async move {
        let answered = next.run(head).await?;
        match answered.outcome().is_ok() {
            true => Ok(answered),
            false => Err(Status::internal("hidden")),
        }
    });
    let (_server, client) = connected(|s| s.middleware(hides), |c| c).await;
    let hidden = client.refuse(Refuse { with_status: true }).await;
    assert_eq!(hidden, Err(CallError::Status(Status::internal("hidden"))));
    // The handler's own error is on its way by then.
    let own = client.refuse(Refuse { with_status: false }).await;
    assert_eq!(own, Err(CallError::Handler(Refusal)));
}

#[tokio::test]
async fn it_may_wait_before_and_after() {
    let gates = Arc::new(Semaphore::new(0));
    let waits = from_fn({
        let gates = gates.clone();
        move |head, next: Next| {
            let gates = gates.clone();
            async move {
                gates.acquire().await.expect("open").forget();
                let answered = next.run(head).await?;
                gates.acquire().await.expect("open").forget();
                Ok(answered)
            }
        }
    });
    let (_server, client) = connected(|s| s.middleware(waits), |c| c).await;
    let mut call = client.add(Add { a: 1, b: 2 });
    tokio::select! {
        biased;
        _ = &mut call => panic!("it waits"),
        () = settle() => {}
    }
    gates.add_permits(1);
    // The answer is not held up by what comes after it.
    assert_eq!(call.await, Ok(3));
    let stream = client.count(Count { to: 3 });
    gates.add_permits(3);
    let items: Vec<_> = stream.await.expect("begins").collect().await;
    assert_eq!(items.len(), 3);
}

#[tokio::test]
async fn its_panic_ends_one_request() {
    for when in ["before", "after", "dropped"] {
        let panics = from_fn(move |head: RequestHead, next: Next| async move {
            let when = match head.metadata().get("panic") {
                Some(_) => when,
                None => "never",
            };
            let _bomb = Bomb(when == "dropped");
            assert!(when != "before", "before");
            let answered = next.run(head).await?;
            assert!(when != "after", "after");
            Ok(answered)
        });
        let (_server, client) = connected(|s| s.middleware(panics), |c| c).await;
        let call = client.add(Add { a: 1, b: 2 }).metadata("panic", "");
        match when {
            "before" => assert_eq!(call.await.expect_err("panics").code(), Code::Internal),
            _ => assert_eq!(call.await, Ok(3), "the answer was on its way"),
        }
        assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3), "{when}");
        let (_server, client) = connected(|s| s, |c| c.middleware(panics)).await;
        let call = client.add(Add { a: 1, b: 2 }).metadata("panic", "");
        assert_eq!(call.await.expect_err("panics").code(), Code::Internal);
        assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3), "{when}");
    }
}

struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.0 || std::thread::panicking(), "dropped");
    }
}

#[tokio::test]
async fn next_may_run_in_another_task() {
    let spawns = from_fn(|head, next: Next| async move {
        let task = tokio::spawn(async move {
            tokio::task::yield_now().await;
            next.run(head).await
        });
        task.await.map_err(Status::internal)?
    });
    let (_server, client) = connected(|s| s.middleware(spawns), |c| c.middleware(spawns)).await;
    assert_eq!(client.add(Add { a: 1, b: 2 }).await, Ok(3));
    let items: Vec<_> = client
        .count(Count { to: 3 })
        .await
        .expect("begins")
        .collect()
        .await;
    assert_eq!(items.len(), 3);
}
