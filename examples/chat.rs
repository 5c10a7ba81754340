//! Rooms where people talk: the server pushes what is said to the others, and asks them how they are.
//!
//! - `cargo run --example chat`: a scripted demo, a server and three clients in one process
//! - `cargo run --example chat server [URL]`: the server, by default at `ws://127.0.0.1:8081`
//! - `cargo run --example chat NAME [URL]`: a client for the terminal
//!
//! The messages and the server's handlers are in `shared/chat.rs`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mitto::{CallError, Server, State, handler, provider};
use mitto_examples::chat::{Chat, ChatClient, ChatServer, Event, Join, Mood, Say, What, Who};
use mitto_examples::terminal;

const HELP: &str = "type a text to say it, or /join ROOM, /who, /mood TEXT, /quit";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next();
    let url = arguments.next().unwrap_or("ws://127.0.0.1:8081".to_owned());
    let done = match name.as_deref() {
        None => demo().await,
        Some("server") => serve(&url).await,
        Some(name) => talk(name, &url).await,
    };
    terminal::exit(done)
}

/// The client's side of the schema: what the server pushes, and what it asks.
#[provider(client of Chat: [event, mood])]
struct Screen {
    of: Name,
    mood: CurrentMood,
}

#[derive(Clone)]
struct Name(String);

#[derive(Clone)]
struct CurrentMood(Arc<Mutex<String>>);

#[handler]
fn event(State(of): State<Name>, req: Event) {
    let Event { name, what } = req;
    let what = match what {
        What::Entered => "enters".to_owned(),
        What::Said(text) => format!("says: {text}"),
        What::Left => "leaves".to_owned(),
    };
    println!("  [{}'s screen] {name} {what}", of.0);
}

#[handler]
fn mood(State(mood): State<CurrentMood>, _: Mood) -> String {
    mood.get()
}

impl CurrentMood {
    fn new(mood: &str) -> Self {
        Self(Arc::new(Mutex::new(mood.to_owned())))
    }

    fn get(&self) -> String {
        let mood = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mood.clone()
    }

    fn set(&self, mood: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mood.to_owned();
    }
}

async fn connect(name: &str, mood: &CurrentMood, url: &str) -> Result<ChatClient, Box<dyn Error>> {
    let screen = Screen {
        of: Name(name.to_owned()),
        mood: mood.clone(),
    };
    Ok(ChatClient::builder().provide(screen).connect(url).await?)
}

async fn serve(url: &str) -> Result<(), Box<dyn Error>> {
    let server = Server::new(ChatServer::default()).listen(url).await?;
    println!("listening at {}", server.url());
    server.run().await;
    Ok(())
}

/// The terminal client.
async fn talk(name: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let mood = CurrentMood::new("here");
    let chat = connect(name, &mood, url).await?;
    enter(&chat, name, "lobby").await?;
    println!("{HELP}");
    let mut lines = terminal::lines();
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = chat.peer().closed() => return Err("the server has closed the connection".into()),
        };
        let Some(line) = line else { return Ok(()) };
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match command {
            "" => {}
            "/join" if !rest.is_empty() => enter(&chat, name, rest).await?,
            "/who" => println!("{}", chat.who(Who {}).await?.join("\n")),
            "/mood" if !rest.is_empty() => mood.set(rest),
            "/quit" => return Ok(()),
            command if command.starts_with('/') => println!("{HELP}"),
            _ => {
                chat.say(Say { text: line }).await?;
            }
        }
    }
}

async fn enter(chat: &ChatClient, name: &str, room: &str) -> Result<(), Box<dyn Error>> {
    let join = Join {
        name: name.to_owned(),
        room: room.to_owned(),
    };
    let others = chat.join(join).await?;
    match others.is_empty() {
        true => println!("{name} is alone in the {room}"),
        false => println!("{name} joins {} in the {room}", others.join(", ")),
    }
    Ok(())
}

async fn demo() -> Result<(), Box<dyn Error>> {
    let server = Server::new(ChatServer::default());
    let server = server.listen("ws://127.0.0.1:0").await?;
    let server = server.spawn();
    let url = server.url();

    let ada = connect("Ada", &CurrentMood::new("programming"), url).await?;
    let bob = connect("Bob", &CurrentMood::new("asleep"), url).await?;
    let eve = connect("Eve", &CurrentMood::new("listening"), url).await?;

    println!("Ada and Bob go to the lobby, Eve to the cellar");
    enter(&ada, "Ada", "lobby").await?;
    enter(&bob, "Bob", "lobby").await?;
    enter(&eve, "Eve", "cellar").await?;

    println!("Eve would like to be called Bob");
    let (name, room) = ("Bob".to_owned(), "lobby".to_owned());
    match eve.join(Join { name, room }).await {
        Err(CallError::Handler(error)) => println!("refused: {error}"),
        other => println!("not what was expected: {other:?}"),
    }

    println!("Ada speaks; Eve is in another room and hears nothing");
    let text = "Is anybody there?".to_owned();
    println!("heard by {}", ada.say(Say { text }).await?);

    println!("Eve goes to the lobby");
    enter(&eve, "Eve", "lobby").await?;

    println!("Eve asks who is there; the server asks everybody");
    println!("{}", eve.who(Who {}).await?.join(", "));

    println!("Bob's connection ends");
    drop(bob);
    // What the others see of it has no answer to wait for.
    tokio::time::sleep(Duration::from_millis(200)).await;

    server.shutdown().await;
    Ok(())
}
