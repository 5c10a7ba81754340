use mitto_test_handlers::ping;
use mitto_test_messages::Lounge;

#[mitto::provider]
struct Nothing;

#[mitto::provider(sever of Lounge: [ping])]
struct Mistyped;

#[mitto::provider(server Lounge: [ping])]
struct WithoutOf;

#[mitto::provider(server of Lounge)]
struct WithoutList;

#[mitto::provider(server of Lounge: [ping, ping, include absent, 3])]
struct Listed {
    one: String,
    two: String,
    #[state(skp)]
    three: String,
}

#[mitto::provider(server of Lounge: [ping])]
struct Generic<T>(T);

#[mitto::provider(server of Lounge: [ping])]
enum Choice {}

fn main() {}
