//! Who is believed.

use mitto::queue::broker::Key;
use mitto::queue::broker::mqtt::Mqtt;

use super::started;
use crate::broker::lines::{End, ada, node, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identity_is_believed_where_it_is_signed() {
    let server = started().await;
    let broker = |key: &str| Mqtt::new(server.url()).key(Key::new(key));
    let without = Mqtt::new(server.url());
    let node = node("signed");
    let mut worker = End::worker(&broker("0123456789abcdef"), &node, 1).await;
    let gateway = End::open(&broker("0123456789abcdef"), "gateway").await;
    assert_eq!(told(&gateway, &mut worker, &node).await, Some(ada()));
    let other = End::open(&broker("another"), "gateway").await;
    assert_eq!(told(&other, &mut worker, &node).await, None);
    let unsigned = End::open(&without, "gateway").await;
    assert_eq!(told(&unsigned, &mut worker, &node).await, None);
    worker.close().await;
    let mut doubter = End::worker(&without, &node, 1).await;
    assert_eq!(told(&gateway, &mut doubter, &node).await, None);
}
