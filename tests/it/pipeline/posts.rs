//! From step to step over addresses.

use std::sync::Arc;
use std::time::Duration;

use mitto::codec::Codecs;
use mitto::pipeline::{Flow, Pipeline, Poster, Properties, StepContext, Steps};
use mitto::{Code, Limits, State, Status};
use tokio::sync::mpsc;

use super::{Lines, Places, pipeline, steps};

#[mitto::step]
fn report(State(done): State<mpsc::UnboundedSender<i64>>, n: i64) -> Flow<i64> {
    let _ = done.send(n);
    Flow::Next(n)
}

/// The ancestor's sample: two nodes send a number to each other, one less each time.
#[tokio::test]
async fn a_number_goes_down_to_zero_through_two_nodes() {
    let (done, mut seen) = mpsc::unbounded_channel::<i64>();
    let steps = steps(&Lines::default()).step::<report>().state(done);
    let none = Properties::new();
    let node = |to: &str| -> Pipeline {
        let to = Properties::new().with("Action", to);
        let names = [
            ("report", &none),
            ("DecrementHandler", &none),
            ("PostHandler", &to),
        ];
        steps.compose(names).unwrap()
    };
    let poster = Places::open([
        ("App1/Node1/Process", node("App2/Node1/Process")),
        ("App2/Node1/Process", node("App1/Node1/Process")),
    ]);
    // Deeper than a stack would go.
    poster.post("App1/Node1/Process", &10_000_i64).unwrap();
    let mut expected = 10_000;
    while let Some(n) = seen.recv().await {
        assert_eq!(n, expected);
        if n == 0 {
            break;
        }
        expected -= 1;
    }
}

#[mitto::step]
async fn ask(ctx: &mut StepContext, n: i64) -> Result<Flow<String>, Status> {
    Ok(Flow::Next(ctx.call("math/node/Show", &(n + 1)).await?))
}

#[tokio::test]
async fn a_step_calls_an_address() {
    let steps = steps(&Lines::default()).step::<ask>();
    let poster = Places::open([
        ("math/node/Ask", pipeline(&steps, &["ask"])),
        ("math/node/Show", pipeline(&steps, &["double", "show"])),
    ]);
    let text: String = poster.call("math/node/Ask", &20_i64).await.unwrap();
    assert_eq!(text, "42");
}

#[tokio::test]
async fn what_a_call_ends_with_reaches_its_step() {
    let steps = steps(&Lines::default()).step::<ask>();
    let poster = Places::open([("math/node/Ask", pipeline(&steps, &["ask"]))]);
    let error = poster
        .call::<_, String, _>("math/node/Ask", &1_i64)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let lost = pipeline(&steps, &["ask"]);
    let error = Poster::new(lost)
        .call::<_, String, _>("math/node/Ask", &1_i64)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
}

#[mitto::step]
async fn again(ctx: &mut StepContext, n: i64) -> Result<Flow<i64>, Status> {
    Ok(Flow::Next(ctx.call("round/node/Again", &(n + 1)).await?))
}

#[tokio::test]
async fn calls_that_go_round_end() {
    let steps = Steps::new().step::<again>();
    let poster = Places::open([("round/node/Again", pipeline(&steps, &["again"]))]);
    let error = poster
        .call::<_, i64, _>("round/node/Again", &0_i64)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::LoopDetected);
}

#[tokio::test]
async fn wrong_addresses_are_refused() {
    let poster = Poster::new(pipeline(&steps(&Lines::default()), &["double"]));
    for (address, told) in [
        (
            "math",
            "the address has no node, write `application/node` or `application/node/action`",
        ),
        (
            "math/node",
            "`math/node` names no action, write `application/node/action`",
        ),
        (
            "math/n*/A",
            "the node of the address holds '*', take only A-Z a-z 0-9 _ -",
        ),
    ] {
        let refused = Status::bad_request(told);
        assert_eq!(poster.post(address, &1_i64).unwrap_err(), refused);
        let error = poster.call::<_, i64, _>(address, &1_i64).await.unwrap_err();
        assert_eq!(error, refused);
    }
}

