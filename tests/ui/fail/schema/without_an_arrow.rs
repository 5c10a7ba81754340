//! errors: 1

mitto::schema! {
    pub Talk {
        client server as TalkClient: [Ping],
    }
}

fn main() {}
