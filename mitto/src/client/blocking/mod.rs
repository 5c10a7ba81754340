//! Clients without async: the same stubs, whose calls are waited for.
//!
//! Connections, and the handlers of the client's own provider, run in a background thread; a call's
//! [`wait`](Call::wait) parks the thread that it is called in until the outcome is there. Nothing else
//! differs: errors, deadlines, limits and streams are those of the [`Call`].
//!
//! ```
//! # use mitto::{Items, Notification, Request, Server, Status, handler, provider};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize, Deserialize, Request)]
//! # #[request(response = u64)]
//! # struct Ping { n: u64 }
//! # #[derive(Serialize, Deserialize, Request)]
//! # #[request(stream = u64)]
//! # struct Count { to: u64 }
//! # #[derive(Serialize, Deserialize, Notification)]
//! # struct Typing { user: String }
//! # mitto::schema! { Chat { client => server as ChatClient: [Ping, Count, Typing] } }
//! # #[provider(server of Chat: [ping, count, typing])]
//! # struct ChatServer;
//! # #[handler]
//! # fn ping(req: Ping) -> u64 { req.n }
//! # #[handler]
//! # async fn count(items: Items<u64>, req: Count) -> Result<(), Status> {
//! #     for n in 1..=req.to { items.send(n).await?; }
//! #     Ok(())
//! # }
//! # #[handler]
//! # fn typing(_: Typing) {}
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Runtime::new()?;
//! # let server = Server::new(ChatServer).listen("ws://127.0.0.1:0");
//! # let server = runtime.block_on(async { server.await.map(|server| server.spawn()) })?;
//! # let url = server.url();
//! let chat = mitto::blocking::connect::<ChatClient>(url)?; // or builder().connect_blocking(url)
//! assert_eq!(chat.ping(Ping { n: 1 }).wait()?, 1);
//! chat.typing(Typing { user: "Ada".into() }).wait()?;
//! for n in chat.count(Count { to: 3 }).wait()? {
//!     println!("{}", n?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A thread that runs async tasks must not wait: `wait` panics there and says so. Within a handler of the
//! client that is true, too, unless it is `#[handler(blocking)]`.
//!
//! The connection is closed with the last clone of the stub or of its peer. Dropping that one waits until
//! what was sent is on its way and goodbye is said, for up to 500 milliseconds.

mod background;
mod connect;
mod iter;
mod park;
mod wait;

pub use background::Background;
pub use connect::connect;
pub use iter::{Iter, iter};
pub use wait::{Waited, Waits, wait};

#[cfg(doc)]
use crate::peer::Call;
