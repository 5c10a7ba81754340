//! The messages and schemas that the tests share; a crate of their own, as most services have it.

use mitto::{Notification, Request};
use serde::{Deserialize, Serialize};

/// Answered with the same number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Request)]
#[request(response = Pong, idempotent)]
pub struct Ping {
    /// The number.
    pub n: u64,
}

/// Answers [`Ping`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pong {
    /// The number.
    pub n: u64,
}

/// Log a user in.
///
/// Wrong names are refused.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = Token, error = LoginError, timeout = "5s", was = "SignIn")]
pub struct Login {
    /// Who.
    pub user: String,
}

/// What a logged-in user has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token(pub String);

/// Why nobody was logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum LoginError {
    /// The name is not known.
    #[error("nobody has that name")]
    Unknown,
}

/// Counts up.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(stream = Tick)]
pub struct Watch {
    /// How far.
    pub to: u32,
}

/// An item of [`Watch`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tick(pub u32);

/// Somebody types.
#[derive(Debug, Serialize, Deserialize, Notification)]
#[notification(name = "typing", id = 7)]
pub struct Typing {
    /// Who.
    pub user: String,
}

/// Asks the client back.
#[derive(Debug, Serialize, Deserialize, Request)]
#[request(response = bool)]
pub struct Confirm;

/// Is in no schema.
#[derive(Debug, Serialize, Deserialize, Request)]
pub struct Stray;

/// Who is there, in a module of its own.
pub mod presence {
    use super::{Deserialize, Request, Serialize};

    /// Who is there.
    #[derive(Debug, Serialize, Deserialize, Request)]
    #[request(response = Vec<String>)]
    pub struct Who;

    mitto::schema! {
        /// Who is there.
        pub Presence {
            client => server as PresenceClient: [Who],
        }
    }
}

mitto::schema! {
    /// A chat between one server and many clients.
    pub Chat {
        client => server as ChatClient: [Ping, Login, Watch, Typing],
        server => client as ChatCaller: [Confirm],
    }
}

mitto::schema! {
    /// A chat that also says who is there.
    pub Lounge {
        include presence::Presence,
        client => server as LoungeClient: [Ping],
    }
}
