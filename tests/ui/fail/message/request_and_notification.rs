//! errors: 1

use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request, Notification)]
struct Ask;

fn main() {}
