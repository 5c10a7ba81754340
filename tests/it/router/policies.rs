//! Which of several places is next.

use std::collections::HashMap;

use mitto::router::{Place, Policy, Router, Routes};
use mitto::{Format, Request};
use serde::{Deserialize, Serialize};

use super::shop::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

fn routes(policy: Policy, names: &[&str]) -> Routes {
    let mut routes = Routes::new();
    for name in names {
        let place = Place::new(*name, TheShop::new(name)).unwrap();
        routes = routes.place("shop/orders", place).unwrap();
    }
    routes.policy("shop/orders", policy).unwrap()
}

fn local(policy: Policy) -> ShopClient {
    ShopClient::local(Shop::gateway(Router::new(routes(policy, &NAMES))))
}

async fn spread(client: &ShopClient, count: usize) -> HashMap<String, usize> {
    let mut spread = HashMap::new();
    for _ in 0..count {
        let place = client.r#where(Where {}).await.unwrap();
        *spread.entry(place).or_default() += 1;
    }
    spread
}

#[tokio::test]
async fn places_take_turns() {
    let client = local(Policy::default());
    let mut order = Vec::new();
    for _ in 0..6 {
        order.push(client.r#where(Where {}).await.unwrap());
    }
    assert_eq!(order, ["a", "b", "c", "a", "b", "c"]);
}

#[tokio::test]
async fn random_places_are_spread_evenly() {
    let spread = spread(&local(Policy::Random), 3_000).await;
    assert!(
        spread.values().all(|n| (800..1_200).contains(n)),
        "{spread:?}"
    );
}

#[tokio::test]
async fn first_place_takes_all() {
    let spread = spread(&local(Policy::First), 9).await;
    assert_eq!(spread, HashMap::from([("a".to_owned(), 9)]));
}

#[tokio::test]
async fn place_with_the_least_in_flight_is_next() {
    let mut routes = Routes::new();
    let mut shops = Vec::new();
    for name in NAMES {
        let (shop, heard) = TheShop::closed(name);
        let place = Place::new(name, shop.clone()).unwrap();
        routes = routes.place("shop/orders", place).unwrap();
        shops.push((shop, heard));
    }
    let routes = routes.policy("shop/orders", Policy::LeastInFlight).unwrap();
    let router = Router::new(routes);
    let client = ShopClient::local(Shop::gateway(router.clone()));
    let mut calls = Vec::new();
    for _ in 0..7 {
        let client = client.clone();
        calls.push(tokio::spawn(async move { client.buy(Buy {}).await }));
        tokio::task::yield_now().await;
    }
    let in_flight = || -> Vec<_> {
        let places = router.places();
        places.iter().map(|place| place.in_flight).collect()
    };
    let mut sorted = in_flight();
    sorted.sort_unstable();
    assert_eq!(sorted, [2, 2, 3]);
    for (shop, _) in &shops {
        shop.open.add_permits(10);
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(in_flight(), [0, 0, 0]);
}

/// As [`Mine`], and the field is further inside.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = String, name = "Mine", address = "shop/orders")]
struct Deep {
    before: Vec<Vec<Option<f64>>>,
    map: HashMap<String, String>,
    user: String,
    after: (),
}

#[tokio::test]
async fn key_has_its_place() {
    let street = Street::default();
    let front = Router::new(routes(Policy::by_key("user"), &NAMES));
    let _server = street.serve("front", Shop::gateway(front)).await;
    let plain = local(Policy::by_key("user"));
    let mut clients = vec![plain];
    for format in [Format::JSON, Format::MESSAGE_PACK, Format::XML] {
        let client = street.client().format(format);
        clients.push(client.connect("memory://front").await.unwrap());
    }
    let mut used = HashMap::<_, usize>::new();
    for n in 0..60_u32 {
        let user = n.to_string();
        let place = clients[0].mine(Mine { user: user.clone() }).await.unwrap();
        *used.entry(place.clone()).or_default() += 1;
        // Whatever the format, whatever else there is, be it a number or an entry of the metadata.
        for client in &clients {
            let mine = client.mine(Mine { user: user.clone() });
            assert_eq!(mine.await.unwrap(), place);
            let list = vec![1, 2];
            let numbered = client.numbered(Numbered { list, user: n });
            assert_eq!(numbered.await.unwrap(), place);
            let tagged = client.r#where(Where {}).metadata("user", &*user);
            assert_eq!(tagged.await.unwrap(), place);
        }
        let deep = Deep {
            before: vec![vec![None, Some(1.5)]],
            map: HashMap::from([("user".into(), "x".into())]),
            user,
            after: (),
        };
        let asked = clients[1].peer().call(deep).await;
        assert_eq!(asked.unwrap(), place);
    }
    assert!(used.values().all(|n| *n >= 8), "{used:?}");
    // Without the key they take turns.
    let spread = spread(&clients[1], 9).await;
    assert!(spread.values().all(|n| *n == 3), "{spread:?}");
}

#[tokio::test]
async fn keys_of_other_places_stay_when_one_goes() {
    let router = Router::new(routes(Policy::by_key("user"), &NAMES));
    let client = ShopClient::local(Shop::gateway(router.clone()));
    let ask = async || {
        let mut places = Vec::new();
        for n in 0..100 {
            let user = format!("user {n}");
            places.push(client.mine(Mine { user }).await.unwrap());
        }
        places
    };
    let before = ask().await;
    router.replace(routes(Policy::by_key("user"), &NAMES[..2]));
    for (before, after) in before.iter().zip(ask().await) {
        assert!(*before == after || before == "c");
    }
    // And back again, in another order.
    router.replace(routes(Policy::by_key("user"), &["c", "a", "b"]));
    assert_eq!(ask().await, before);
}

#[test]
fn policy_is_a_text() {
    for text in [
        "round-robin",
        "random",
        "first",
        "least-in-flight",
        "by-key:user",
    ] {
        let policy: Policy = text.parse().unwrap();
        assert_eq!(policy.to_string(), text);
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
    }
    for wrong in ["", "last", "by-key:", "by-key", "First"] {
        let error = wrong.parse::<Policy>().unwrap_err().to_string();
        assert!(error.contains("take round-robin, random"), "{error}");
    }
}
