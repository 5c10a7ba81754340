//! A call that is answered by many items.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::load::{Load, Slot};

/// Items of one call.
pub(crate) const ITEMS: u64 = 10_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) payload: String,
}

/// One connection to a server that has streams.
pub(crate) trait Streams: Clone + 'static {
    type Reader: Reader;

    /// Asks for [`ITEMS`] items.
    fn open(&mut self, payload: usize) -> impl Future<Output = Result<Self::Reader, Failure>>;
}

pub(crate) trait Reader {
    /// The next item's id and the length of its payload.
    fn next(&mut self) -> impl Future<Output = Result<Option<(u64, usize)>, Failure>>;
}

/// What every server answers with.
pub(crate) fn numbered(count: u64, payload: usize) -> impl Iterator<Item = Item> + Send {
    let payload = "p".repeat(payload);
    (0..count).map(move |id| Item {
        id,
        payload: payload.clone(),
    })
}

/// What reads, for every slot of every connection.
pub(crate) fn readers<C: Streams>(
    load: &Arc<Load>,
    clients: &[C],
) -> Vec<impl Future<Output = Result<(), Failure>> + use<C>> {
    let in_flight = load.cell().load.in_flight;
    let payload = load.cell().load.payload;
    let slots = load.slots(clients.len() * in_flight);
    slots
        .into_iter()
        .enumerate()
        .map(|(index, slot)| reader(clients[index / in_flight].clone(), payload, slot))
        .collect()
}

async fn reader<C: Streams>(mut client: C, payload: usize, mut slot: Slot) -> Result<(), Failure> {
    let mut wanted = slot.next();
    while wanted.is_some() {
        let mut items = client.open(payload).await?;
        for id in 0..ITEMS {
            let item = items.next().await?;
            assert_eq!(item, Some((id, payload)), "an item is missing or wrong");
            slot.answered(None);
            wanted = slot.next();
            if wanted.is_none() {
                return Ok(());
            }
        }
        assert_eq!(items.next().await?, None, "one item too many");
    }
    Ok(())
}
