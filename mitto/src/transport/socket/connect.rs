use std::io;

use tokio::net::TcpStream;

use super::SocketUrl;
use crate::transport::TransportError;

/// Connects to the host and port of a URL. `what` goes in front of them in an error.
pub(crate) async fn connect_tcp(url: &SocketUrl, what: &str) -> Result<TcpStream, TransportError> {
    let stream = TcpStream::connect((url.host(), url.port())).await;
    let stream = stream.map_err(|source| {
        let place = url.authority();
        let what = match source.kind() {
            io::ErrorKind::ConnectionRefused => format!("nothing listens at {what}{place}"),
            _ => format!("cannot connect to {what}{place}"),
        };
        TransportError::Connect { what, source }
    })?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
