//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

struct Thing;

#[derive(Serialize, Deserialize, Request)]
#[request(error = Thing)]
struct Ask;

fn main() {}
