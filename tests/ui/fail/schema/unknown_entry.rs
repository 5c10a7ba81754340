//! errors: 1

mitto::schema! {
    pub Talk {
        peers => server as TalkClient: [Ping],
    }
}

fn main() {}
