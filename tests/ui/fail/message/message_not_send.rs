//! errors: 1

use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
struct Ask(std::marker::PhantomData<*const u8>);

fn main() {}
