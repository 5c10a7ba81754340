//! errors: 1

mitto::schema! {
    pub Talk {}
    pub More {}
}

fn main() {}
