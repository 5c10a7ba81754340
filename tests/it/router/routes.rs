//! Which node is where.

use mitto::address::AddressError;
use mitto::envelope::MessageId;
use mitto::job::{Answer, Job, Run};
use mitto::message::Encoded;
use mitto::queue::Queue;
use mitto::router::{Place, Policy, RouteError, Router, Routes};
use mitto::{Code, Format, Request};
use serde::{Deserialize, Serialize};

use super::shop::*;

fn local(routes: Routes) -> ShopClient {
    ShopClient::local(Shop::gateway(Router::new(routes)))
}

#[tokio::test]
async fn request_goes_to_the_place_of_its_node() {
    let routes = Routes::new()
        .node("shop/orders", TheShop::new("orders"))
        .and_then(|routes| routes.node("shop/stock", TheShop::new("stock")))
        .and_then(|routes| routes.node("mall/orders", TheShop::new("mall")));
    let router = Router::new(routes.unwrap());
    let street = Street::default();
    let _server = street.serve("front", Shop::gateway(router.clone())).await;
    let client = street.connect("front").await;
    for (address, place) in [
        ("shop/orders", "orders"),
        ("shop/orders/Where", "orders"),
        ("shop/stock", "stock"),
        ("mall/orders", "mall"),
    ] {
        assert_eq!(client.r#where(Where {}).at(address).await.unwrap(), place);
    }
    assert_eq!(client.r#where(Where {}).await.unwrap(), "orders");
    let (told, mut heard) = TheShop::telling("told");
    router.replace(Routes::new().node("shop/orders", told).unwrap());
    client.tell(Tell { text: "hi".into() }).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "hi");
}

#[tokio::test]
async fn unknown_part_of_an_address_is_named_at_once() {
    let client = local(
        Routes::new()
            .node("shop/orders", TheShop::new("a"))
            .unwrap(),
    );
    let ask = async |address: &str| {
        let asked = client.r#where(Where {}).at(address).await;
        asked.unwrap_err().to_string()
    };
    assert_eq!(
        ask("shop/order").await,
        "not found: application `shop` has no node `order`"
    );
    assert_eq!(
        ask("shopp/orders").await,
        "not found: there is no application `shopp`"
    );
    let mut routes = Routes::new();
    for node in ["shop/a", "shop/b"] {
        routes = routes.node(node, TheShop::new("a")).unwrap();
    }
    routes = routes.remove("shop/a").unwrap().remove("shop/z").unwrap();
    let client = local(routes.clone());
    let status = client.r#where(Where {}).at("shop/a").await.unwrap_err();
    assert_eq!(status.message(), "application `shop` has no node `a`");
    let client = local(routes.remove("shop/b").unwrap());
    let status = client.r#where(Where {}).at("shop/b").await.unwrap_err();
    assert_eq!(status.message(), "there is no application `shop`");
}

/// Says nothing of where it goes.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String)]
struct Lost {}

#[tokio::test]
async fn request_without_an_address_is_told_to_name_one() {
    let client = local(
        Routes::new()
            .node("shop/orders", TheShop::new("a"))
            .unwrap(),
    );
    let status = client.peer().call(Lost {}).await.unwrap_err();
    assert_eq!(status.code(), Code::BadRequest);
    assert_eq!(
        status.message(),
        "the request names no address, by which it is routed: write `.at(\"application/node\")` behind the \
         call, or `#[request(address = \"application/node\")]` at its message"
    );
}

#[test]
fn wrong_routes_are_refused() {
    let shop = || TheShop::new("a");
    let one = || Routes::new().node("shop/orders", shop()).unwrap();
    let error = |routes: Result<Routes, RouteError>| routes.unwrap_err().to_string();
    assert_eq!(
        error(one().node("shop/orders", shop())),
        "`shop/orders` has a place already: add others with `place`, each under a name of its own"
    );
    let place = || Place::new("east", shop()).unwrap();
    let two = one().place("shop/orders", place()).unwrap();
    assert_eq!(
        error(two.place("shop/orders", place())),
        "`shop/orders` has a place `east` already: give each place of a node a name of its own"
    );
    assert_eq!(
        error(one().policy("shop/stock", Policy::First)),
        "there is no node `shop/stock` that could have a policy: add its places before"
    );
    assert_eq!(
        Routes::new().node("shop/orders/Place", shop()).unwrap_err(),
        RouteError::Address(AddressError::Action)
    );
    let long = "x".repeat(10 << 10);
    for wrong in [
        "",
        "shop",
        "shop/*",
        "a b/c",
        "shop/\u{202e}",
        "a/b/c/d",
        &long,
    ] {
        let refused = Routes::new().node(wrong, shop());
        assert!(matches!(refused, Err(RouteError::Address(_))), "{wrong:?}");
    }
    for wrong in ["", "a/b", "*", "ea st", "\u{202e}", "\n", &long] {
        assert_eq!(Place::new(wrong, shop()).unwrap_err(), RouteError::Name);
    }
}

/// Answers whatever it is asked, with the id of the message.
struct Anything;

impl Queue for Anything {
    fn submit(&self, job: Job<'_>, answer: Answer) -> Run {
        let text = format!("\"{}\"", job.message);
        let (format, bytes) = (Format::JSON, text.as_bytes());
        answer.respond(&mut Encoded { format, bytes });
        Run::done()
    }
}

#[tokio::test]
async fn message_that_no_schema_knows_goes_by_its_address() {
    let street = Street::default();
    let far = Router::new(Routes::new().node("shop/any", Anything).unwrap());
    let _far = street.serve("far", Shop::gateway(far)).await;
    let there = street.link("far").await;
    let near = Router::new(Routes::new().node("shop/any", there).unwrap());
    let _near = street.serve("near", Shop::gateway(near)).await;
    let client = street.client().format(Format::JSON);
    let client = client.connect("memory://near").await.unwrap();
    let answer = client.peer().call(Lost {}).at("shop/any/Lost").await;
    assert_eq!(answer.unwrap(), MessageId::of_name("Lost").to_string());
}

#[tokio::test]
async fn requests_in_flight_are_answered_from_where_they_went() {
    let (old, mut heard) = TheShop::closed("old");
    let open = old.open.clone();
    let router = Router::new(Routes::new().node("shop/orders", old).unwrap());
    let client = ShopClient::local(Shop::gateway(router.clone()));
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.buy(Buy {}).await }
    });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    assert_eq!(router.places()[0].in_flight, 1);
    let routes = Routes::new().node("shop/orders", TheShop::new("new"));
    router.replace(routes.unwrap());
    assert_eq!(client.r#where(Where {}).await.unwrap(), "new");
    open.add_permits(1);
    assert_eq!(asked.await.unwrap().unwrap(), "old");
}

