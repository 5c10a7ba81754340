//! Calls that stay in the process.

use std::hint::black_box;

use crate::case::Case;
use crate::service::{Add, AddLater, CountedClient, CountedServer};

const LENGTH: u64 = 2_000;

pub(crate) fn cases() -> Vec<Case> {
    let client = || CountedClient::local(CountedServer);
    vec![
        Case::waiting("local/provider.call, plain fn", LENGTH, async |length| {
            let server = CountedServer;
            for n in 0..length {
                let add = Add { n: black_box(n) };
                assert_eq!(black_box(&server).call(add).await, Ok(n + 1));
            }
        }),
        Case::waiting("local/provider.call, async fn", LENGTH, async |length| {
            let server = CountedServer;
            for n in 0..length {
                let add = AddLater { n: black_box(n) };
                assert_eq!(black_box(&server).call(add).await, Ok(n + 1));
            }
        }),
        Case::waiting("local/client, plain fn", LENGTH, async move |length| {
            let client = client();
            for n in 0..length {
                assert_eq!(client.add(Add { n }).await, Ok(n + 1));
            }
        }),
        Case::waiting("local/client, async fn", LENGTH, async move |length| {
            let client = client();
            for n in 0..length {
                assert_eq!(client.add_later(AddLater { n }).await, Ok(n + 1));
            }
        }),
    ]
}
