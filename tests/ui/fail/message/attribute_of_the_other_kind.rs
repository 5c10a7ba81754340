//! errors: 1

use mitto::Notification;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Notification)]
#[request(id = 7)]
struct Tell;

fn main() {}