#[tokio::test]
async fn clone_of_routes_is_changed_without_the_original() {
    let place = Place::new("east", TheShop::new("east")).unwrap();
    let router = Router::new(Routes::new().place("shop/orders", place).unwrap());
    let client = ShopClient::local(Shop::gateway(router.clone()));
    client.r#where(Where {}).await.unwrap();
    let more = Routes::clone(&router.routes());
    let more = more.place(
        "shop/orders",
        Place::new("west", TheShop::new("west")).unwrap(),
    );
    let more = more.unwrap().policy("shop/orders", Policy::First).unwrap();
    assert_eq!(router.places().len(), 1);
    router.replace(more);
    client.r#where(Where {}).await.unwrap();
    // The place is the same one, with its counters.
    let places = router.places();
    let seen = |n: usize| (&*places[n].node, &*places[n].place, places[n].requests);
    assert_eq!(seen(0), ("shop/orders", "east", 2));
    assert_eq!(seen(1), ("shop/orders", "west", 0));
    assert!(places.iter().all(|place| place.up && place.why.is_none()));
    assert_eq!(router.routes().nodes().len(), 1);
}

#[tokio::test]
async fn router_that_leads_to_itself_is_a_loop() {
    let router = Router::new(Routes::new());
    router.replace(Routes::new().node("shop/orders", router.clone()).unwrap());
    let client = ShopClient::local(Shop::gateway(router));
    let status = client.r#where(Where {}).await.unwrap_err();
    assert_eq!(status.code(), Code::LoopDetected);
}
