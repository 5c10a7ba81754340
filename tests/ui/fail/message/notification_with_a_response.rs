//! errors: 1

use mitto::Notification;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Notification)]
#[notification(response = u8)]
struct Tell;

fn main() {}
