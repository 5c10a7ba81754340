//! The handlers of a client.

use std::future::pending;

use mitto::{Items, State, Status, handler};

use super::events::Events;
use super::messages::*;

/// A client that can be asked.
#[mitto::provider(client of Service: [favourite, hang_there, letters, refuse, told])]
#[derive(Clone, Debug)]
pub(crate) struct TheApp {
    pub(crate) events: Events,
}

#[handler]
fn favourite(_: Favourite) -> String {
    "green".into()
}

#[handler]
async fn hang_there(State(events): State<Events>, _: HangThere) {
    let _guard = events.guard("hang_there");
    pending::<()>().await;
}

#[handler]
async fn letters(items: Items<u32>, _: Letters) -> Result<(), Status> {
    for n in 1..=3 {
        items.send(n).await?;
    }
    Ok(())
}

#[handler]
fn refuse(_: Refuse) -> Result<String, Moody> {
    Err(Moody::NotNow)
}

#[handler]
fn told(State(events): State<Events>, req: Told) {
    events.tell(format!("told {}", req.text));
}
