//! errors: 1

mitto::schema! {
    pub Talk {
        client => server as Stub: [],
        server => client as Stub: [],
    }
}

fn main() {}
