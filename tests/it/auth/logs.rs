//! What a peer says, on its way into the log.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use mitto::auth::{self, Claim};
use mitto::built_in::Info;
use mitto::transport::PeerInfo;
use mitto::transport::Settings;
use mitto::transport::prefixed::Prefixed;
use mitto::transport::{CloseReason, Transport};
use mitto::{Identity, Server, Status};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::desk::*;
use crate::alone::alone_async;
use crate::session::raw::{Frame, GOODBYE, NOTIFICATION, Raw};

/// Clears the screen, goes to a line of its own, and turns the writing around.
const EVIL: &str = "\u{1b}[2J\r\nINFO all is well\u{202e}\u{2066}\u{9b}\u{7f}\0";

/// Keeps every event as a line.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.0, " {}={value}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn peer_cannot_forge_a_line() {
    let name = "auth::logs::peer_cannot_forge_a_line";
    alone_async(name, say_all_that_is_logged());
}

async fn say_all_that_is_logged() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let server = Server::new(TheDesk::default());
    let server = server.authenticate(auth::from_fn(async |claim: Claim| match claim.token() {
        Some(token) if token.is("t") => Ok(Identity::new(EVIL)),
        Some(_) => Err(Status::denied(format!("unknown: {EVIL}"))),
        None => Ok(Identity::new("ann").grant("write")),
    }));
    let opened = open(server).await;

    // The texts of a status, of a built-in, of a name that lacks a grant.
    opened.connect("wrong").await.unwrap_err();
    let client = opened.connect("t").await.unwrap();
    let text = format!("{EVIL}{}", "x".repeat(10_000));
    client.peer().call(Info { text }).await.unwrap();
    let text = EVIL.to_owned();
    client.note(Note { text }).await.unwrap();
    drop(client);

    // An address, and a goodbye.
    let hello = [&[1, 1][..], &[0; 18]].concat();
    let (here, there) = tokio::io::duplex(4096);
    let settings = Settings::default();
    let remote = PeerInfo::new(format!("evil {EVIL}"));
    let connection = Prefixed::new(here, remote, &settings);
    opened.server.serve(Box::new(connection));
    let mut raw = Raw::new(Prefixed::new(there, PeerInfo::new("x"), &settings));
    raw.send_bytes(&hello).await;
    raw.receive().await.unwrap();
    let note = mitto::envelope::MessageId::of_name("Note").0;
    let broken = format!("{{\"text\":{{\"{EVIL}\":1}}}}");
    let broken = Frame::new(NOTIFICATION, 1, (0, 0))
        .message(note)
        .json(&broken);
    raw.send(&broken).await;
    raw.send(&Frame::new(99, 0, (0, 0))).await;
    let goodbye = [&[0, 9], EVIL.as_bytes()].concat();
    raw.send(&Frame::new(GOODBYE, 0, (0, 0)).payload(&goodbye))
        .await;
    raw.close().await;
    while raw.receive().await.is_some() {}

    // A close reason instead of a hello.
    let mut connection = opened.memory.connect(PLACE, &settings).await.unwrap();
    let reason = CloseReason::new(4_000, EVIL);
    let _ = std::future::poll_fn(|cx| connection.poll_close(cx, &reason)).await;
    opened.server.shutdown().await;

    let lines = log.0.lock().unwrap();
    for line in lines.iter() {
        let hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c);
        assert!(!line.contains(hidden), "{line:?}");
        assert!(line.chars().count() < 5_000, "{line}");
    }
    let shown = r"\u{1b}[2J\r\nINFO all is well\u{202e}\u{2066}\u{9b}\u{7f}\0";
    for (told, about) in [
        ("connection refused", "unknown: "),
        ("message=", "\\u{1b}"),
        ("a notification failed", "needs the grant `write`, which "),
        ("frame ignored", "peer=evil "),
        ("connection ended", "peer=evil "),
        ("a notification failed", "invalid type"),
        ("handshake failed", "closed with code 4000: "),
    ] {
        let found = |line: &&String| line.contains(told) && line.contains(about);
        let line = lines.iter().find(found);
        let line = line.unwrap_or_else(|| panic!("{told}, {about}: {lines:#?}"));
        let is_escaped =
            line.contains(shown) || line.contains("\\u{1b}") || about == "invalid type";
        assert!(is_escaped, "{line}");
    }
}
