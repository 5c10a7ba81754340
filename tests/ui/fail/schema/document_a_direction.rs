//! errors: 1

mitto::schema! {
    pub Talk {
        /// Goes to the server.
        client => server as TalkClient: [],
    }
}

fn main() {}
