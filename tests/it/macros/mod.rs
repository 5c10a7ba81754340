//! What the derives and attributes make of messages, handlers, schemas and providers.

use std::sync::{Arc, Mutex};

use mitto::codec::{Codecs, Encoder, Format};
use mitto::context::Parts;
use mitto::envelope::MessageId;
use mitto::handler::{Extract, Items, State};
use mitto::job::{Job, Run};
use mitto::message::{Message, MessageKind, Payload, Sent};
use mitto::peer::Peer;
use mitto::provider::MessageProvider;
use mitto::schema::{Schema, Side};
use mitto::status::{CallError, Code, Status};
use mitto_test_handlers::auth::{self, Users};
use mitto_test_handlers::ping;
use mitto_test_messages::presence::{Presence, PresenceClient, Who};
use mitto_test_messages::{
    Chat, ChatClient, Confirm, Login, LoginError, Lounge, LoungeClient, Ping, Pong, Stray, Tick,
    Token, Typing, Watch,
};

use crate::answers::{Answers, Came};

mod trouble;

#[mitto::provider(server of Chat: [ping, auth::login, watch, typing])]
struct ChatServer {
    users: Users,
    typed: Arc<Mutex<Vec<String>>>,
    #[state(skip)]
    _other_users: Users,
}

#[mitto::handler]
async fn watch(items: Items<Tick>, req: Watch) -> Result<(), Status> {
    for n in 1..=req.to {
        if n == 3 {
            return Err(Status::denied("three is too many"));
        }
        items.send(Tick(n)).await?;
    }
    Ok(())
}

#[mitto::handler]
fn typing(State(typed): State<Arc<Mutex<Vec<String>>>>, who: Loud, req: Typing) {
    typed.lock().unwrap().push(format!("{}{}", req.user, who.0));
}

/// An extractor of the user's own, for one provider only.
struct Loud(&'static str);

impl Extract<ChatServer> for Loud {
    fn extract(server: &ChatServer, _: &Parts<'_>) -> Result<Self, Status> {
        match server.users.0.len() {
            0 => Err(Status::denied("nobody is known")),
            _ => Ok(Self("!")),
        }
    }
}

fn server() -> ChatServer {
    let users = Users(Arc::new(["ann".to_owned()]));
    ChatServer {
        users: users.clone(),
        typed: Arc::default(),
        _other_users: users,
    }
}

async fn run(provider: &impl MessageProvider, id: MessageId, bytes: &[u8]) -> Vec<Came> {
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    let payload = Payload::Encoded {
        format: Format::JSON,
        bytes,
    };
    let (answers, answer) = Answers::new();
    let run = provider.dispatch(Job::new(id, payload, &caller, &codecs), answer);
    run.await;
    answers.came()
}

async fn send<M: Message>(provider: &impl MessageProvider, message: M) -> Vec<Came> {
    let (codecs, mut bytes) = (Codecs::default(), Vec::new());
    message
        .encode(&mut Encoder::new(
            &codecs,
            Format::JSON,
            &mut bytes,
            1 << 20,
        ))
        .unwrap();
    run(provider, M::INFO.id, &bytes).await
}

#[test]
fn messages_are_known_as_data() {
    let login = Login::INFO;
    assert_eq!(login.name, "Login");
    assert_eq!(login.id, MessageId::of_name("Login"));
    assert_eq!(login.kind, MessageKind::Request);
    assert_eq!((login.response, login.error), ("Token", Some("LoginError")));
    assert_eq!(login.docs, "Log a user in.\n\nWrong names are refused.");
    assert_eq!(login.timeout, Some(std::time::Duration::from_secs(5)));
    assert!(!login.idempotent && Ping::INFO.idempotent);
    assert_eq!(
        (Typing::INFO.name, Typing::INFO.id),
        ("typing", MessageId(7))
    );
    assert_eq!(Who::INFO.response, "Vec<String>");
    assert_eq!(Stray::INFO.response, "()");
}

#[tokio::test]
async fn a_provider_is_called_directly() {
    let server = server();
    assert_eq!(server.call(Ping { n: 3 }).await, Ok(Pong { n: 3 }));
    let ann = Login { user: "ann".into() };
    assert_eq!(server.call(ann).await, Ok(Token("ann".into())));
    let bob = Login { user: "bob".into() };
    assert_eq!(
        server.call(bob).await,
        Err(CallError::Handler(LoginError::Unknown))
    );
    assert_eq!(server.call(Typing { user: "ann".into() }).await, Ok(()));
    assert_eq!(*server.typed.lock().unwrap(), ["ann!"]);
}

#[tokio::test]
async fn a_stream_of_a_direct_call_is_read_as_any_other() {
    let mut ticks = server().call(Watch { to: 2 }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(Tick(1))));
    assert_eq!(ticks.next().await, Some(Ok(Tick(2))));
    assert_eq!(ticks.next().await, None);

    let mut ticks = server().call(Watch { to: 9 }).await.unwrap();
    ticks.next().await;
    ticks.next().await;
    assert_eq!(
        ticks.next().await,
        Some(Err(Status::denied("three is too many")))
    );
    assert_eq!(ticks.next().await, None);
}

