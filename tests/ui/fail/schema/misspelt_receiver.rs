//! errors: 1

mitto::schema! {
    pub Talk {
        client => sever as TalkClient: [Ping],
    }
}

fn main() {}
