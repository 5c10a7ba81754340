//! errors: 1

fn serve() {
    let _ = mitto::Server::new(7);
}

fn main() {}
