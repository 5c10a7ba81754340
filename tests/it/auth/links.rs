//! What is believed of a connection between servers, and of no other.

use std::sync::{Arc, Mutex};

use mitto::auth::{LINK, Tokens};
use mitto::job::{Answer, Job, OwnedJob, Run};
use mitto::queue::Queue;
use mitto::transport::{Settings, Transport};
use mitto::{Code, Identity, Limits, Server, Status};

use super::desk::*;
use crate::session::raw::{Frame, Raw};

fn tokens() -> Tokens {
    Tokens::new()
        .token("link", Identity::new("gateway").grant(LINK).grant("read"))
        .token("user", Identity::new("eve"))
}

fn server() -> Server {
    Server::new(TheDesk::default()).authenticate(tokens())
}

#[tokio::test]
async fn link_asks_for_others() {
    let opened = open(server()).await;
    let link = opened.connect("link").await.unwrap();
    let ann = Identity::new("ann").grant("read").grant("write");
    let named = |name: &str| Some(name.to_owned());
    let look = link.look(Look {}).forwarded_for(Some(ann.clone()), 1);
    let expected = [named("ann"), named("ann"), named("gateway")];
    assert_eq!(look.await.unwrap(), expected);
    let write = link.write(Write {}).forwarded_for(Some(ann), 1);
    write.await.unwrap();
    // Nobody in particular has none of the link's own grants.
    let look = link.look(Look {}).forwarded_for(None, 1).await.unwrap();
    assert_eq!(look, [None, None, named("gateway")]);
    let read = link.read(Read {}).forwarded_for(None, 1).await;
    assert_eq!(read.unwrap_err().code(), Code::Denied);
    // Not forwarded, it asks for itself.
    assert_eq!(link.who(Who {}).await.unwrap(), "gateway");
    assert_eq!(link.read(Read {}).await.unwrap(), 7);
}

#[tokio::test]
async fn nobody_else_asks_for_others() {
    let opened = open(server().allow_anonymous()).await;
    let admin = || Some(Identity::new("admin").grant("read").grant(LINK));
    let eve = opened.connect("user").await.unwrap();
    let who = eve.who(Who {}).forwarded_for(admin(), 1).await;
    assert_eq!(who.unwrap(), "eve");
    let who = eve.who(Who {}).forwarded_for(None, 1).await;
    assert_eq!(who.unwrap(), "eve");
    let read = eve.read(Read {}).forwarded_for(admin(), 1).await;
    assert_eq!(read.unwrap_err().code(), Code::Denied);
    let anonymous = opened.builder().connect(PLACE).await.unwrap();
    let who = anonymous.who(Who {}).forwarded_for(admin(), 1).await;
    assert_eq!(who.unwrap_err().code(), Code::Denied);
    // In process it is the same.
    let local = DeskClient::builder().identity(Identity::new("eve"));
    let local = local.local(TheDesk::default());
    let who = local.who(Who {}).forwarded_for(admin(), 1).await;
    assert_eq!(who.unwrap(), "eve");
    let link = DeskClient::builder().identity(Identity::new("gateway").grant(LINK));
    let link = link.local(TheDesk::default());
    let who = link.who(Who {}).forwarded_for(admin(), 1).await;
    assert_eq!(who.unwrap(), "admin");
}

/// Keeps what it was asked.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<OwnedJob>>>);

impl Queue for Kept {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let owned = OwnedJob::copy(&job, 1 << 20).unwrap();
        let again = owned.lend(job.caller, job.codecs);
        assert_eq!(again.identity, job.identity);
        assert_eq!(again.hops, job.hops);
        self.0.lock().unwrap().push(owned);
        answer.fail(Status::unavailable("kept"));
        Run::done()
    }
}

#[tokio::test]
async fn hops_and_identity_reach_the_queue_from_a_link_alone() {
    let kept = Kept::default();
    let server = Server::new(Desk::gateway(kept.clone())).authenticate(tokens());
    let opened = open(server).await;
    let bob = Identity::new("bob").grant("x");
    for (token, hops, identity) in [
        ("link", 3, Some(bob.clone())),
        ("user", 0, Some(Identity::new("eve"))),
    ] {
        let client = opened.connect(token).await.unwrap();
        let call = client.who(Who {}).forwarded_for(Some(bob.clone()), 3);
        assert_eq!(call.await.unwrap_err().code(), Code::Unavailable);
        let note = Note {
            text: "x".repeat(100_000),
        };
        let notified = client.note(note).forwarded_for(Some(bob.clone()), 3);
        notified.await.unwrap();
        while kept.0.lock().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        // The second came in pieces.
        for job in kept.0.lock().unwrap().drain(..) {
            assert_eq!((job.hops, &job.identity), (hops, &identity));
        }
    }
}

#[tokio::test]
async fn identity_that_cannot_be_read_is_a_bad_request() {
    let opened = open(server()).await;
    let settings = Settings::default();
    let connection = opened.memory.connect(PLACE, &settings).await.unwrap();
    let mut raw = Raw { connection };
    let mut hello = vec![1, 1];
    hello.extend([0; 18]);
    hello.extend(b"\x09\x00\x04link");
    raw.send_bytes(&hello).await;
    let answer = raw.receive().await.unwrap();
    assert_eq!(answer.kind, 1);
    // Part 3 of a link's hello: 65,536 requests in flight.
    let in_flight = [3, 0, 4, 0, 1, 0, 0];
    assert!(answer.payload.windows(7).any(|part| part == in_flight));
    let long = vec![0; 8 * 1024 + 1];
    let id = mitto::envelope::MessageId::of_name("Who").0;
    for (slot, part) in [&[0, 9, b'x'][..], &[0, 1, 0xff], &long]
        .into_iter()
        .enumerate()
    {
        let slot = u32::try_from(slot).unwrap();
        let request = Frame::request((slot, 1), id, "{}").part(5, part);
        raw.send(&request).await;
        let answer = raw.receive().await.unwrap();
        assert_eq!(answer.status().code(), Code::BadRequest);
    }
    let forwarded = Frame::request((9, 1), id, "{}").part(5, b"\x00\x03ann\x00\x01g");
    raw.send(&forwarded).await;
    assert_eq!(raw.receive().await.unwrap().text(), r#""ann""#);
    // Slots far beyond what others have.
    raw.send(&Frame::request((60_000, 1), id, "{}")).await;
    assert_eq!(raw.receive().await.unwrap().text(), r#""gateway""#);
}

#[tokio::test]
async fn only_a_link_has_room_for_many_requests() {
    let mut limits = Limits::default();
    limits.in_flight = 2;
    let opened = open(server().limits(limits)).await;
    for (token, count) in [("user", 2), ("link", 65_536)] {
        let mut raw = Raw {
            connection: opened
                .memory
                .connect(PLACE, &Settings::default())
                .await
                .unwrap(),
        };
        let mut hello = vec![1, 1];
        hello.extend([0; 18]);
        hello.extend([9, 0, 4]);
        hello.extend(token.as_bytes());
        raw.send_bytes(&hello).await;
        let answer = raw.receive().await.unwrap();
        let part = [&[3, 0, 4][..], &u32::to_be_bytes(count)].concat();
        assert!(answer.payload.windows(7).any(|found| found == part));
        let id = mitto::envelope::MessageId::of_name("Who").0;
        raw.send(&Frame::request((count, 1), id, "{}")).await;
        let answer = raw.receive().await.unwrap();
        assert_eq!(answer.status().code(), Code::BadRequest);
    }
}
