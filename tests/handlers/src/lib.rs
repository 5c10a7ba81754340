//! The handlers that the tests share.

use mitto::handler;
use mitto_test_messages::presence::Who;
use mitto_test_messages::{Confirm, Ping, Pong, Stray};

/// Answers with the same number.
#[handler]
pub fn ping(req: Ping) -> Pong {
    Pong { n: req.n }
}

/// Another one for the same message.
#[handler]
pub fn ping_again(req: Ping) -> Pong {
    Pong { n: req.n + 1 }
}

/// In a module of its own, with the state that it needs.
pub mod auth {
    use mitto::handler;
    use mitto::handler::State;
    use mitto_test_messages::{ChatCaller, Login, LoginError, Token};

    /// The users by name.
    #[derive(Clone, Debug)]
    pub struct Users(pub std::sync::Arc<[String]>);

    /// Logs a user in.
    #[handler]
    pub async fn login(
        State(users): State<Users>,
        _caller: ChatCaller,
        req: Login,
    ) -> Result<Token, LoginError> {
        tokio_like_yield().await;
        match users.0.contains(&req.user) {
            true => Ok(Token(req.user)),
            false => Err(LoginError::Unknown),
        }
    }

    async fn tokio_like_yield() {
        let mut once = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut once, true) {
                return std::task::Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
    }
}

/// Says who is there.
#[handler]
pub fn who(_: Who) -> Vec<String> {
    Vec::new()
}

/// Is for the client.
#[handler]
pub fn confirm(_: Confirm) -> bool {
    true
}

/// Answers what is in no schema.
#[handler]
pub fn stray(_: Stray) {}
