//! What every transport must do, over each of them; then what is WebSocket's own.

mod end;
mod every;
mod websocket;
mod websocket_raw;
