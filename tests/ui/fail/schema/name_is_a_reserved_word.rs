//! errors: 1

use mitto::Notification;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Notification)]
struct Super;

mitto::schema! {
    Chat { client => server as ChatClient: [Super] }
}

fn main() {}
