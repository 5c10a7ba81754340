//! errors: 1

mitto::schema! {
    pub Talk {
        client => server as TalkClient: [Vec<u8>],
    }
}

fn main() {}
