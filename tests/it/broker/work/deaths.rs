//! What becomes of a request when a client, a gateway or the broker dies, at each step that the page on delivery has.
//!
//! A client whose call is dropped is in [`cancel`](super::cancel), a worker that dies in [`delivery`](super::delivery);
//! what a server that is killed has kept is in the folders of RabbitMQ and NATS.

use std::time::{Duration, Instant};

use mitto::queue::broker::Publisher;
use mitto::{Code, Server, transport::memory::Memory};

use super::Shop;
use super::jobs::{Charge, Double, JobClient, Jobs, Note};
use super::letters::send;
use crate::broker::lines::{End, Site};

const OPEN: usize = 1_000_000;

/// What takes half a second takes no longer than this on a busy machine.
const SOON: Duration = Duration::from_secs(4);

/// Its connection ends, not the call.
pub(in super::super) async fn client_that_is_gone_takes_along_what_waits(site: &Site) {
    if !site.broker.capabilities().keeps {
        return;
    }
    let mut shop = Shop::new(site.broker.clone(), OPEN);
    let worker = shop.working().await;
    worker.pause().await.unwrap();
    let memory = Memory::new();
    let gateway = Jobs::gateway(shop.publisher().await);
    let server = Server::new(gateway).transport(memory.clone());
    let server = server.listen("memory://gate").await.unwrap().spawn();
    let connect = async || {
        let client = JobClient::builder().transport(memory.clone());
        client.connect(server.url()).await.unwrap()
    };
    let client = connect().await;
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.charge(Charge { n: 1 }).await }
    });
    while server.running() == 0 {
        tokio::task::yield_now().await;
    }
    // It is in the queue by then.
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.peer().close();
    assert!(call.await.unwrap().is_err());
    // The worker is told meanwhile.
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.resume().await.unwrap();
    assert_eq!(connect().await.charge(Charge { n: 2 }).await, Ok(2));
    assert_eq!(shop.event().await, "charge 2");
}

pub(in super::super) async fn client_that_is_gone_cannot_be_asked(site: &Site) {
    let mut shop = Shop::new(site.broker.clone(), 0);
    let _worker = shop.working().await;
    let memory = Memory::new();
    let gateway = Jobs::gateway(shop.publisher().await);
    let server = Server::new(gateway).transport(memory.clone());
    let server = server.listen("memory://gate").await.unwrap().spawn();
    let client = JobClient::builder().transport(memory);
    let client = client.connect(server.url()).await.unwrap();
    let text = "ask".to_owned();
    client.note(Note { text }).await.unwrap();
    assert_eq!(shop.event().await, "note ask");
    client.peer().close();
    while !server.peers().list().is_empty() {
        tokio::task::yield_now().await;
    }
    shop.let_pass(1);
    assert_eq!(shop.event().await, "lost: ConnectionLost");
}

