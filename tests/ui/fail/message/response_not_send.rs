//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Thing(std::marker::PhantomData<*const u8>);

#[derive(Serialize, Deserialize, Request)]
#[request(response = Thing)]
struct Ask;

fn main() {}
