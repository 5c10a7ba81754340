//! A server that comes and goes under many callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use mitto::Code;

use super::service::*;
use super::site::*;

const CALLERS: u64 = 100;
const RESTARTS: usize = 5;

over_every_kind! {
    callers_outlive_restarts,
}

/// Idempotent requests are all answered; the others are answered or lost, and none runs twice.
async fn callers_outlive_restarts(mut site: Site) {
    let client = site.client().await;
    let stop = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (client, stop, answered) = (client.clone(), stop.clone(), answered.clone());
            let book = site.desk.book.clone();
            tokio::spawn(async move {
                let mut lost = 0;
                for n in 0.. {
                    let key = n * CALLERS + caller;
                    match n % 2 {
                        0 => assert_eq!(client.get(Get { key }).await, Ok(key)),
                        _ => match client.put(Put { key }).await {
                            Ok(got) => assert_eq!((got, book.runs(key)), (key, 1)),
                            Err(status) => {
                                assert_eq!(status.code(), Code::ConnectionLost, "{status}");
                                assert!(book.runs(key) <= 1, "{key} ran twice");
                                lost += 1;
                            }
                        },
                    }
                    answered.fetch_add(1, SeqCst);
                    if stop.load(SeqCst) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(key % 5)).await;
                }
                lost
            })
        })
        .collect();
    for _ in 0..RESTARTS {
        let before = answered.load(SeqCst);
        while answered.load(SeqCst) < before + 5 * CALLERS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        site.crash().await;
        site.start().await;
    }
    until(&client, connected).await;
    stop.store(true, SeqCst);
    for caller in callers {
        let lost: usize = caller.await.unwrap();
        assert!(lost <= RESTARTS);
    }
    site.assert_idle(&client).await;
}
