use mitto_test_messages::presence::Presence;

fn who() {}

struct Other;

#[mitto::provider(server of Presence: [who, Other])]
struct Server;

fn main() {}
