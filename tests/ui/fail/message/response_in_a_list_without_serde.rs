//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

struct Thing;

#[derive(Serialize, Deserialize, Request)]
#[request(response = Vec<Thing>)]
struct Ask;

fn main() {}
