//! Waiting for calls.

use std::time::Duration;

use mitto::blocking;
use mitto::client::Reconnect;
use mitto::{CallError, Code, handler, provider};

use super::service::*;
use crate::port::Port;

#[test]
fn requests_notifications_and_streams_are_waited_for() {
    let place = Place::open();
    let chat = place.connect();
    assert_eq!(chat.ping(Ping { n: 7 }).wait().unwrap(), 7);
    assert_eq!(place.hears(), "ping 7");
    let text = "hello".to_owned();
    chat.said(Said { text }).wait().unwrap();
    assert_eq!(place.hears(), "hello");
    let mut sum = 0;
    for n in chat.count(Count { to: 1_000 }).wait().unwrap() {
        sum += n.unwrap();
    }
    assert_eq!(sum, 500_500);
    let first = chat.count(Count { to: u64::MAX }).wait().unwrap().next();
    assert_eq!(first, Some(Ok(1)));
}

#[test]
fn failures_are_typed() {
    let place = Place::open();
    let chat = place.connect();
    let user = "bob".to_owned();
    let failure = chat.login(Login { user }).wait().unwrap_err();
    let CallError::Handler(unknown) = failure else {
        panic!("{failure}");
    };
    assert_eq!(unknown.to_string(), "nobody is called bob");
    let port = Port::reserve();
    let error = blocking::connect::<ChatClient>(&port.url("ws")).unwrap_err();
    let expected = format!("nothing listens at {}", port.address());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn timeout_of_a_call_is_kept() {
    let place = Place::open();
    // Without its own the call would wait for an hour.
    let builder = ChatClient::builder().limits(patient());
    let chat = builder.connect_blocking(place.url()).unwrap();
    let sleep = chat.sleep(Sleep { ms: 3_600_000 });
    let status = sleep.timeout(Duration::from_millis(50)).wait().unwrap_err();
    assert_eq!(status.code(), Code::Timeout);
}

#[provider(client of Chat: [answer])]
struct App;

#[handler(blocking)]
fn answer(caller: ChatClient, _: Answer) -> u64 {
    // On a thread for blocking work it may wait itself.
    caller.ping(Ping { n: 40 }).wait().unwrap() + 2
}

#[test]
fn server_calls_back() {
    let place = Place::open();
    let builder = ChatClient::builder().provide(App);
    let chat = builder.connect_blocking(place.url()).unwrap();
    assert_eq!(chat.ask_me(AskMe {}).wait().unwrap(), 42);
}

#[test]
fn many_threads_share_a_client() {
    let place = Place::open();
    let chat = place.connect();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let chat = chat.clone();
            scope.spawn(move || {
                for n in 0..200 {
                    let n = thread * 1_000 + n;
                    assert_eq!(chat.ping(Ping { n }).wait().unwrap(), n);
                }
            });
        }
    });
}

#[test]
fn client_in_process_is_waited_for() {
    let (server, heard) = chat();
    let chat = ChatClient::builder()
        .provide(App)
        .local_blocking(server)
        .unwrap();
    chat.sleep(Sleep { ms: 5 }).wait().unwrap();
    assert_eq!(chat.count(Count { to: 3 }).wait().unwrap().count(), 3);
    chat.said(Said {
        text: "later".to_owned(),
    })
    .wait()
    .unwrap();
    let heard = std::iter::repeat_with(|| heard.recv_timeout(Duration::from_secs(20)).unwrap());
    assert!(heard.into_iter().any(|text| text == "later"));
    assert_eq!(chat.ask_me(AskMe {}).wait().unwrap(), 42);
}

#[test]
fn client_that_reconnects_is_waited_for() {
    let port = Port::reserve();
    let place = Place::at(&port.url("ws"));
    let url = place.url().to_owned();
    let builder = ChatClient::builder().reconnect(Reconnect::default());
    let chat = builder.connect_blocking(&url).unwrap();
    assert_eq!(chat.ping(Ping { n: 1 }).wait().unwrap(), 1);
    place.runtime.block_on(place.server.shutdown());
    let (server, _heard) = super::service::chat();
    let server = place
        .runtime
        .block_on(mitto::Server::new(server).listen(&url));
    let server = place.runtime.block_on(async { server.unwrap().spawn() });
    assert_eq!(chat.ping(Ping { n: 2 }).wait().unwrap(), 2);
    drop(chat);
    place.runtime.block_on(server.shutdown());
}

#[test]
fn any_future_can_be_waited_for() {
    let place = Place::open();
    let chat = place.connect();
    chat.peer().close();
    blocking::wait(chat.peer().closed());
    let status = chat.ping(Ping { n: 1 }).wait().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
}

#[test]
fn resumed_stream_is_an_iterator() {
    let place = Place::open();
    let chat = place.connect();
    let items = chat.count(Count { to: 4 }).resume(|_| None);
    assert_eq!(blocking::iter(items).map(Result::unwrap).sum::<u64>(), 10);
}
