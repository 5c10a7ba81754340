//! Requests that are sent again when they fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use mitto::transport::memory::Memory;
use mitto::{CallError, Code, Items, Request, Retry, Server, State, Status, handler, provider};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// May be run twice.
#[derive(Serialize, Deserialize, Request)]
#[request(response = u32, idempotent)]
struct Quote {
    code: u16,
}

/// Must not be run twice.
#[derive(Serialize, Deserialize, Request)]
#[request(response = u32)]
struct Book {
    code: u16,
}

/// Says itself that it is sent again.
#[derive(Serialize, Deserialize, Request)]
#[request(response = u32, idempotent, retry = 2)]
struct Stubborn {}

#[derive(Serialize, Deserialize, Request)]
#[request(stream = u32, idempotent)]
struct Feed {
    code: u16,
}

#[derive(Serialize, Deserialize, Request)]
#[request(response = u32, error = Refused, idempotent)]
struct Refusing {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Refused;

mitto::schema! {
    Desk { client => server as DeskClient: [Quote, Book, Stubborn, Feed, Refusing] }
}

/// Fails so often before it succeeds.
#[derive(Clone, Default)]
struct Tally {
    failures: Arc<AtomicU32>,
    runs: Arc<AtomicU32>,
}

#[provider(server of Desk: [quote, book, stubborn, feed, refusing])]
struct DeskServer {
    tally: Tally,
}

impl Tally {
    fn failing(failures: u32) -> Self {
        let tally = Self::default();
        tally.failures.store(failures, SeqCst);
        tally
    }

    /// The count of runs, unless this one fails.
    fn run(&self, code: u16) -> Result<u32, Status> {
        let run = self.runs.fetch_add(1, SeqCst) + 1;
        match run > self.failures.load(SeqCst) {
            true => Ok(run),
            false => Err(Status::new(Code::from(code), "not now")),
        }
    }

