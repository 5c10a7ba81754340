//! Everything that a handler may return.

use mitto::{CallError, Status, handler};
use mitto_test_messages::{Login, LoginError, Ping, Pong, Tick, Token, Typing, Watch};

type Outcome<T, E = Status> = Result<T, E>;

#[handler]
fn plain(req: Ping) -> Pong {
    Pong { n: req.n }
}

#[handler]
async fn status(req: Ping) -> Result<Pong, Status> {
    Ok(Pong { n: req.n })
}

#[handler]
fn alias(req: Ping) -> Outcome<Pong> {
    Ok(Pong { n: req.n })
}

#[handler]
async fn declared(_: Login) -> Outcome<Token, LoginError> {
    Err(LoginError::Unknown)
}

#[handler(spawn)]
async fn call_error(_: Login) -> Result<Token, CallError<LoginError>> {
    Err(CallError::Handler(LoginError::Unknown))
}

#[handler(blocking)]
fn other_status(_: Login) -> Result<Token, Status> {
    Err(Status::denied("nobody"))
}

#[handler]
async fn nothing(_: Typing) {}

#[handler]
fn failing_notification(_: Typing) -> Result<(), Status> {
    Ok(())
}

#[handler]
fn stream(_: Watch) -> impl futures_core::Stream<Item = Tick> + Send + 'static {
    futures_util::stream::empty()
}

#[handler]
async fn late_stream(_: Watch) -> impl futures_core::Stream<Item = Result<Tick, Status>> + Send + 'static {
    futures_util::stream::empty()
}

fn main() {}
