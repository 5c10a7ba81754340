//! scratch
use mitto::codec::*;
use mitto::envelope::MessageId;
use mitto::job::*;
use mitto::message::*;
use mitto::queue::Queue;
use mitto::session::*;
use mitto::status::*;
use mitto::transport::memory;
use std::sync::Arc;

#[derive(serde::Serialize, serde::Deserialize, Clone, PartialEq, Debug)]
struct Echo {
    id: u64,
    name: String,
    payload: String,
}

impl Message for Echo {
    const INFO: &'static MessageInfo = &MessageInfo {
        name: "Echo",
        id: MessageId::of_name("Echo"),
        kind: MessageKind::Request,
        was: &[],
        rust: "Echo",
        response: "Echo",
        error: None,
        docs: "",
        timeout: None,
        idempotent: false,
    };
    type Kind = Unary;
    type Response = Echo;
    type Failure = Status;
    fn encode(&self, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        to.encode(self)
    }
    fn decode(from: Decoder<'_>) -> Result<Self, CodecError> {
        from.decode()
    }
    fn encode_response(r: &Echo, to: &mut Encoder<'_>) -> Result<(), CodecError> {
        to.encode(r)
    }
    fn decode_response(from: Decoder<'_>) -> Result<Echo, CodecError> {
        from.decode()
    }
    fn encode_error(e: &Never, _: &mut Encoder<'_>) -> Result<(), CodecError> {
        match *e {}
    }
    fn decode_error(from: Decoder<'_>) -> Result<Never, CodecError> {
        from.decode()
    }
}

struct EchoQueue;
impl Queue for EchoQueue {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        if let Payload::Encoded { format, bytes } = job.payload {
            match Echo::decode(Decoder::new(job.codecs, format, bytes)) {
                Ok(echo) => answer.outcome::<Echo>(Ok(echo)),
                Err(e) => answer.fail(Status::bad_request(e.to_string())),
            }
        }
        Run::done()
    }
}

#[tokio::test]
async fn session_smoke() {
    let (a, b) = memory::pair(64 << 10);
    let config = Arc::new(Config::new(Arc::new(EchoQueue)));
    let (a, b) = tokio::join!(
        Session::connect(Box::new(a), config.clone()),
        Session::accept(Box::new(b), config)
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    let peer = a.peer().clone();
    let back = b.peer().clone();
    tokio::spawn(a);
    let end = tokio::spawn(b);
    for size in [0, 10, 70_000, 900_000] {
        let echo = Echo {
            id: 1,
            name: "n".into(),
            payload: "x".repeat(size),
        };
        assert_eq!(peer.call(echo.clone()).await.unwrap(), echo);
        assert_eq!(back.call(echo.clone()).await.unwrap(), echo);
    }
    let big = Echo {
        id: 1,
        name: "n".into(),
        payload: "x".repeat(2_000_000),
    };
    println!("{:?}", peer.call(big).await);
    let many: Vec<_> = (0..5000)
        .map(|i| {
            let peer = peer.clone();
            tokio::spawn(async move {
                peer.call(Echo {
                    id: i,
                    name: "n".into(),
                    payload: "y".repeat(1000),
                })
                .await
                .unwrap()
                .id
            })
        })
        .collect();
    for (i, task) in many.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), i as u64);
    }
    peer.close();
    println!("{:?}", end.await);
    println!(
        "{:?}",
        peer.call(Echo {
            id: 1,
            name: String::new(),
            payload: String::new()
        })
        .await
    );
}
