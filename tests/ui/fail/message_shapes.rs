use mitto::Request;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
enum Choice {
    One,
}

#[derive(Serialize, Deserialize, Request)]
struct Generic<T> {
    value: T,
}

#[derive(Serialize, Deserialize, Request)]
struct Borrowed<'a> {
    value: &'a str,
}

#[derive(Serialize, Deserialize, Request)]
#[request(response = &'static str)]
struct BorrowedResponse;

fn main() {}
