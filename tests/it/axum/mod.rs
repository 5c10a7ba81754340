//! Servers without a listener of their own: streams, and a route of an axum app.

mod route;
mod streams;
