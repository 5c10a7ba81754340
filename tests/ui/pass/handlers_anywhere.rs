//! Handlers may stand in modules, nested, private, and be re-exported under other names.

use mitto_test_messages::{Chat, Login, LoginError, Ping, Pong, Tick, Token, Typing, Watch};

mod deep {
    pub mod deeper {
        use super::super::{Login, LoginError, Token};

        #[mitto::handler]
        pub(crate) fn login(_: Login) -> Result<Token, LoginError> {
            Err(LoginError::Unknown)
        }
    }

    pub use renamed::pong as ping;

    mod renamed {
        use super::super::{Ping, Pong};

        #[mitto::handler]
        pub fn pong(req: Ping) -> Pong {
            Pong { n: req.n }
        }
    }

    mod globbed {
        #[mitto::handler]
        pub fn watch(_: super::super::Watch) -> impl futures_core::Stream<Item = super::super::Tick> + Send + 'static {
            futures_util::stream::empty()
        }
    }
    pub use globbed::*;
}

use deep::deeper;

#[mitto::provider(server of Chat: [deep::ping, deeper::login, self::deep::watch, typing])]
struct Server;

#[mitto::handler]
fn typing(_: Typing) {}

fn main() {
    assert_eq!(deep::ping(Ping { n: 1 }), Pong { n: 1 });
    let _: Option<Tick> = None;
}
