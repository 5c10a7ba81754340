use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::{Upgraded, accept_key};
use crate::escaped::Escaped;
use crate::transport::http::{Head, Headers, MAX_BYTES, MAX_HEADERS, NoHead};
use crate::transport::socket::SocketUrl;
use crate::transport::{RequestHeaders, Settings, TransportError};

/// The first byte of what a TLS server answers to plain bytes.
const TLS_ALERT: u8 = 0x15;

/// Asks for a WebSocket.
///
/// # Errors
///
/// The server has no room, answers something else, or the stream fails.
pub(in crate::transport::websocket) async fn client(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    url: &SocketUrl,
    settings: &Settings,
) -> Result<Upgraded, TransportError> {
    let headers = written(&settings.headers)?;
    let subprotocols = match settings.subprotocols.as_slice() {
        [] => String::new(),
        offered => format!("Sec-WebSocket-Protocol: {}\r\n", offered.join(", ")),
    };
    let key = BASE64.encode(&rand::random::<[u8; 16]>());
    let request = format!(
        "GET {} HTTP/1.1\r\n\
         Host: {}\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\n\
         Sec-WebSocket-Version: 13\r\n\
         {subprotocols}\
         {headers}\r\n",
        url.target(),
        url.authority(),
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let head = Head::read(stream, |first| first == b'H')
        .await
        .map_err(explain)?;
    let subprotocol = check(head.bytes(), &key, &settings.subprotocols)?;
    Ok(Upgraded {
        rest: head.into_rest(),
        subprotocol,
    })
}

/// The user's own headers, as lines. The error names a header and never its value.
fn written(headers: &RequestHeaders) -> Result<String, TransportError> {
    const OWN: [&str; 5] = [
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "upgrade",
    ];
    let mut lines = String::new();
    for (name, value) in headers.iter() {
        let lower = name.to_ascii_lowercase();
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let reason = if name.is_empty() || !name.bytes().all(is_word) {
            "a name is letters, digits and `-`"
        } else if OWN.contains(&lower.as_str()) || lower.starts_with("sec-websocket-") {
            "it belongs to the handshake"
        } else if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            "a value is visible ASCII and spaces"
        } else {
            lines.extend([name, ": ", value, "\r\n"]);
            continue;
        };
        let text = format!("the header `{}` cannot be sent: {reason}", Escaped(name));
        return Err(TransportError::Handshake(text));
    }
    Ok(lines)
}

fn explain(error: NoHead) -> TransportError {
    TransportError::Handshake(match error {
        NoHead::Io(error) => return error.into(),
        NoHead::Ended => "the server closed the connection during the handshake".to_owned(),
        NoHead::NotHttp(TLS_ALERT) => "the server speaks TLS; connect to it with wss://".to_owned(),
        NoHead::NotHttp(_) => {
            "the server does not speak HTTP; is it a WebSocket server?".to_owned()
        }
        NoHead::TooLong => format!("the server's answer is over {MAX_BYTES} bytes"),
    })
}

/// Checks the server's answer, and returns the subprotocol that it names.
fn check(
    head: &[u8],
    key: &str,
    offered: &[&'static str],
) -> Result<Option<&'static str>, TransportError> {
    let handshake = |text: &str| Err(TransportError::Handshake(text.to_owned()));
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    if !matches!(response.parse(head), Ok(httparse::Status::Complete(_))) {
        return handshake("the server's answer is not valid HTTP");
    }
    match (response.code, response.reason) {
        (Some(101), _) => {}
        (Some(503), _) => return Err(TransportError::Refused),
        (code, reason) => {
            let status = format!("{} {}", code.unwrap_or(0), reason.unwrap_or(""));
            let status: String = status.trim_end().escape_debug().take(60).collect();
            return handshake(&format!(
                "the server answered {status}, not a WebSocket upgrade"
            ));
        }
    }
    let headers = Headers(response.headers);
    if !headers.lists("upgrade", "websocket")
        || !headers.lists("connection", "upgrade")
        || headers.one("sec-websocket-accept") != Some(accept_key(key.as_bytes()).as_bytes())
    {
        return handshake("the server's answer is no WebSocket upgrade");
    }
    if headers.all("sec-websocket-extensions").next().is_some() {
        return handshake("the server uses an extension that was not offered");
    }
    let mut subprotocol = None;
    for named in headers.all("sec-websocket-protocol") {
        subprotocol = offered
            .iter()
            .copied()
            .find(|name| named == name.as_bytes());
        if subprotocol.is_none() {
            return handshake("the server uses a subprotocol that was not offered");
        }
    }
    Ok(subprotocol)
}
