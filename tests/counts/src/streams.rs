//! Items of streams.

use mitto::Format;

use crate::case::Case;
use crate::connected::{MEMORY, Speech, connect};
use crate::service::{CountedClient, CountedServer, Numbers};

/// Whole windows, of 256 items each.
const LENGTH: u64 = 2 * 256;

pub(crate) fn cases() -> Vec<Case> {
    let local = Case::waiting("stream/local, item", LENGTH, async |length| {
        read(&CountedClient::local(CountedServer), length).await;
    });
    let connected = [
        Speech::Native(Format::MESSAGE_PACK),
        Speech::Native(Format::JSON),
        Speech::JsonRpc,
    ]
    .map(|speech| {
        let name = format!("stream/memory, {}, item", speech.name());
        Case::waiting(name, LENGTH, async move |length| {
            read(&connect(MEMORY, speech).await, length).await;
        })
    });
    [local].into_iter().chain(connected).collect()
}

async fn read(client: &CountedClient, length: u64) {
    let mut numbers = client.numbers(Numbers {}).await.expect("begins");
    for n in 0..length {
        assert_eq!(numbers.next().await, Some(Ok(n)));
    }
}
