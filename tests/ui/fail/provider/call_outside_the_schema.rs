//! errors: 3
//!
//! Once for the message, for the call and for the `.await`: the compiler reports a bound of a fn that returns
//! `impl Future` at each, and a future without a box has no type that could be named instead.

use mitto_test_handlers::who;
use mitto_test_messages::Ping;
use mitto_test_messages::presence::Presence;

#[mitto::provider(server of Presence: [who])]
struct There;

async fn outside(there: There) {
    let _ = there.call(Ping { n: 1 }).await;
}

fn main() {}
