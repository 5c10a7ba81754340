use mitto::Request;
use serde::{Deserialize, Serialize};

struct Answer;

#[derive(Request)]
struct Bare;

#[derive(Serialize, Deserialize, Request)]
#[request(response = Answer)]
struct Asks;

fn main() {}
