//! errors: 1

use mitto::Notification;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Notification)]
#[notification(requires = [])]
struct Ask;

fn main() {}
