//! Handlers that panic, block, are cancelled or stream.

use mitto::context::Context;

use super::*;

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
struct Plain;

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
struct Later;

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
struct Dropped;

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
#[request(response = String)]
struct Blocked;

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
#[request(stream = u32)]
struct Returned {
    fail: bool,
}

#[derive(Debug, serde::Serialize, serde::Deserialize, mitto::Request)]
#[request(stream = u32)]
struct Silent;

mitto::schema! {
    Trouble {
        client => server as TroubleClient: [Plain, Later, Dropped as dropped, Blocked, Returned, Silent],
    }
}

#[mitto::handler]
fn plain(_: Plain) {
    panic!("plain trouble");
}

#[mitto::handler]
async fn later(_: Later) {
    std::future::ready(()).await;
    panic!("later trouble");
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("trouble at the end");
    }
}

#[mitto::handler]
async fn dropped(_: Dropped) {
    let _bomb = Bomb;
    std::future::pending::<()>().await;
}

#[mitto::handler(blocking)]
fn blocked(context: Context, _: Blocked) -> Result<String, Status> {
    match context.is_cancelled() {
        true => Err(Status::denied("cancelled")),
        false => Ok("done".to_owned()),
    }
}

#[mitto::handler]
fn returned(req: Returned) -> impl futures_core::Stream<Item = Result<u32, Status>> {
    let mut left = vec![Ok(2), Ok(1)];
    if req.fail {
        left[0] = Err(Status::denied("no more"));
    }
    Poured(left)
}

struct Poured(Vec<Result<u32, Status>>);

impl futures_core::Stream for Poured {
    type Item = Result<u32, Status>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop())
    }
}

#[mitto::handler]
async fn silent(_items: Items<u32>, _: Silent) {
    std::future::pending::<()>().await;
}

#[mitto::provider(server of Trouble: [plain, later, dropped, blocked, returned, silent])]
struct TroubleServer;

#[tokio::test]
async fn a_panic_fails_its_request_alone() {
    for (came, name) in [
        (send(&TroubleServer, Plain).await, "plain"),
        (send(&TroubleServer, Later).await, "later"),
    ] {
        let text = format!("handler `{name}` panicked");
        assert_eq!(came, [Came::Status(Status::new(Code::Internal, text))]);
    }
}

#[tokio::test]
async fn a_panic_in_the_drop_of_a_cancelled_handler_stays_there() {
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    let mut dropped = Sent(Some(Dropped));
    let (answers, answer) = Answers::new();
    let job = Job::new(
        Dropped::INFO.id,
        Payload::Value(&mut dropped),
        &caller,
        &codecs,
    );
    let mut run = TroubleServer.dispatch(job, answer);
    assert!(poll_once(&mut run).is_pending());
    drop(run);
    assert!(
        matches!(&answers.came()[..], [Came::Status(status)] if status.code() == Code::Internal)
    );
}

#[tokio::test]
async fn a_blocking_handler_runs_elsewhere() {
    assert_eq!(
        send(&TroubleServer, Blocked).await,
        [Came::response(r#""done""#)]
    );
}

#[tokio::test]
async fn a_stream_that_a_handler_returns_is_sent() {
    let came = send(&TroubleServer, Returned { fail: false }).await;
    assert_eq!(came, [Came::item("1"), Came::item("2"), Came::End]);
    let came = send(&TroubleServer, Returned { fail: true }).await;
    assert_eq!(
        came,
        [Came::item("1"), Came::Status(Status::denied("no more"))]
    );
}

#[tokio::test]
async fn a_stream_without_items_yet_reports_that_it_began() {
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    let mut silent = Sent(Some(Silent));
    let (answers, answer) = Answers::new();
    let job = Job::new(
        Silent::INFO.id,
        Payload::Value(&mut silent),
        &caller,
        &codecs,
    );
    let mut run = TroubleServer.dispatch(job, answer);
    assert!(poll_once(&mut run).is_pending());
    assert!(poll_once(&mut run).is_pending());
    assert_eq!(answers.came(), [Came::Progress]);
}
