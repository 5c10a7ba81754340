//! Where waiting is allowed, and how long a client's thread lives.

use std::cell::Cell;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use mitto::blocking::{self, Background};
use mitto::{State, handler, provider};

use super::service::*;

/// What a wait panics with on this thread.
fn panic_of<T>(wait: impl FnOnce() -> T) -> String {
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(wait));
    let panicked = panicked.err().expect("it panics");
    match panicked.downcast::<String>() {
        Ok(text) => *text,
        Err(panicked) => (*panicked.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn waiting_in_an_async_task_panics_with_a_way_out() {
    let place = Place::open();
    let chat = place.connect();
    let url = place.url().to_owned();
    let check = move || {
        let text = panic_of(|| chat.ping(Ping { n: 1 }).wait());
        assert!(text.contains("use `.await` here"), "{text}");
        let text = panic_of(|| blocking::connect::<ChatClient>(&url));
        assert!(text.contains("use `.await` here"), "{text}");
        let text = panic_of(|| blocking::wait(async {}));
        assert!(text.contains("use `.await` here"), "{text}");
        chat
    };
    let task = place.runtime.spawn(async { check() });
    let chat = place.runtime.block_on(task).unwrap();
    place.runtime.block_on(async {
        let text = panic_of(|| chat.ping(Ping { n: 1 }).wait());
        assert!(text.contains("use `.await` here"), "{text}");
        let unseen = tokio::task::unconstrained(async {
            let text = panic_of(|| chat.ping(Ping { n: 1 }).wait());
            assert!(text.contains("Cannot block the current thread"), "{text}");
        });
        unseen.await;
        assert_eq!(chat.ping(Ping { n: 2 }).await.unwrap(), 2);
    });
}

#[test]
fn waiting_on_a_thread_for_blocking_work_is_allowed() {
    let place = Place::open();
    let chat = place.connect();
    let other = chat.clone();
    place.runtime.block_on(async move {
        let wait = move || other.ping(Ping { n: 1 }).wait().unwrap();
        assert_eq!(tokio::task::spawn_blocking(wait).await.unwrap(), 1);
    });
    let task = place.runtime.spawn(async move {
        tokio::task::block_in_place(|| chat.ping(Ping { n: 2 }).wait().unwrap())
    });
    assert_eq!(place.runtime.block_on(task).unwrap(), 2);
}

thread_local! {
    static ENDS: Cell<Option<Ends>> = const { Cell::new(None) };
}

struct Ends(Sender<&'static str>);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.send("the thread has ended");
    }
}

#[test]
fn thread_ends_with_the_last_handle() {
    let place = Place::open();
    let (tells, told) = channel();
    let background = Background::start().unwrap();
    let connect = |tells: Option<Sender<&'static str>>| {
        let builder = ChatClient::builder().on_connected(move |_| {
            if let Some(tells) = &tells {
                ENDS.set(Some(Ends(tells.clone())));
            }
        });
        let connected = builder.connect_blocking_in(&background, place.url());
        connected.unwrap()
    };
    let one = connect(Some(tells));
    let two = connect(None);
    let peer = two.peer().clone();
    drop((one, two));
    drop(background);
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
    assert!(peer.is_connected());
    drop(peer);
    told.recv_timeout(Duration::from_secs(20)).unwrap();
}

#[test]
fn what_was_sent_last_arrives() {
    let place = Place::open();
    for n in 0..20 {
        let text = n.to_string();
        place.connect().said(Said { text }).wait().unwrap();
        assert_eq!(place.hears(), n.to_string());
    }
}

#[provider(client of Chat: [answer])]
struct Stuck {
    asked: Sender<()>,
}

#[handler]
async fn answer(State(asked): State<Sender<()>>, _: Answer) -> u64 {
    asked.send(()).unwrap();
    std::future::pending().await
}

#[test]
fn drop_does_not_wait_for_long() {
    let place = Place::open();
    let (asked, was_asked) = channel();
    // By its limits the client would finish what it was asked, and take an hour for it.
    let builder = ChatClient::builder()
        .provide(Stuck { asked })
        .limits(patient());
    let chat = builder.connect_blocking(place.url()).unwrap();
    let asking = place.server.peers().list().pop().unwrap();
    let asking = place
        .runtime
        .spawn(async move { ChatCaller::from(asking).answer(Answer {}).await });
    was_asked.recv().unwrap();
    drop(chat);
    asking.abort();
}
