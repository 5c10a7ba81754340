//! What becomes of requests whose worker is killed, where nobody else is given them.
//!
//! The worker is behind the relay of its [`Site`], whose connections are cut before it is dropped: so it cannot hand on
//! what it has, as one that is killed cannot.

use std::time::Duration;

use mitto::Code;
use mitto::queue::broker::{DeadLettering, Redelivers};
use tokio::task::JoinHandle;

use super::Shop;
use super::jobs::{Charge, Double, JobClient, Note, Tick};
use super::letters::letter;
use crate::broker::lines::Site;

/// A worker, and what it was given before it is killed.
struct Given {
    shop: Shop,
    client: JobClient,
    worker: JoinHandle<()>,
    double: JoinHandle<Result<i64, Code>>,
    charge: JoinHandle<Result<i64, Code>>,
    ticks: mitto::ItemStream<Tick>,
}

async fn give(site: &Site) -> Option<Given> {
    let direct = site.direct.clone()?;
    site.relay.as_ref()?;
    let mut shop = Shop::new(site.broker.clone(), 0);
    let worker = shop.mortal().await;
    // It takes work a moment later.
    tokio::time::sleep(Duration::from_millis(500)).await;
    shop.move_to(direct);
    let client = shop.client().await;
    let double = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .double(Double { n: 4 })
                .await
                .map_err(|status| status.code())
        }
    });
    assert_eq!(shop.event().await, "double 4");
    let charge = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .charge(Charge { n: 5 })
                .await
                .map_err(|status| status.code())
        }
    });
    assert_eq!(shop.event().await, "charge 5");
    let text = "wait".to_owned();
    client.note(Note { text }).await.unwrap();
    assert_eq!(shop.event().await, "note wait");
    let mut ticks = client.tick(Tick { to: u32::MAX }).await.unwrap();
    assert_eq!(ticks.next().await, Some(Ok(0)));
    // The gateway knows who runs them by then.
    tokio::time::sleep(Duration::from_millis(800)).await;
    Some(Given {
        shop,
        client,
        worker,
        double,
        charge,
        ticks,
    })
}

impl Given {
    async fn kill(&mut self, site: &Site) {
        site.relay.as_ref().expect("it is there").sever();
        self.worker.abort();
        // The idempotent one, and the stream.
        for _ in 0..2 {
            assert_eq!(self.shop.event().await, "dropped");
        }
    }

    /// How the stream ends, behind its items.
    async fn end_of_stream(&mut self) -> Code {
        let mut next = 1;
        loop {
            match self.ticks.next().await {
                Some(Ok(n)) => assert_eq!(n, next),
                Some(Err(status)) => return status.code(),
                None => panic!("it has ended well"),
            }
            next += 1;
        }
    }
}

/// The worker's session is there, and gives it what it has begun.
pub(in super::super) async fn worker_that_is_back_has_what_it_had(site: &Site) {
    if site.broker.capabilities().redelivers != Redelivers::ToSameWorker {
        return;
    }
    let Some(mut given) = give(site).await else {
        return;
    };
    given.kill(site).await;
    let _back = given.shop.working().await;
    assert_eq!(given.shop.event().await, "double 4");
    given.shop.let_pass(1);
    assert_eq!((&mut given.double).await.unwrap(), Ok(8));
    assert_eq!((&mut given.charge).await.unwrap(), Err(Code::Unavailable));
    let (dead, letter) = letter(&given.shop).await;
    assert_eq!(letter.name(), Some("Note"));
    drop(dead);
    assert_eq!(given.end_of_stream().await, Code::Unavailable);
    given.shop.no_event();
}

pub(in super::super) async fn all_is_lost_with_its_worker(site: &Site) {
    let can = site.broker.capabilities();
    if can.redelivers != Redelivers::Never {
        return;
    }
    let Some(mut given) = give(site).await else {
        return;
    };
    given.kill(site).await;
    let _other = given.shop.working().await;
    let late = given
        .client
        .double(Double { n: 6 })
        .timeout(Duration::from_millis(300));
    if let Ok(answer) = late.await {
        panic!("no handler may pass: {answer}");
    }
    assert_eq!(
        (&mut given.double).await.unwrap(),
        Err(Code::ConnectionLost)
    );
    assert_eq!(
        (&mut given.charge).await.unwrap(),
        Err(Code::ConnectionLost)
    );
    assert_eq!(given.end_of_stream().await, Code::ConnectionLost);
    if can.dead_letters != DeadLettering::Nothing {
        let dead = mitto::queue::broker::DeadLetters::open(&given.shop.broker, &given.shop.node);
        let letters = dead.await.unwrap().list(10).await.unwrap();
        assert!(letters.is_empty(), "{letters:?}");
    }
    // Nothing of it was run again.
    while let Ok(event) = given.shop.events.try_recv() {
        assert!(["double 6", "dropped"].contains(&&*event), "{event}");
    }
}
