//! errors: 1

mitto::schema! {
    pub Talk {
        cliemt => server as TalkClient: [Ping],
    }
}

fn main() {}