#[tokio::test]
async fn jobs_find_their_handler() {
    let server = server();
    assert_eq!(
        send(&server, Ping { n: 1 }).await,
        [Came::response(r#"{"n":1}"#)]
    );
    let bob = Login { user: "bob".into() };
    assert_eq!(send(&server, bob).await, [Came::error(r#""Unknown""#)]);
    assert_eq!(
        send(&server, Watch { to: 2 }).await,
        [Came::item("1"), Came::item("2"), Came::End]
    );
}

#[tokio::test]
async fn earlier_names_are_understood() {
    let server = server();
    let id = MessageId::of_name("SignIn");
    assert!(server.handles(id));
    let came = run(&server, id, br#"{"user":"ann"}"#).await;
    assert_eq!(came, [Came::response(r#""ann""#)]);
}

#[tokio::test]
async fn an_unknown_message_is_not_found() {
    let server = server();
    assert!(!server.handles(Stray::INFO.id));
    let came = send(&server, Stray).await;
    let [Came::Status(status)] = &came[..] else {
        panic!("{came:?}");
    };
    assert_eq!(status.code(), Code::NotFound);
    assert!(
        status
            .message()
            .contains(&format!("{:#010x}", Stray::INFO.id.0))
    );
}

#[tokio::test]
async fn a_malformed_message_is_a_bad_request_that_names_it() {
    let came = run(&server(), Ping::INFO.id, br#"{"n":"one"}"#).await;
    let [Came::Status(status)] = &came[..] else {
        panic!("{came:?}");
    };
    assert_eq!(status.code(), Code::BadRequest);
    assert!(status.message().starts_with("`Ping`: "), "{status}");
}

#[tokio::test]
async fn a_value_of_this_process_is_not_encoded() {
    let (codecs, caller) = (Codecs::default(), Peer::nobody());
    let server = server();
    let mut ping = Sent(Some(Ping { n: 5 }));
    let (answers, answer) = Answers::new();
    let run = server.dispatch(
        Job::new(Ping::INFO.id, Payload::Value(&mut ping), &caller, &codecs),
        answer,
    );
    assert!(run.is_done());
    assert_eq!(answers.came(), [Came::response(r#"{"n":5}"#)]);

    let mut stray = Sent(Some(Stray));
    let (answers, answer) = Answers::new();
    let run = server.dispatch(
        Job::new(Ping::INFO.id, Payload::Value(&mut stray), &caller, &codecs),
        answer,
    );
    assert!(run.is_done());
    assert!(
        matches!(&answers.came()[..], [Came::Status(status)] if status.code() == Code::SchemaMismatch)
    );
}

#[test]
fn schemas_are_known_as_data() {
    let chat = Chat::DESCRIPTOR;
    assert_eq!(
        (&*chat.name, &*chat.docs),
        ("Chat", "A chat between one server and many clients.")
    );
    let names: Vec<&str> = chat
        .to_server
        .iter()
        .map(|message| &*message.name)
        .collect();
    assert_eq!(names, ["Ping", "Login", "Watch", "typing"]);
    assert_eq!(chat.to_client.len(), 1);
    let login = chat
        .message(Side::Server, MessageId::of_name("SignIn"))
        .unwrap();
    assert_eq!(login.name, "Login");

    let text = serde_json::to_string(chat).unwrap();
    let back: mitto::schema::Descriptor = serde_json::from_str(&text).unwrap();
    assert_eq!(&back, chat);

    let lounge: Vec<&str> = Lounge::DESCRIPTOR
        .to_server
        .iter()
        .map(|message| &*message.name)
        .collect();
    assert_eq!(lounge, ["Ping", "Who"]);
    assert_ne!(Lounge::DESCRIPTOR.digest, chat.digest);
}

mod shuffled {
    use super::*;

    mitto::schema! {
        /// `Chat` in another order.
        pub Chat {
            server => client as ChatCaller: [Confirm],
            client => server as ChatClient: [Watch, Typing, Ping, Login as sign_in],
        }
    }
}

#[test]
fn a_digest_does_not_depend_on_the_order() {
    assert_eq!(shuffled::Chat::DESCRIPTOR.digest, Chat::DESCRIPTOR.digest);
    let stub = shuffled::ChatClient::from(Peer::nobody());
    drop(stub.sign_in(Login {
        user: String::new(),
    }));
    drop(shuffled::ChatCaller::from(Peer::nobody()).confirm(Confirm));
}

#[mitto::provider(server of Presence: [who])]
#[derive(Default)]
struct PresenceServer {
    names: Vec<String>,
}

#[mitto::handler(spawn)]
async fn who(State(names): State<Vec<String>>, _: Who) -> Vec<String> {
    names
}

#[mitto::provider(server of Lounge: [ping, include presence])]
struct LoungeServer {
    presence: PresenceServer,
}

#[tokio::test]
async fn schemas_and_providers_compose() {
    let server = LoungeServer {
        presence: PresenceServer {
            names: vec!["ann".into()],
        },
    };
    assert!(server.handles(Who::INFO.id) && server.handles(Ping::INFO.id));
    assert_eq!(server.descriptor().name, "Lounge");
    assert_eq!(server.side(), Side::Server);
    assert_eq!(send(&server, Who).await, [Came::response(r#"["ann"]"#)]);
    assert_eq!(
        send(&server, Ping { n: 2 }).await,
        [Came::response(r#"{"n":2}"#)]
    );
    assert_eq!(server.presence.call(Who).await.unwrap(), ["ann"]);
    let client = LoungeClient::from(Peer::nobody());
    let _: &PresenceClient = client.presence();
    assert_eq!(
        client.presence().who(Who).await.unwrap_err().code(),
        Code::Unavailable
    );
}

#[test]
fn handlers_are_plain_functions() {
    assert_eq!(ping(Ping { n: 4 }), Pong { n: 4 });
}

#[test]
fn stubs_send_what_their_schema_lists() {
    use mitto::Sends;

    fn sends<S: Sends<Ping>>(stub: &S) {
        drop(stub.call(Ping { n: 1 }));
    }
    let chat = ChatClient::from(Peer::nobody());
    sends(&chat);
    assert!(!chat.peer().is_connected());
    assert_eq!(format!("{chat:?}"), "ChatClient { peer: Peer(0, nobody) }");
}

fn poll_once(run: &mut Run) -> std::task::Poll<()> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::Pin::new(run).poll(&mut cx)
}
