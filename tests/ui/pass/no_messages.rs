//! A schema may be empty, or have one direction only.

mitto::schema! {
    /// Says nothing.
    pub Silence {}
}

mitto::schema! {
    /// Lists nothing.
    pub Hush {
        client => server as HushClient: [],
        server => client as HushCaller: [],
    }
}

mitto::schema! {
    /// Only the server asks.
    pub Upcall {
        server => client as UpcallCaller: [mitto_test_messages::Confirm],
    }
}

#[mitto::provider(server of Silence: [])]
struct Nobody;

#[mitto::provider(client of Upcall: [mitto_test_handlers::confirm])]
struct Client;

fn main() {}