/// It is run, until it is found that nobody is there.
pub(in super::super) async fn gateway_that_is_gone_takes_along_what_waits(site: &Site) {
    if !site.broker.capabilities().knows_inboxes {
        return;
    }
    let mut shop = Shop::new(site.broker.clone(), 0);
    let _worker = shop.at_work(shop.worker().concurrency(1)).await;
    let client = shop.client().await;
    let before = tokio::spawn(async move { client.charge(Charge { n: 0 }).await });
    assert_eq!(shop.event().await, "charge 0");
    let gateway = End::open(&*site.broker, "gateway").await;
    send(&shop, &gateway, "Double", "{\"n\": 1}").await;
    gateway.close().await;
    shop.let_pass(1);
    assert_eq!(before.await.unwrap(), Ok(0));
    assert_eq!(shop.event().await, "double 1");
    let begun = Instant::now();
    assert_eq!(shop.event().await, "dropped");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

pub(in super::super) async fn gateway_that_is_gone_takes_along_what_runs(site: &Site) {
    if !site.broker.capabilities().knows_inboxes {
        return;
    }
    let mut shop = Shop::new(site.broker.clone(), 0);
    let _worker = shop.working().await;
    let gateway = End::open(&*site.broker, "gateway").await;
    send(&shop, &gateway, "Double", "{\"n\": 1}").await;
    assert_eq!(shop.event().await, "double 1");
    // It has heard of it by then.
    tokio::time::sleep(Duration::from_millis(800)).await;
    gateway.close().await;
    let begun = Instant::now();
    assert_eq!(shop.event().await, "dropped");
    let most = Duration::from_secs(5) + SOON;
    assert!(begun.elapsed() < most, "{:?}", begun.elapsed());
}

/// What the broker has taken, but not confirmed, when it is gone.
pub(in super::super) async fn unconfirmed_request_is_sent_again_if_it_is_idempotent(site: &Site) {
    let (Some(relay), Some(direct)) = (&site.relay, &site.direct) else {
        return;
    };
    if !site.broker.capabilities().confirms {
        return;
    }
    // The worker is not behind what is cut.
    let mut shop = Shop::new(direct.clone(), 0);
    let _worker = shop.working().await;
    let publisher = Publisher::connect(&site.broker).await.unwrap();
    let publisher = publisher.to_node(&shop.node).unwrap();
    let client = JobClient::builder().local(Jobs::gateway(publisher.clone()));
    relay.mute(true);
    let (charge, double) = (client.clone(), client.clone());
    let charge = tokio::spawn(async move { charge.charge(Charge { n: 1 }).await });
    assert_eq!(shop.event().await, "charge 1");
    let double = tokio::spawn(async move { double.double(Double { n: 2 }).await });
    assert_eq!(shop.event().await, "double 2");
    relay.cut();
    lost(&publisher).await;
    relay.mute(false);
    let charged = charge.await.unwrap().map_err(|status| status.code());
    assert_eq!(charged, Err(Code::ConnectionLost));
    // Not every broker keeps answers for a gateway that is not back.
    while !publisher.is_connected() {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    shop.let_pass(OPEN);
    assert_eq!(double.await.unwrap(), Ok(4));
    // The broker may have known it again.
    while let Ok(event) = shop.events.try_recv() {
        assert!(["double 2", "dropped"].contains(&&*event), "{event}");
    }
}

/// It was given to a worker, and of that nothing is heard any more.
pub(in super::super) async fn request_is_lost_with_a_broker_that_confirms_nothing(site: &Site) {
    let (Some(relay), Some(direct)) = (&site.relay, &site.direct) else {
        return;
    };
    if site.broker.capabilities().confirms {
        return;
    }
    let mut shop = Shop::new(direct.clone(), OPEN);
    let _worker = shop.working().await;
    let publisher = Publisher::connect(&site.broker).await.unwrap();
    let publisher = publisher.to_node(&shop.node).unwrap();
    let client = JobClient::builder().local(Jobs::gateway(publisher.clone()));
    relay.mute(true);
    let (charge, double) = (client.clone(), client.clone());
    let charge = tokio::spawn(async move { charge.charge(Charge { n: 1 }).await });
    assert_eq!(shop.event().await, "charge 1");
    let double = tokio::spawn(async move { double.double(Double { n: 2 }).await });
    assert_eq!(shop.event().await, "double 2");
    relay.cut();
    lost(&publisher).await;
    relay.mute(false);
    for ended in [charge.await.unwrap(), double.await.unwrap()] {
        let code = ended.map_err(|status| status.code());
        assert_eq!(code, Err(Code::ConnectionLost));
    }
    shop.no_event();
}

/// It waits for the broker, and is forgotten with its caller.
pub(in super::super) async fn request_given_up_before_it_is_confirmed_is_not_sent(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let mut shop = Shop::new(site.broker.clone(), OPEN);
    let _worker = shop.working().await;
    let publisher = shop.publisher().await;
    let client = JobClient::builder().local(Jobs::gateway(publisher.clone()));
    relay.sever();
    lost(&publisher).await;
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.charge(Charge { n: 1 }).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    call.abort();
    assert!(call.await.is_err());
    relay.mend();
    // The worker may come back later.
    while let Err(status) = client.charge(Charge { n: 2 }).await {
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shop.event().await, "charge 2");
    shop.no_event();
}

pub(in super::super) async fn request_waits_for_the_broker_within_its_deadline(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let mut shop = Shop::new(site.broker.clone(), OPEN);
    let _worker = shop.working().await;
    let publisher = shop.publisher().await;
    let client = JobClient::builder().local(Jobs::gateway(publisher.clone()));
    relay.sever();
    lost(&publisher).await;
    let late = client.charge(Charge { n: 1 });
    let late = late.timeout(Duration::from_millis(500)).await;
    assert_eq!(late.unwrap_err().code(), Code::Timeout);
    let call = tokio::spawn(async move { client.charge(Charge { n: 2 }).await });
    relay.mend();
    match call.await.unwrap() {
        Ok(answer) => assert_eq!(answer, 2),
        // The worker was not yet back.
        Err(status) => {
            assert_eq!(status.code(), Code::Unavailable);
            assert!(!site.broker.capabilities().confirms, "{status}");
            return;
        }
    }
    assert_eq!(shop.event().await, "charge 2");
    shop.no_event();
}

/// Delivered again, it is refused; but the answer of the first run is there before.
pub(in super::super) async fn answer_waits_for_the_broker(site: &Site) {
    let Some(relay) = &site.relay else { return };
    let mut shop = Shop::new(site.broker.clone(), 0);
    let worker = shop.working().await;
    let publisher = shop.publisher().await;
    let client = JobClient::builder().local(Jobs::gateway(publisher.clone()));
    let call = tokio::spawn(async move {
        let call = client.charge(Charge { n: 3 });
        call.timeout(Duration::from_secs(15)).await
    });
    assert_eq!(shop.event().await, "charge 3");
    // The gateway has heard of it by then.
    tokio::time::sleep(Duration::from_millis(800)).await;
    relay.sever();
    lost(&publisher).await;
    while worker.is_connected() {
        tokio::task::yield_now().await;
    }
    shop.let_pass(1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!call.is_finished());
    relay.mend();
    match call.await.unwrap() {
        Ok(answer) => assert_eq!(answer, 3),
        // The gateway was not yet back.
        Err(status) => {
            assert_eq!(status.code(), Code::Timeout);
            assert!(!site.keeps_inboxes, "{status}");
        }
    }
    while worker.running() > 0 {
        tokio::task::yield_now().await;
    }
    shop.no_event();
}

async fn lost(publisher: &Publisher) {
    while publisher.is_connected() {
        tokio::task::yield_now().await;
    }
    // It may have another connection, which is lost as well.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// A test of each fact, over the [`Site`] that the future gives.
macro_rules! death_facts {
    ($site:expr) => {
        $crate::broker::work::death_facts! { $site =>
            client_that_is_gone_takes_along_what_waits,
            client_that_is_gone_cannot_be_asked,
            gateway_that_is_gone_takes_along_what_waits,
            gateway_that_is_gone_takes_along_what_runs,
            unconfirmed_request_is_sent_again_if_it_is_idempotent,
            request_is_lost_with_a_broker_that_confirms_nothing,
            request_given_up_before_it_is_confirmed_is_not_sent,
            worker_that_is_back_has_what_it_had,
            all_is_lost_with_its_worker,
            request_waits_for_the_broker_within_its_deadline,
            answer_waits_for_the_broker,
        }
    };
    ($site:expr => $($fact:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let site: $crate::broker::lines::Site = $site.await;
                let limit = std::time::Duration::from_secs(60);
                let fact = $crate::broker::work::$fact(&site);
                tokio::time::timeout(limit, fact).await.expect("the test hangs");
            }
        )*
    };
}
pub(in super::super) use death_facts;
