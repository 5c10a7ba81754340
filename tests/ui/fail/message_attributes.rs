use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Request)]
#[request(respons = u8, nonsense, name = "", timeout = "5", id = 0, idempotent = true)]
struct Many;

#[derive(Serialize, Deserialize, Request)]
#[request(response = u8, stream = u8, name = "mitto-ping", name = "a b", was = 3, error = Status)]
struct Both;

#[derive(Serialize, Deserialize, Notification)]
#[notification(response = u8)]
struct Answered;

#[derive(Serialize, Deserialize, Notification)]
#[request(response = u8)]
struct OtherKind;

#[derive(Serialize, Deserialize, Request)]
#[request = "x"]
struct Form;

#[derive(Serialize, Deserialize, Request)]
#[request(response, response = , crate = 3, timeout = 5)]
struct Values;

fn main() {}
