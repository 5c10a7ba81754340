//! errors: 1

mitto::schema! {
    pub Talk {
        client => client as TalkClient: [Ping],
    }
}

fn main() {}
