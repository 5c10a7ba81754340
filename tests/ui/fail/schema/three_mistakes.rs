//! errors: 3

mitto::schema! {
    pub Talk {
        cliemt => server as TalkClient: [Ping],
        server => client: [Ping],
        client => server as TalkCaller: [Ping as clone],
    }
}

fn main() {}
