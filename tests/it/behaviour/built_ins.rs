//! The requests that every end answers by itself.

use mitto::built_in::{BuiltIn, Describe, Echo, Info, LogStatus, Ping, Pong};
use mitto::schema::Schema;
use mitto::{Code, Format, Server, Status};

use crate::world::*;

in_every_way! {
    built_ins_are_answered,
    schema_comes_as_data,
}

over_connections! {
    client_answers_built_ins,
}

async fn built_ins_are_answered(world: World) {
    let peer = world.client.peer();
    assert_eq!(peer.call(Ping {}).await, Ok(Pong {}));
    let echo = Echo { text: "ho".into() };
    assert_eq!(peer.call(echo.clone()).await, Ok(echo));
    let text = "line\nbreak".into();
    assert_eq!(peer.call(Info { text }).await, Ok(()));
    assert_eq!(peer.call(LogStatus {}).await, Ok(()));
    assert_eq!(peer.call(Ping {}).await, Ok(Pong {}));
}

async fn schema_comes_as_data(world: World) {
    let described = world.client.peer().call(Describe {}).await.unwrap();
    assert_eq!(&described, Service::DESCRIPTOR);
}

async fn client_answers_built_ins(world: World) {
    world.peers(1).await;
    let peer = world.server().peers().list().remove(0);
    assert_eq!(peer.call(Ping {}).await, Ok(Pong {}));
    let described = peer.call(Describe {}).await.unwrap();
    assert_eq!(described.name, "Service");
}

fn memory() -> Way {
    Way {
        reach: Reach::Memory,
        format: Format::JSON,
        runs: Runs::Here,
    }
}

#[tokio::test]
async fn each_can_be_switched_off() {
    let all = [
        BuiltIn::Ping,
        BuiltIn::Echo,
        BuiltIn::Describe,
        BuiltIn::Info,
        BuiltIn::LogStatus,
    ];
    for off in all {
        let wishes = Wishes {
            without: vec![off],
            ..Wishes::default()
        };
        let world = World::with(memory(), wishes).await;
        let peer = world.client.peer();
        let outcomes = [
            (BuiltIn::Ping, peer.call(Ping {}).await.map(drop)),
            (BuiltIn::Echo, peer.call(Echo::default()).await.map(drop)),
            (BuiltIn::Describe, peer.call(Describe {}).await.map(drop)),
        ];
        for (built_in, outcome) in outcomes {
            match outcome {
                Ok(()) => assert_ne!(built_in, off),
                Err(status) => assert_eq!((built_in, status.code()), (off, Code::NotFound)),
            }
        }
        // Notifications have no answer; one that nobody handles does no harm.
        peer.call(Info::default()).await.unwrap();
        peer.call(LogStatus {}).await.unwrap();
        assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
    }
}

mitto::schema! {
    /// Lists a built-in request.
    Parrot {
        client => server as ParrotClient: [mitto::built_in::Echo as echo],
    }
}

#[mitto::provider(server of Parrot: [parrot])]
struct Loud;

#[mitto::handler]
fn parrot(req: Echo) -> Result<Echo, Status> {
    let text = req.text.to_uppercase();
    Ok(Echo { text })
}

#[tokio::test]
async fn handler_replaces_a_built_in() {
    let server = Server::new(Loud).listen("ws://127.0.0.1:0").await.unwrap();
    let url = server.url().to_owned();
    let server = server.spawn();
    let there = ParrotClient::connect(&url).await.unwrap();
    for client in [there, ParrotClient::local(Loud)] {
        let text = "ho".into();
        assert_eq!(client.echo(Echo { text }).await.unwrap().text, "HO");
        assert_eq!(client.peer().call(Ping {}).await, Ok(Pong {}));
    }
    server.shutdown().await;
}