    fn runs(&self) -> u32 {
        self.runs.load(SeqCst)
    }
}

#[handler]
fn quote(State(tally): State<Tally>, req: Quote) -> Result<u32, Status> {
    tally.run(req.code)
}

#[handler]
fn book(State(tally): State<Tally>, req: Book) -> Result<u32, Status> {
    tally.run(req.code)
}

#[handler]
fn stubborn(State(tally): State<Tally>, _: Stubborn) -> Result<u32, Status> {
    tally.run(Code::Busy.into())
}

#[handler]
async fn feed(State(tally): State<Tally>, items: Items<u32>, req: Feed) -> Result<(), Status> {
    let run = tally.run(req.code)?;
    items.send(run).await?;
    Err(Status::unavailable("in the middle"))
}

#[handler]
fn refusing(State(tally): State<Tally>, _: Refusing) -> Result<u32, Refused> {
    let _ = tally.run(0);
    Err(Refused)
}

/// A client over a connection.
async fn client(tally: &Tally) -> DeskClient {
    let memory = Memory::new();
    let tally = tally.clone();
    let server = Server::new(DeskServer { tally }).transport(memory.clone());
    let server = server.listen("memory://desk").await.unwrap();
    drop(server.spawn());
    let builder = DeskClient::builder().transport(memory);
    builder.connect("memory://desk").await.unwrap()
}

fn soon(times: u32) -> Retry {
    Retry::times(times).initial(Duration::from_millis(2))
}

fn code(code: Code) -> u16 {
    code.into()
}

#[tokio::test]
async fn request_is_sent_again_until_it_succeeds() {
    for failure in [Code::Busy, Code::Unavailable, Code::ConnectionLost] {
        let tally = Tally::failing(2);
        let code = code(failure);
        let quoted = client(&tally)
            .await
            .quote(Quote { code })
            .retry(soon(3))
            .await;
        assert_eq!(quoted.unwrap(), 3, "{failure}");
    }
}

#[tokio::test]
async fn last_failure_is_the_outcome() {
    let tally = Tally::failing(9);
    let code = code(Code::Unavailable);
    let quoted = client(&tally)
        .await
        .quote(Quote { code })
        .retry(soon(3))
        .await;
    assert_eq!(quoted.unwrap_err().code(), Code::Unavailable);
    assert_eq!(tally.runs(), 4);
}

#[tokio::test]
async fn what_may_have_run_is_not_run_twice() {
    for failure in [Code::Busy, Code::Unavailable, Code::ConnectionLost] {
        let tally = Tally::failing(1);
        let code = code(failure);
        let booked = client(&tally)
            .await
            .book(Book { code })
            .retry(soon(3))
            .await;
        assert_eq!(booked.unwrap_err().code(), failure);
        assert_eq!(tally.runs(), 1, "{failure}");
    }
}

#[tokio::test]
async fn other_failures_are_outcomes() {
    for failure in [Code::NotFound, Code::Denied, Code::Internal, Code::Timeout] {
        let tally = Tally::failing(1);
        let code = code(failure);
        let quoted = client(&tally)
            .await
            .quote(Quote { code })
            .retry(soon(3))
            .await;
        assert_eq!(quoted.unwrap_err().code(), failure);
    }
    let tally = Tally::default();
    let refused = client(&tally)
        .await
        .refusing(Refusing {})
        .retry(soon(3))
        .await;
    assert!(matches!(refused, Err(CallError::Handler(Refused))));
    assert_eq!(tally.runs(), 1);
}

#[tokio::test]
async fn message_says_it_for_all_its_calls() {
    let tally = Tally::failing(2);
    let client = client(&tally).await;
    assert_eq!(client.stubborn(Stubborn {}).await.unwrap(), 3);
    tally.failures.store(9, SeqCst);
    let never = client.stubborn(Stubborn {}).retry(0);
    assert_eq!(never.await.unwrap_err().code(), Code::Busy);
    assert_eq!(tally.runs(), 4, "a call says otherwise");
}

#[tokio::test]
async fn nothing_is_sent_again_unasked() {
    let tally = Tally::failing(1);
    let code = code(Code::Busy);
    let quoted = client(&tally).await.quote(Quote { code }).await;
    assert_eq!(quoted.unwrap_err().code(), Code::Busy);
}

#[tokio::test]
async fn deadline_is_that_of_all_attempts() {
    let tally = Tally::failing(u32::MAX);
    let client = client(&tally).await;
    let begun = Instant::now();
    let code = code(Code::Busy);
    let retry = Retry::times(u32::MAX).initial(Duration::from_millis(20));
    let retry = retry.max(Duration::from_millis(20));
    let limit = Duration::from_millis(300);
    let quoted = client
        .quote(Quote { code })
        .retry(retry)
        .timeout(limit)
        .await;
    assert_eq!(quoted.unwrap_err().code(), Code::Busy);
    assert!(begun.elapsed() < Duration::from_secs(10), "it goes on");
    assert!(tally.runs() > 2, "it was not tried again");
}

#[tokio::test]
async fn stream_is_sent_again_until_it_has_begun() {
    let tally = Tally::failing(2);
    let code = code(Code::Busy);
    let client = client(&tally).await;
    let mut items = client.feed(Feed { code }).retry(soon(3)).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), 3);
    let failure = items.next().await.unwrap().unwrap_err();
    assert_eq!(failure.code(), Code::Unavailable);
    assert_eq!(tally.runs(), 3);
}

#[tokio::test]
async fn message_that_a_handler_of_this_process_has_taken_is_gone() {
    let tally = Tally::failing(1);
    let code = code(Code::Busy);
    let client = DeskClient::local(DeskServer {
        tally: tally.clone(),
    });
    let quoted = client.quote(Quote { code }).retry(soon(3)).await;
    assert_eq!(quoted.unwrap_err().code(), Code::Busy);
    assert_eq!(tally.runs(), 1);
}

#[tokio::test]
async fn call_that_waits_for_its_turn_can_be_dropped() {
    let tally = Tally::failing(1);
    let client = client(&tally).await;
    let code = code(Code::Busy);
    let retry = Retry::times(1).initial(Duration::from_secs(5));
    let quoted = client.quote(Quote { code }).retry(retry);
    let given_up = tokio::time::timeout(Duration::from_millis(50), quoted).await;
    assert!(given_up.is_err() || tally.runs() == 2);
    assert_eq!(client.quote(Quote { code }).await.unwrap(), tally.runs());
}
