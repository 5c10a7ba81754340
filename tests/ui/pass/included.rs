//! Schemas and providers of three crates, taken together; several of them in one.

use mitto_test_handlers::{ping, who};
use mitto_test_messages::presence::{Presence, Who};
use mitto_test_messages::{Lounge, Ping, Stray};

mitto::schema! {
    /// A house with a lounge.
    pub House {
        include mitto_test_messages::Lounge,
        client => server as HouseClient: [Stray],
    }
}

mitto::schema! {
    /// The same message in another schema.
    pub Door {
        client => server as DoorClient: [Ping],
    }
}

#[mitto::provider(server of Presence: [who])]
struct There;

#[mitto::provider(server of Lounge: [ping, include there])]
struct Lounging {
    there: There,
}

#[mitto::provider(server of House: [mitto_test_handlers::stray, include 0])]
struct Server(Lounging);

#[mitto::provider(server of Door: [ping])]
struct Porter;

async fn call(house: HouseClient, door: DoorClient) {
    let _ = house.stray(Stray).await;
    let _ = house.lounge().ping(Ping { n: 1 }).await;
    let _ = house.lounge().presence().who(Who).await;
    let _ = door.ping(Ping { n: 1 }).await;
}

fn main() {
    let _ = call;
}
