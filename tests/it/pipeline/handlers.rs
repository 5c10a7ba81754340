//! A handler as the last step.

use std::sync::Arc;

use mitto::pipeline::{Flow, Poster, Steps};
use mitto::{Code, Context, Request, State, handler, provider};
use serde::{Deserialize, Serialize};

use super::pipeline;

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
pub(super) struct Shout {
    pub(super) text: String,
}

#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = u64, requires = "count")]
struct Count {
    text: String,
}

mitto::schema! {
    Voice { client => server as VoiceClient: [Shout, Count] }
}

#[provider(server of Voice: [shout, count])]
struct VoiceServer {
    seen: Arc<str>,
}

#[handler]
pub(super) fn shout(context: Context, req: Shout) -> String {
    let at = context.address().map(|address| address.to_string());
    format!("{}! {}", req.text.to_uppercase(), at.unwrap_or_default())
}

#[handler]
async fn count(State(seen): State<Arc<str>>, req: Count) -> u64 {
    (seen.len() + req.text.len()) as u64
}

#[mitto::step]
fn wrap(text: String) -> Flow<Shout> {
    match text.is_empty() {
        true => Flow::Answer(Shout { text }),
        false => Flow::Next(Shout { text }),
    }
}

fn steps() -> Steps {
    Steps::new()
        .console(|_| {})
        .step::<wrap>()
        .handler::<shout, _, _>(())
        .handler::<count, _, _>(VoiceServer { seen: "abc".into() })
}

#[tokio::test]
async fn a_handler_answers_what_the_step_before_it_gives() {
    let poster = Poster::new(pipeline(&steps(), &["wrap", "shout"]));
    let text: String = poster
        .call("voice/box/Shout", &"hey".to_owned())
        .await
        .unwrap();
    assert_eq!(text, "HEY! voice/box/Shout");
}

#[tokio::test]
async fn a_handler_alone_answers_its_message() {
    let poster = Poster::new(pipeline(&steps(), &["shout"]));
    let hey = Shout { text: "hey".into() };
    let text: String = poster.call("voice/box/Shout", &hey).await.unwrap();
    assert_eq!(text, "HEY! voice/box/Shout");
    let poster = Poster::new(pipeline(&steps(), &["PrintMessage", "shout"]));
    let text: String = poster.call("voice/box/Shout", &hey).await.unwrap();
    assert_eq!(text, "HEY! voice/box/Shout");
}

#[tokio::test]
async fn what_a_message_requires_is_checked_here_too() {
    let poster = Poster::new(pipeline(&steps(), &["PrintMessage", "count"]));
    let asked = Count { text: "x".into() };
    let error = poster
        .call::<_, u64, _>("voice/box/Count", &asked)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Denied);
}

#[tokio::test]
async fn a_typed_client_reaches_a_pipeline() {
    let client = VoiceClient::local(Voice::gateway(pipeline(
        &steps(),
        &["print-message", "shout"],
    )));
    let asked = Shout { text: "hey".into() };
    let text = client.shout(asked).at("voice/box").await.unwrap();
    assert_eq!(text, "HEY! voice/box");
}

/// Answers a typed request without a handler.
#[mitto::step]
fn answer(shout: Shout) -> Flow<String> {
    Flow::Next(shout.text)
}

#[tokio::test]
async fn a_step_may_take_a_typed_request_and_give_its_response() {
    let steps = Steps::new().step::<answer>();
    let client = VoiceClient::local(Voice::gateway(pipeline(&steps, &["answer"])));
    let text = client.shout(Shout { text: "hey".into() }).await.unwrap();
    assert_eq!(text, "hey");
}
