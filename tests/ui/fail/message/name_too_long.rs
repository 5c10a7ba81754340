//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(name = "a_very_long_name_a_very_long_name_a_very_long_name_a_very_long_name_")]
struct Ask;

fn main() {}
