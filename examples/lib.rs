//! What the examples of `mitto` share: messages with their providers, as a crate of yours would hold
//! them, and the terminal.

#[path = "shared/chat.rs"]
pub mod chat;
#[path = "shared/echo.rs"]
pub mod echo;
#[path = "shared/terminal.rs"]
pub mod terminal;
