//! Built-in requests of a server that authenticates.

use mitto::auth::Tokens;
use mitto::built_in::{Describe, Echo, Ping};
use mitto::{Code, Identity, Server};

use super::desk::*;

#[tokio::test]
async fn only_ping_answers_whoever_has_no_identity() {
    let tokens = Tokens::new().token("t", Identity::new("ann"));
    let server = Server::new(TheDesk::default()).authenticate(tokens);
    let opened = open(server.allow_anonymous()).await;
    let anonymous = opened.builder().connect(PLACE).await.unwrap();
    let peer = anonymous.peer();
    peer.call(Ping {}).await.unwrap();
    let described = peer.call(Describe {}).await.unwrap_err();
    assert_eq!(described.code(), Code::Denied);
    let echo = Echo::default();
    assert_eq!(peer.call(echo).await.unwrap_err().code(), Code::Denied);
    let ann = opened.connect("t").await.unwrap();
    assert_eq!(ann.peer().call(Describe {}).await.unwrap().name, "Desk");
    ann.peer().call(Echo::default()).await.unwrap();
    // The client itself authenticates nobody.
    let peers = opened.server.peers().list();
    assert_eq!(peers[0].call(Describe {}).await.unwrap().name, "Desk");
}
