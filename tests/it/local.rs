//! A client and a provider in one process.

mod ends;

use std::sync::{Arc, Mutex};

use mitto::handler::State;
use mitto::peer::Peer;
use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
struct Hello;

mitto::schema! {
    Greeting {
        client => server as GreetingClient: [Hello],
    }
}

#[provider(server of Greeting: [hello])]
#[derive(Default)]
struct Greeter {
    callers: Callers,
}

#[derive(Clone, Default)]
struct Callers(Arc<Mutex<Vec<Peer>>>);

#[handler]
fn hello(State(callers): State<Callers>, caller: Peer, _: Hello) {
    callers.0.lock().unwrap().push(caller);
}

#[tokio::test]
async fn caller_is_closed_with_the_last_clone_of_its_client() {
    let greeter = Greeter::default();
    let callers = greeter.callers.clone();
    let client = GreetingClient::local(greeter);
    client.hello(Hello).await.unwrap();
    let caller = callers.0.lock().unwrap().pop().unwrap();
    let clone = client.clone();
    drop(client);
    assert!(caller.is_connected());
    drop(clone);
    caller.closed().await;
    assert!(!caller.is_connected());
}

#[tokio::test]
async fn either_end_closes_both() {
    let greeter = Greeter::default();
    let callers = greeter.callers.clone();
    let client = GreetingClient::local(greeter);
    client.hello(Hello).await.unwrap();
    let caller = callers.0.lock().unwrap().pop().unwrap();
    caller.close();
    client.peer().closed().await;
    assert!(client.hello(Hello).await.is_err());
}

#[tokio::test]
async fn clients_share_a_provider() {
    let greeter = Arc::new(Greeter::default());
    let one = GreetingClient::local(greeter.clone());
    let other = GreetingClient::local(greeter.clone());
    one.hello(Hello).await.unwrap();
    other.hello(Hello).await.unwrap();
    let callers = greeter.callers.0.lock().unwrap();
    assert_eq!(callers.len(), 2);
    assert_ne!(callers[0], callers[1]);
}

#[tokio::test]
async fn longest_timeout_is_as_good_as_none() {
    let client = GreetingClient::local(Greeter::default());
    let patient = client.hello(Hello).timeout(std::time::Duration::MAX);
    patient.await.unwrap();
}
