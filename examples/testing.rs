//! Tests of a provider without a network, of the chat in `shared/chat.rs`.
//!
//! `cargo run --example testing` runs the checks one by one; `cargo test --example testing` runs them as
//! tests, which is how you would write them.

use std::error::Error;
use std::sync::{Arc, Mutex};

use mitto::{CallError, Code, State, handler, provider};
use mitto_examples::chat::{
    Chat, ChatClient, ChatServer, Event, Join, JoinError, Mood, Say, What, Who,
};

type Checked = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Checked {
    a_handler_is_a_plain_function();
    println!("ok: a handler is a plain function");
    a_provider_is_called_directly().await?;
    println!("ok: a provider is called directly");
    a_local_client_goes_the_whole_way().await?;
    println!("ok: a local client goes the whole way");
    a_client_that_is_called_back().await?;
    println!("ok: a client that is called back");
    Ok(())
}

/// `#[handler]` leaves the fn as it is. Extractors are values that a test can make.
fn a_handler_is_a_plain_function() {
    let log = Log::default();
    event(State(log.clone()), said("Ada", "hello"));
    assert_eq!(log.lines(), ["Ada: Said(\"hello\")"]);
    assert_eq!(mood(Mood {}), "tested");
}

/// One message, dispatched at compile time. There is no caller, so nobody can be called back.
async fn a_provider_is_called_directly() -> Checked {
    let log = Log::default();
    let screen = Screen { log: log.clone() };
    assert_eq!(screen.call(Mood {}).await?, "tested");
    screen.call(said("Bob", "hi")).await?;
    assert_eq!(log.lines(), ["Bob: Said(\"hi\")"]);
    Ok(())
}

/// The same client type as over a network: deadlines, errors and cancellation are the same, but
/// nothing is encoded.
async fn a_local_client_goes_the_whole_way() -> Checked {
    let chat = ChatClient::local(ChatServer::default());
    let refused = chat.who(Who {}).await.map_err(|status| status.code());
    assert_eq!(refused, Err(Code::Denied));
    assert!(chat.join(join("Ada")).await?.is_empty());
    assert_eq!(chat.say(say("anybody?")).await?, 0);
    Ok(())
}

/// Several clients of one server, with handlers of their own.
async fn a_client_that_is_called_back() -> Checked {
    let server = Arc::new(ChatServer::default());
    let log = Log::default();
    let screen = Screen { log: log.clone() };
    let ada = ChatClient::builder().provide(screen).local(server.clone());
    let bob = ChatClient::builder().local(server);

    ada.join(join("Ada")).await?;
    let taken = bob.join(join("Ada")).await;
    let expected = JoinError::NameTaken("Ada".to_owned());
    assert_eq!(taken, Err(CallError::Handler(expected)));
    assert_eq!(bob.join(join("Bob")).await?, ["Ada"]);
    assert_eq!(bob.say(say("hello")).await?, 1);
    assert_eq!(bob.who(Who {}).await?, ["Ada is tested"]);
    assert_eq!(log.lines(), ["Bob: Entered", "Bob: Said(\"hello\")"]);
    Ok(())
}

/// A client that notes down what it hears.
#[provider(client of Chat: [event, mood])]
struct Screen {
    log: Log,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

#[handler]
fn event(State(log): State<Log>, req: Event) {
    let line = format!("{}: {:?}", req.name, req.what);
    log.0.lock().expect("no test panics with it").push(line);
}

#[handler]
fn mood(_: Mood) -> String {
    "tested".to_owned()
}

fn join(name: &str) -> Join {
    let (name, room) = (name.to_owned(), "lobby".to_owned());
    Join { name, room }
}

fn say(text: &str) -> Say {
    let text = text.to_owned();
    Say { text }
}

fn said(name: &str, text: &str) -> Event {
    let (name, what) = (name.to_owned(), What::Said(text.to_owned()));
    Event { name, what }
}

#[cfg(test)]
mod tests {
    use super::Checked;

    #[test]
    fn a_handler_is_a_plain_function() {
        super::a_handler_is_a_plain_function();
    }

    #[tokio::test]
    async fn a_provider_is_called_directly() -> Checked {
        super::a_provider_is_called_directly().await
    }

    #[tokio::test]
    async fn a_local_client_goes_the_whole_way() -> Checked {
        super::a_local_client_goes_the_whole_way().await
    }

    #[tokio::test]
    async fn a_client_that_is_called_back() -> Checked {
        super::a_client_that_is_called_back().await
    }
}
