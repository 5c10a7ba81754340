//! errors: 1

use mitto::Notification;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Notification)]
#[notification(requires = ["read all"])]
struct Ask;

fn main() {}
