//! What becomes of a value from step to step.

use std::sync::Arc;

use mitto::codec::{Codecs, Encoder};
use mitto::envelope::MessageId;
use mitto::job::{Answer, AnswerPart, OwnedJob, Queue};
use mitto::pipeline::{Flow, Pipeline, Poster, StepContext, Steps};
use mitto::{Code, Format, Limits, Peer, Status};
use serde::{Deserialize, Serialize};

use super::{Lines, pipeline, steps};

const AT: &str = "test/node/Action";

async fn answer<T, R>(pipeline: &Pipeline, value: T) -> Result<R, Status>
where
    T: Serialize + for<'de> Deserialize<'de>,
    R: Serialize + for<'de> Deserialize<'de>,
{
    Poster::new(pipeline.clone()).call(AT, &value).await
}

#[tokio::test]
async fn the_last_step_gives_the_answer() {
    let steps = steps(&Lines::default());
    let all = pipeline(&steps, &["decrement", "double", "double", "show"]);
    assert_eq!(answer::<_, String>(&all, 6_i64).await.unwrap(), "20");
}

#[tokio::test]
async fn a_step_that_stops_answers_nothing() {
    let lines = Lines::default();
    let all = pipeline(&steps(&lines), &["decrement", "show", "note"]);
    answer::<_, ()>(&all, 0_i64).await.unwrap();
    assert!(lines.taken().is_empty());
}

#[derive(Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

/// Answers with another type than it goes on with.
#[mitto::step]
fn take(order: Order) -> Result<Flow<u32, String>, Status> {
    match order.count {
        0 => Err(Status::bad_request("order something")),
        count if count > 10 => Ok(Flow::Answer(format!("no room for {}", order.item))),
        count => Ok(Flow::Next(count)),
    }
}

#[tokio::test]
async fn a_step_may_answer_or_fail() {
    let take = pipeline(&Steps::new().step::<take>(), &["take"]);
    let order = |count| Order {
        item: "tea".into(),
        count,
    };
    assert_eq!(answer::<_, u32>(&take, order(3)).await.unwrap(), 3);
    let text: String = answer(&take, order(11)).await.unwrap();
    assert_eq!(text, "no room for tea");
    let error = answer::<_, u32>(&take, order(0)).await.unwrap_err();
    assert_eq!(error, Status::bad_request("order something"));
}

#[tokio::test]
async fn another_message_than_the_first_step_takes_is_refused_before_anything_runs() {
    let lines = Lines::default();
    let all = pipeline(&steps(&lines), &["PrintMessage", "decrement"]);
    let error = answer::<_, i64>(&all, "six".to_owned()).await.unwrap_err();
    assert_eq!(error.code(), Code::BadRequest);
    assert!(
        error
            .message()
            .starts_with("the message is no `i64`: cannot decode"),
        "{error}"
    );
    assert!(lines.taken().is_empty());
}

#[mitto::step]
fn fail(_: &mut StepContext, n: i64) -> Flow<i64> {
    assert!(n < 0, "it is not negative");
    Flow::Next(n)
}

#[mitto::step]
async fn fail_later(n: i64) -> Flow<i64> {
    tokio::task::yield_now().await;
    assert!(n < 0, "it is not negative");
    Flow::Next(n)
}

#[tokio::test]
async fn a_panic_of_a_step_answers_that_request_alone() {
    let steps = Steps::new().step::<fail>().step::<fail_later>();
    for name in ["fail", "fail_later"] {
        let all = pipeline(&steps, &[name]);
        let error = answer::<_, i64>(&all, 1_i64).await.unwrap_err();
        let text = format!("step `{name}` panicked");
        assert_eq!(error, Status::new(Code::Internal, text));
        assert_eq!(answer::<_, i64>(&all, -1_i64).await.unwrap(), -1);
    }
}

#[tokio::test]
async fn an_answer_has_the_format_of_its_message() {
    let all = pipeline(&steps(&Lines::default()), &["double"]);
    let codecs = Codecs::default();
    for format in [Format::JSON, Format::MESSAGE_PACK] {
        let mut bytes = Vec::new();
        Encoder::new(&codecs, format, &mut bytes, 100)
            .encode(&21_i64)
            .unwrap();
        let job = OwnedJob::new(MessageId::of_name("Double"), format, bytes);
        let (to, mut parts) = Answer::in_parts(format, &codecs, &Limits::default());
        all.submit(job.lend(&Peer::nobody(), &codecs), to).await;
        let mut expected = Vec::new();
        Encoder::new(&codecs, format, &mut expected, 100)
            .encode(&42_i64)
            .unwrap();
        let part = parts.next().await;
        assert_eq!(
            part,
            Some(AnswerPart::Response {
                format,
                bytes: expected
            })
        );
    }
}

#[mitto::step]
async fn wait(
    ctx: &mut StepContext,
    mitto::State(begun): mitto::State<Arc<tokio::sync::Notify>>,
    _: (),
) -> Flow<()> {
    begun.notify_one();
    assert!(!ctx.is_cancelled());
    std::future::pending().await
}

#[tokio::test]
async fn who_gives_up_ends_the_step() {
    let begun = Arc::new(tokio::sync::Notify::new());
    let state = begun.clone();
    let all = pipeline(&Steps::new().step::<wait>().state(state), &["wait"]);
    let call = tokio::spawn(async move { answer::<_, ()>(&all, ()).await });
    begun.notified().await;
    assert_eq!(Arc::strong_count(&begun), 3);
    call.abort();
    while Arc::strong_count(&begun) > 1 {
        tokio::task::yield_now().await;
    }
}
