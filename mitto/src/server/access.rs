//! Who may connect.

use std::sync::Arc;

use super::Server;
use crate::auth::Authenticator;

impl Server {
    /// Lets in only whom `authenticator` knows, and gives each an
    /// [`Identity`](crate::auth::Identity). Connections that show no credentials are refused, unless
    /// [anonymous ones are let in](Self::allow_anonymous). The built-in requests except for `Ping` are
    /// answered only to callers with an identity from then on.
    ///
    /// ```
    /// # use mitto::{Request, handler, provider};
    /// # use serde::{Deserialize, Serialize};
    /// # mitto::schema! { Hello { client => server as HelloClient: [Greet] } }
    /// use mitto::auth::Tokens;
    /// use mitto::transport::memory::Memory;
    /// use mitto::{Identity, Server};
    ///
    /// #[derive(Serialize, Deserialize, Request)]
    /// #[request(response = String, requires = "greetings")]
    /// struct Greet {}
    ///
    /// #[handler]
    /// fn greet(caller: Identity, _: Greet) -> String {
    ///     format!("Hello, {}!", caller.name())
    /// }
    ///
    /// # #[provider(server of Hello: [greet])]
    /// # struct HelloServer;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let memory = Memory::new();
    /// let server = Server::new(HelloServer)
    ///     .authenticate(Tokens::new().token("7fQ3...", Identity::new("Ada").grant("greetings")))
    ///     .transport(memory.clone())
    ///     .listen("memory://hello")
    ///     .await?
    ///     .spawn();
    ///
    /// let client = HelloClient::builder().transport(memory.clone()).token("7fQ3...");
    /// let client = client.connect("memory://hello").await?;
    /// assert_eq!(client.greet(Greet {}).await?, "Hello, Ada!");
    ///
    /// let client = HelloClient::builder().transport(memory).token("wrong");
    /// assert!(client.connect("memory://hello").await.is_err());
    /// # server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn authenticate(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self.built_ins.guard();
        self
    }

    /// Asks these before and behind the authenticator of its own. Without one of its own it lets in who shows nothing.
    #[cfg(feature = "host")]
    pub(crate) fn authenticate_around(
        mut self,
        before: impl FnOnce(bool) -> Arc<dyn Authenticator>,
        behind: impl Authenticator,
    ) -> Self {
        let own = self.authenticator.take();
        let before = before(own.is_none());
        self.anonymous |= own.is_none();
        self.authenticator = Some(match own {
            Some(own) => Arc::new(before.or(own).or(behind)),
            None => Arc::new(before.or(behind)),
        });
        self
    }

    /// Lets connections in that show no credentials at all: their requests have no identity. Wrong
    /// credentials are refused all the same.
    pub fn allow_anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Takes WebSockets of web pages of this origin, beside those of the server's own host and port:
    /// `https://app.example.com`. Clients that are no browsers are not asked.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.web.allow_origin(origin);
        self
    }

    /// Takes WebSockets of every web page. Pages of others then act with what the user's browser
    /// sends along by itself: cookies, client certificates, its place in the network.
    pub fn allow_any_origin(mut self) -> Self {
        self.web.allow_any_origin();
        self
    }

    /// Takes WebSockets to this host name, without port: needed behind a proxy for a server that
    /// listens on loopback, which is otherwise known as `localhost` and by its addresses alone. For
    /// one that listens elsewhere, from then on no other name is taken.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.web.allow_host(host);
        self
    }

    /// Takes WebSockets to every host name. On loopback that lets a page in whose name was given the
    /// address 127.0.0.1, as one of the same origin.
    pub fn allow_any_host(mut self) -> Self {
        self.web.allow_any_host();
        self
    }
}
