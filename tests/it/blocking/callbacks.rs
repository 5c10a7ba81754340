//! Calls with callbacks.

use std::sync::mpsc::channel;
use std::time::Duration;

use mitto::{CallError, Code, blocking};

use super::service::*;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn callback_is_given_the_outcome() {
    let place = Place::open();
    let chat = place.connect();
    let (tells, told) = channel();
    let tell = tells.clone();
    chat.ping(Ping { n: 3 })
        .then(move |outcome| tell.send(outcome.map_err(|_| ())).unwrap());
    assert_eq!(told.recv_timeout(SOON).unwrap(), Ok(3));
    let tell = tells.clone();
    let call = chat
        .login(Login {
            user: "bob".to_owned(),
        })
        .then(move |outcome| {
            let Err(CallError::Handler(Unknown { user })) = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!(user, "bob");
            tell.send(Err(())).unwrap();
        });
    assert_eq!(told.recv_timeout(SOON).unwrap(), Err(()));
    blocking::wait(call.finished());
}

#[test]
fn calls_are_sent_in_the_order_in_which_they_are_made() {
    let place = Place::open();
    let chat = place.connect();
    for n in 0..200 {
        chat.ping(Ping { n })
            .then(|outcome| assert!(outcome.is_ok()));
    }
    for n in 0..200 {
        assert_eq!(place.hears(), format!("ping {n}"));
    }
}

#[test]
fn call_keeps_the_connection_open_until_its_outcome() {
    let place = Place::open();
    let (tells, told) = channel();
    let chat = place.connect();
    chat.sleep(Sleep { ms: 50 })
        .then(move |outcome| tells.send(outcome).unwrap());
    drop(chat);
    assert_eq!(told.recv_timeout(SOON).unwrap(), Ok(()));
}

#[test]
fn cancelled_call_calls_nobody() {
    let place = Place::open();
    let chat = place.connect();
    let (tells, told) = channel::<()>();
    let call = chat
        .sleep(Sleep { ms: 60_000 })
        .then(move |_| tells.send(()).unwrap());
    assert_eq!(place.hears(), "sleeping");
    assert!(!call.is_finished());
    call.cancel();
    assert_eq!(place.hears(), "slept");
    blocking::wait(call.finished());
    // Nobody is left to send.
    told.recv_timeout(SOON).unwrap_err();
}

#[test]
fn panic_in_a_callback_harms_nothing() {
    let place = Place::open();
    let chat = place.connect();
    let call = chat.ping(Ping { n: 1 }).then(|_| panic!("of the callback"));
    blocking::wait(call.finished());
    let each = chat
        .count(Count { to: u64::MAX })
        .each(|_| panic!("of the callback"));
    blocking::wait(each.finished());
    assert_eq!(chat.ping(Ping { n: 2 }).wait().unwrap(), 2);
}

#[test]
fn each_item_is_given_in_order() {
    let place = Place::open();
    let chat = place.connect();
    let (tells, told) = channel();
    let counting = chat
        .count(Count { to: 500 })
        .each(move |n| tells.send(n.unwrap()).unwrap());
    blocking::wait(counting.finished());
    assert_eq!(
        told.iter().collect::<Vec<_>>(),
        (1..=500).collect::<Vec<_>>()
    );
}

#[test]
fn end_of_the_connection_ends_calls_and_streams() {
    let place = Place::open();
    let chat = place.connect();
    let (tells, told) = channel();
    let tell = tells.clone();
    chat.sleep(Sleep { ms: 60_000 })
        .then(move |outcome| tell.send(outcome.unwrap_err()).unwrap());
    assert_eq!(place.hears(), "sleeping");
    chat.peer().close();
    assert_eq!(
        told.recv_timeout(SOON).unwrap().code(),
        Code::ConnectionLost
    );
    blocking::wait(chat.peer().closed());
    // There is still a thread for what is called later.
    chat.ping(Ping { n: 1 })
        .then(move |outcome| tells.send(outcome.unwrap_err()).unwrap());
    assert_eq!(
        told.recv_timeout(SOON).unwrap().code(),
        Code::ConnectionLost
    );
}

#[tokio::test]
async fn waiting_in_a_callback_panics_there_alone() {
    let (server, _heard) = chat();
    let chat = ChatClient::local(server);
    let (tells, told) = tokio::sync::oneshot::channel();
    let again = chat.clone();
    chat.ping(Ping { n: 1 }).then(move |_| {
        let _ = again.ping(Ping { n: 2 }).wait();
        tells.send(()).unwrap();
    });
    told.await.unwrap_err();
    assert_eq!(chat.ping(Ping { n: 3 }).await.unwrap(), 3);
}

#[tokio::test]
async fn async_callers_have_callbacks_too() {
    let (server, _heard) = chat();
    let chat = ChatClient::local(server);
    let (tells, told) = tokio::sync::oneshot::channel();
    let call = chat
        .sleep(Sleep { ms: 5 })
        .then(|outcome| tells.send(outcome).unwrap());
    drop(call); // which leaves it alone
    assert_eq!(told.await.unwrap(), Ok(()));
}
