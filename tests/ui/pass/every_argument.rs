//! Everything that a handler may take, and the longest list of it.

use mitto::context::Parts;
use mitto::handler::{Extract, Items, State};
use mitto::{Context, Metadata, Peer, Status};
use mitto_test_messages::{Chat, ChatCaller, Login, LoginError, Tick, Token, Typing, Watch};

struct Locale(String);

impl<S> Extract<S> for Locale {
    fn extract(_: &S, parts: &Parts<'_>) -> Result<Self, Status> {
        Ok(Self(parts.metadata.get("locale").unwrap_or("en").to_owned()))
    }
}

#[derive(Clone)]
struct Named {
    name: String,
}

#[mitto::handler]
async fn login(
    State(Named { name }): State<Named>,
    State((a, _)): State<(u8, u8)>,
    _: Context,
    metadata: Metadata,
    _: Peer,
    _: ChatCaller,
    Locale(locale): Locale,
    _: State<u8>,
    Login { user }: Login,
) -> Result<Token, LoginError> {
    drop(metadata);
    Ok(Token(format!("{name}{a}{locale}{user}")))
}

#[mitto::handler]
async fn watch(items: Items<Tick>, _: Watch) {
    let _ = items.send(Tick(1)).await;
}

#[mitto::handler]
fn typing(_: Typing) {}

#[mitto::provider(server of Chat: [mitto_test_handlers::ping, login, watch, typing])]
struct Server {
    named: Named,
    pair: (u8, u8),
    one: u8,
    #[state(skip)]
    _two: u8,
}

fn main() {}
