//! errors: 1

mitto::schema! {
    pub Talk {
        client => server as Talk: [],
    }
}

fn main() {}
