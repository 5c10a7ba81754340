//! Places that fail.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use mitto::queue::Forward;
use mitto::router::{Place, Policy, Router, Routes};
use mitto::{Code, Reconnect, Status};

use super::shop::*;

/// Two places on servers of their own, east first.
pub(super) struct Two {
    street: Street,
    router: Router,
    pub(super) client: ShopClient,
    servers: Vec<mitto::server::Handle>,
}

pub(super) async fn two(east: TheShop, west: TheShop) -> Two {
    let street = Street::default();
    let servers = vec![
        street.serve("east", east).await,
        street.serve("west", west).await,
    ];
    let mut routes = Routes::new();
    for name in ["east", "west"] {
        let place = Place::new(name, street.link(name).await).unwrap();
        routes = routes.place("shop/orders", place).unwrap();
    }
    let routes = routes.policy("shop/orders", Policy::First).unwrap();
    let router = Router::new(routes);
    let client = ShopClient::local(Shop::gateway(router.clone()));
    Two {
        street,
        router,
        client,
        servers,
    }
}

impl Two {
    /// The connection to a place is lost.
    pub(super) async fn lose(&self, n: usize) {
        for peer in self.servers[n].peers().list() {
            peer.close();
            peer.closed().await;
        }
        while self.router.places()[n].up {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn request_that_cannot_be_sent_goes_to_the_next_place() {
    let two = two(TheShop::new("east"), TheShop::new("west")).await;
    let ask = || two.client.r#where(Where {});
    assert_eq!(ask().await.unwrap(), "east");
    two.lose(0).await;
    for _ in 0..3 {
        assert_eq!(ask().await.unwrap(), "west");
    }
    let places = two.router.places();
    assert!(!places[0].up && places[1].up, "{places:?}");
    assert_eq!((places[0].requests, places[0].failures), (2, 1));
    assert!(
        places[0].why.as_ref().unwrap().contains("connection"),
        "{places:?}"
    );
    two.lose(1).await;
    let status = ask().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let text = status.message();
    assert!(
        text.starts_with("no place of `shop/orders` is up: east: "),
        "{text}"
    );
    assert!(text.contains("; west: "), "{text}");
}

#[tokio::test]
async fn idempotent_request_that_was_lost_goes_to_the_next_place() {
    let (east, mut heard) = TheShop::closed("east");
    let two = two(east, TheShop::new("west")).await;
    let client = two.client.clone();
    let asked = tokio::spawn(async move { client.look(Look {}).await });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    two.lose(0).await;
    assert_eq!(asked.await.unwrap().unwrap(), "west");
    assert_eq!(heard.recv().await.unwrap(), "gone");
}

#[tokio::test]
async fn request_that_may_have_run_is_not_run_again() {
    let (east, mut heard) = TheShop::closed("east");
    let west = TheShop::new("west");
    let begun = west.begun.clone();
    let two = two(east, west).await;
    let client = two.client.clone();
    let asked = tokio::spawn(async move { client.buy(Buy {}).await });
    assert_eq!(heard.recv().await.unwrap(), "begun");
    two.lose(0).await;
    let status = asked.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    assert!(
        status.message().contains("so that it may have run"),
        "{status}"
    );
    assert_eq!(begun.load(Relaxed), 0);
}

#[tokio::test]
async fn lost_everywhere_is_lost() {
    let (east, mut heard) = TheShop::closed("east");
    let (west, mut heard_too) = TheShop::closed("west");
    let two = two(east, west).await;
    let client = two.client.clone();
    let asked = tokio::spawn(async move { client.look(Look {}).await });
    heard.recv().await.unwrap();
    two.lose(0).await;
    heard_too.recv().await.unwrap();
    two.lose(1).await;
    let status = asked.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    assert!(
        status
            .message()
            .contains("may have run, and no place of `shop/orders` is up: east: ")
    );
}

#[tokio::test]
async fn stream_that_has_begun_ends_with_its_connection() {
    let two = two(TheShop::new("east"), TheShop::new("west")).await;
    let mut items = two.client.count(Count {}).await.unwrap();
    assert_eq!(items.next().await, Some(Ok(0)));
    two.lose(0).await;
    let end = loop {
        match items.next().await {
            Some(Ok(_)) => {}
            Some(Err(status)) => break status,
            None => panic!("it has no end"),
        }
    };
    assert_eq!(end.code(), Code::ConnectionLost);
}

#[tokio::test]
async fn server_that_shuts_down_finishes_what_it_has() {
    let (east, mut heard) = TheShop::closed("east");
    let open = east.open.clone();
    let two = two(east, TheShop::new("west")).await;
    let client = two.client.clone();
    let asked = tokio::spawn(async move { client.buy(Buy {}).await });
    heard.recv().await.unwrap();
    let shutdown = async { two.servers[0].shutdown().await };
    let others = async {
        while two.router.places()[0].up {
            tokio::task::yield_now().await;
        }
        assert_eq!(two.client.r#where(Where {}).await.unwrap(), "west");
        open.add_permits(1);
    };
    tokio::join!(shutdown, others);
    assert_eq!(asked.await.unwrap().unwrap(), "east");
}

#[tokio::test]
async fn answer_of_a_handler_is_no_failure_of_its_place() {
    let two = two(TheShop::new("east"), TheShop::new("west")).await;
    let unavailable = |_: mitto::middleware::RequestHead, _: mitto::middleware::Next| async {
        Err::<mitto::middleware::Answered, _>(Status::unavailable("sold out"))
    };
    let sold_out = mitto::Server::new(TheShop::new("sold out"))
        .middleware(mitto::middleware::from_fn(unavailable));
    let memory = mitto::transport::memory::Memory::new();
    let sold_out = sold_out.transport(memory.clone());
    let _sold_out = sold_out.listen("memory://sold").await.unwrap().spawn();
    let link = ShopClient::builder().transport(memory);
    let link = link.connect("memory://sold").await.unwrap();
    let place = Place::new("sold", Forward::to(link.peer().clone())).unwrap();
    let routes = Routes::new().place("shop/orders", place).unwrap();
    let west = Place::new("west", two.street.link("west").await).unwrap();
    let routes = routes.place("shop/orders", west).unwrap();
    two.router
        .replace(routes.policy("shop/orders", Policy::First).unwrap());
    let status = two.client.look(Look {}).await.unwrap_err();
    assert_eq!(status, Status::unavailable("sold out"));
    assert!(two.router.places().iter().all(|place| place.up));
}

/// A client that connects again and again.
#[tokio::test]
async fn place_is_tried_again_when_it_is_back() {
    let street = Street::default();
    let east = street.serve("east", TheShop::new("east")).await;
    let _west = street.serve("west", TheShop::new("west")).await;
    let often = Reconnect::default()
        .initial(Duration::from_millis(1))
        .max(Duration::from_millis(20));
    let link = street.client().token("link").reconnect(often);
    let link = link.connect("memory://east").await.unwrap();
    let place = Place::new("east", Forward::to(link.peer().clone())).unwrap();
    let routes = Routes::new().place("shop/orders", place).unwrap();
    let west = Place::new("west", street.link("west").await).unwrap();
    let routes = routes.place("shop/orders", west).unwrap();
    let router = Router::new(routes.policy("shop/orders", Policy::First).unwrap());
    let client = ShopClient::local(Shop::gateway(router.clone()));
    assert_eq!(client.r#where(Where {}).await.unwrap(), "east");
    east.shutdown().await;
    drop(east);
    // It does not wait for the connection that is made again.
    assert_eq!(client.r#where(Where {}).await.unwrap(), "west");
    let _east = street.serve("east", TheShop::new("east again")).await;
    while client.r#where(Where {}).await.unwrap() != "east again" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(router.places()[0].up);
}

/// Says whether it is ready.
struct Moody(std::sync::Arc<std::sync::atomic::AtomicBool>, TheShop);

impl mitto::queue::Queue for Moody {
    fn submit(&self, job: mitto::job::Job<'_>, answer: mitto::job::Answer) -> mitto::job::Run {
        mitto::MessageProvider::dispatch(&self.1, job, answer)
    }

    fn ready(&self) -> Result<(), Status> {
        match self.0.load(Relaxed) {
            true => Ok(()),
            false => Err(Status::unavailable("not in the mood")),
        }
    }
}

#[tokio::test]
async fn queue_that_is_not_ready_is_left_out() {
    let ready = std::sync::Arc::<std::sync::atomic::AtomicBool>::default();
    let moody = Moody(ready.clone(), TheShop::new("moody"));
    let routes = Routes::new().node("shop/orders", moody).unwrap();
    let router = Router::new(routes);
    let client = ShopClient::local(Shop::gateway(router.clone()));
    let status = client.r#where(Where {}).await.unwrap_err();
    assert_eq!(
        status,
        Status::unavailable("no place of `shop/orders` is up: there: not in the mood")
    );
    ready.store(true, Relaxed);
    assert_eq!(client.r#where(Where {}).await.unwrap(), "moody");
}

#[tokio::test]
async fn forward_alone_says_what_became_of_its_request() {
    let street = Street::default();
    let (shop, mut heard) = TheShop::closed("far");
    let far = street.serve("far", shop).await;
    let client = ShopClient::local(Shop::gateway(street.link("far").await));
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.look(Look {}).await }
    });
    heard.recv().await.unwrap();
    far.peers().list()[0].close();
    let status = asked.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::ConnectionLost);
    let status = client.r#where(Where {}).await.unwrap_err();
    assert!(
        matches!(status.code(), Code::ConnectionLost | Code::Unavailable),
        "{status}"
    );
    let nobody = ShopClient::local(Shop::gateway(Forward::to(mitto::Peer::nobody())));
    let status = nobody.r#where(Where {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}
