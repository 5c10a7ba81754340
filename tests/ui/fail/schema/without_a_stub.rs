//! errors: 1

mitto::schema! {
    pub Talk {
        client => server: [Ping],
    }
}

fn main() {}
