//! errors: 1

mitto::schema! {
    pub {
        client => server as TalkClient: [],
    }
}

fn main() {}