#[mitto::step]
async fn hang(_: i64) -> Flow<i64> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_deadline() {
    let poster = Poster::new(pipeline(&Steps::new().step::<hang>(), &["hang"]));
    let error = poster
        .call::<_, i64, _>("a/b/Hang", &1_i64)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        Status::new(Code::Timeout, "`a/b/Hang` has not answered in time")
    );
}

#[mitto::step]
async fn report_each_second(ctx: &mut StepContext, seconds: u64) -> Flow<u64> {
    for _ in 0..seconds {
        ctx.progress();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Flow::Next(seconds)
}

#[tokio::test(start_paused = true)]
async fn progress_gives_a_call_more_time_up_to_a_maximum() {
    let limits = Limits::default()
        .timeout(Duration::from_secs(2))
        .timeout_max(Duration::from_secs(10));
    let steps = Steps::new().step::<report_each_second>();
    let slow = pipeline(&steps, &["report_each_second"]);
    let poster = Poster::shared(Arc::new(slow), Codecs::default(), limits);
    for (seconds, expected) in [(1, Ok(1)), (9, Ok(9)), (11, Err(Code::Timeout))] {
        let begun = tokio::time::Instant::now();
        let answer: Result<u64, Status> = poster.call("a/b/Slow", &seconds).await;
        assert_eq!(answer.map_err(|status| status.code()), expected);
        assert_eq!(begun.elapsed().as_secs(), seconds.min(10));
    }
}

#[tokio::test(start_paused = true)]
async fn posts_are_bounded() {
    let limits = Limits::default().in_flight_process(2);
    let hang = pipeline(&Steps::new().step::<hang>(), &["hang"]);
    let poster = Poster::shared(Arc::new(hang), Codecs::default(), limits);
    poster.post("a/b/Hang", &1_i64).unwrap();
    poster.post("a/b/Hang", &1_i64).unwrap();
    assert_eq!(
        poster.post("a/b/Hang", &1_i64).unwrap_err().code(),
        Code::Busy
    );
}

#[mitto::step]
fn tell(
    ctx: &mut StepContext,
    State(seen): State<mpsc::UnboundedSender<String>>,
    _: (),
) -> Flow<()> {
    let hop = ctx.metadata().get("hop").unwrap_or("none").to_owned();
    let until = ctx.deadline().is_some();
    let _ = seen.send(format!("{} {hop} {until}", ctx.address().unwrap()));
    Flow::Next(())
}

#[mitto::step]
fn forward(ctx: &mut StepContext, _: ()) -> Result<Flow<()>, Status> {
    ctx.post("end/node/Tell", &())?;
    Ok(Flow::Stop)
}

#[tokio::test]
async fn a_post_has_the_metadata_of_its_message_and_no_deadline() {
    use mitto::envelope::{MessageId, Metadata};
    use mitto::job::{Answer, OwnedJob, Queue};
    use mitto::{Format, Peer};

    let (sender, mut seen) = mpsc::unbounded_channel::<String>();
    let steps = Steps::new().step::<tell>().step::<forward>().state(sender);
    let places = Places::default();
    let poster = Poster::new(places.clone());
    let set = places.0.set(
        [("begin/node/Go", "forward"), ("end/node/Tell", "tell")]
            .map(|(at, name)| {
                (
                    at.to_owned(),
                    pipeline(&steps, &[name]).with_poster(poster.clone()),
                )
            })
            .into(),
    );
    assert!(set.is_ok());
    let mut job = OwnedJob::new(MessageId::of_name("Go"), Format::JSON, b"null".to_vec());
    job.address = Some("begin/node/Go".try_into().unwrap());
    let mut metadata = Metadata::new();
    metadata.insert("hop", "one");
    job.metadata = metadata;
    job.deadline = Some(tokio::time::Instant::now() + Duration::from_secs(5));
    let codecs = Codecs::default();
    let (to, mut parts) = Answer::in_parts(Format::JSON, &codecs, &Limits::default());
    places.submit(job.lend(&Peer::nobody(), &codecs), to).await;
    assert!(parts.next().await.is_some_and(|part| part.is_last()));
    assert_eq!(seen.recv().await.unwrap(), "end/node/Tell one false");
}
