//! What a handler knows of its request.

use mitto::{Address, Code, Status};

use crate::world::*;

in_every_way! {
    handler_sees_its_context,
    address_reaches_the_handler,
    wrong_address_ends_the_call,
    metadata_reaches_the_handler,
    too_much_metadata_is_refused,
}

in_every_format! {
    own_extractor_reads_the_request,
    refusing_extractor_answers_with_its_status,
}

fn entry(key: &str, value: &str) -> (String, String) {
    (key.into(), value.into())
}

async fn handler_sees_its_context(world: World) {
    let seen = world.client.look(Look {}).await.unwrap();
    let expected = Seen {
        address: world.node.clone(),
        metadata: Vec::new(),
        deadline: true,
        connected: true,
        state: "sesame".into(),
    };
    assert_eq!(seen, expected);
}

async fn address_reaches_the_handler(world: World) {
    if world.node.is_some()
        || !matches!(
            world.way.runs,
            Runs::Here | Runs::Elsewhere | Runs::OneHop | Runs::TwoHops
        )
    {
        // There an address says where it goes: see `broker::work` and `router`.
        return;
    }
    let seen = world.client.look(Look {}).at("chat/eu").await.unwrap();
    assert_eq!(seen.address.as_deref(), Some("chat/eu"));
    let address = Address::parse("chat/eu/look").unwrap();
    for look in [
        world.client.look(Look {}).at(address),
        world.client.look(Look {}).at(address.into_owned()),
        world
            .client
            .look(Look {})
            .at("no address")
            .at(address.to_string()),
    ] {
        let seen = look.await.unwrap();
        assert_eq!(seen.address.as_deref(), Some("chat/eu/look"));
    }
}

async fn wrong_address_ends_the_call(world: World) {
    let long = "x".repeat(10 << 10);
    for (wrong, text) in [
        ("chat", "the address has no node, write"),
        ("chat/*", "the node of the address holds '*', take only"),
        (
            "chat/eu/\u{202e}",
            r"the action of the address holds '\u{202e}',",
        ),
        (
            &long,
            "the application of the address is too long, take 1 to 64",
        ),
    ] {
        let status = world.client.look(Look {}).at(wrong).await.unwrap_err();
        assert_eq!(status.code(), Code::BadRequest);
        assert!(status.message().starts_with(text), "{status}");
        let note = Remember { text: "x".into() };
        let noted = world.client.remember(note).at(wrong).await;
        assert_eq!(noted.unwrap_err(), status);
        let stream = world.client.silent(Silent {}).at(wrong).await;
        assert_eq!(stream.map(drop).unwrap_err(), status);
    }
    assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
}

async fn metadata_reaches_the_handler(world: World) {
    let look = world.client.look(Look {});
    let seen = look
        .metadata("One", "1")
        .metadata("two", "zwei, größer")
        .await;
    let expected = [entry("one", "1"), entry("two", "zwei, größer")];
    let mut metadata = seen.unwrap().metadata;
    if let Runs::Nats | Runs::NatsDurable = world.way.runs {
        // There keys have no order.
        metadata.sort();
    }
    assert_eq!(metadata, expected);
}

async fn own_extractor_reads_the_request(world: World) {
    let secret = world.client.secret(Secret {}).metadata("key", "open").await;
    assert_eq!(secret.unwrap(), "open sesame");
}

async fn refusing_extractor_answers_with_its_status(world: World) {
    let refused = world.client.secret(Secret {}).await;
    assert_eq!(refused, Err(Status::denied("no key")));
}

async fn too_much_metadata_is_refused(world: World) {
    let long = "x".repeat(9 << 10);
    let refused = world.client.look(Look {}).metadata("long", long).await;
    assert_eq!(refused.unwrap_err().code(), Code::BadRequest);
    assert_eq!(world.client.nothing(Nothing {}).await, Ok(()));
}
