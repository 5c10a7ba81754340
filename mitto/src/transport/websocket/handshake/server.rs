use data_encoding::BASE64;
use tokio::io::AsyncWriteExt;

use super::{Upgraded, accept_key};
use crate::transport::http::{Head, Headers, MAX_BYTES, MAX_HEADERS, NoHead};
use crate::transport::socket::{ByteStream, path_of, say_and_close};
use crate::transport::web_access::Unwelcome;
use crate::transport::{Settings, TransportError, UpgradeRequest};

/// An answer that turns a peer away: status line, further headers, and a text for people.
pub(in crate::transport::websocket) type Refusal = (&'static str, &'static str, &'static str);

pub(in crate::transport::websocket) const NO_ROOM: Refusal = (
    "503 Service Unavailable",
    "",
    "no room for more connections",
);
const TOO_LONG: Refusal = (
    "431 Request Header Fields Too Large",
    "",
    "the request's head is too large",
);
const MALFORMED: Refusal = ("400 Bad Request", "", "this is not a valid HTTP request");
const BAD_UPGRADE: Refusal = (
    "400 Bad Request",
    "",
    "this is not a valid WebSocket upgrade",
);
const BAD_ORIGIN: Refusal = (
    "403 Forbidden",
    "",
    "this server does not answer pages of this origin: allow it with `Server::allow_origin`",
);
const BAD_HOST: Refusal = (
    "403 Forbidden",
    "",
    "this server is not known by this host name: allow it with `Server::allow_host`",
);
const NOT_FOUND: Refusal = ("404 Not Found", "", "nothing is here");
const UPGRADE: Refusal = (
    "426 Upgrade Required",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
    "this place speaks WebSocket (version 13) only: connect to it with ws://",
);

/// Where a server answers, and whom.
pub(in crate::transport::websocket) struct Place<'a> {
    /// The path; `/` stands for any.
    pub(in crate::transport::websocket) path: &'a str,
    /// The host that it listens at, if that is known.
    pub(in crate::transport::websocket) host: Option<&'a str>,
    /// Whether the stream is.
    pub(in crate::transport::websocket) encrypted: bool,
    pub(in crate::transport::websocket) settings: &'a Settings,
}

/// Answers a client that asks for a WebSocket at `place`. Returns the request as well. One that asks for
/// anything else gets a short HTTP answer.
///
/// # Errors
///
/// The request is no upgrade to WebSocket, or the stream fails.
pub(in crate::transport::websocket) async fn server(
    stream: &mut impl ByteStream,
    place: &Place<'_>,
) -> Result<(Upgraded, UpgradeRequest), TransportError> {
    let head = match Head::read(stream, |first| first.is_ascii_alphabetic()).await {
        Ok(head) => head,
        Err(NoHead::Io(error)) => return Err(error.into()),
        Err(NoHead::Ended) => {
            return Err(failed("the client closed the connection in the handshake"));
        }
        Err(NoHead::NotHttp(_)) => {
            turn_away(stream, MALFORMED).await;
            return Err(failed("the client does not speak plain HTTP; is it TLS?"));
        }
        Err(NoHead::TooLong) => {
            turn_away(stream, TOO_LONG).await;
            return Err(failed(&format!("a request head over {MAX_BYTES} bytes")));
        }
    };
    match answer(head.bytes(), place) {
        Ok((answer, subprotocol, request)) => {
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
            let rest = head.into_rest();
            Ok((Upgraded { rest, subprotocol }, request))
        }
        Err(refusal) => {
            turn_away(stream, refusal).await;
            Err(failed(&format!(
                "a request was answered {}: {}",
                refusal.0, refusal.2
            )))
        }
    }
}

/// Answers that there is no room, without reading the request.
pub(in crate::transport::websocket) async fn refuse(stream: &mut impl ByteStream) {
    turn_away(stream, NO_ROOM).await;
}

type Answer = (String, Option<&'static str>, UpgradeRequest);

fn answer(head: &[u8], place: &Place<'_>) -> Result<Answer, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(TOO_LONG),
        _ => return Err(MALFORMED),
    }
    let asked = Asked {
        method: request.method.unwrap_or_default(),
        http_1_1: request.version == Some(1),
        target: request.path.unwrap_or("/"),
        headers: Headers(request.headers),
    };
    let (key, subprotocol) = asked.check(place)?;
    let confirmed = subprotocol.map_or_else(String::new, |name| {
        format!("Sec-WebSocket-Protocol: {name}\r\n")
    });
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\n\
         {confirmed}\r\n"
    );
    Ok((answer, subprotocol, asked.into_request()))
}

/// A request for a WebSocket.
pub(in crate::transport::websocket) struct Asked<'a> {
    pub(in crate::transport::websocket) method: &'a str,
    pub(in crate::transport::websocket) http_1_1: bool,
    pub(in crate::transport::websocket) target: &'a str,
    pub(in crate::transport::websocket) headers: Headers<'a>,
}

impl Asked<'_> {
    /// What answers the key, and the subprotocol of those offered.
    pub(in crate::transport::websocket) fn check(
        &self,
        place: &Place<'_>,
    ) -> Result<(String, Option<&'static str>), Refusal> {
        let Self {
            target, headers, ..
        } = self;
        if place.path != "/" && path_of(target) != place.path {
            return Err(NOT_FOUND);
        }
        if !headers.lists("upgrade", "websocket")
            || headers.one("sec-websocket-version") != Some(b"13")
        {
            return Err(UPGRADE);
        }
        let key = headers.one("sec-websocket-key").unwrap_or_default();
        let whole_key = matches!(BASE64.decode(key), Ok(nonce) if nonce.len() == 16);
        if self.method != "GET"
            || !self.http_1_1
            || !headers.lists("connection", "upgrade")
            || headers.one("host").is_none()
            || !whole_key
        {
            return Err(BAD_UPGRADE);
        }
        let host = headers
            .one("host")
            .and_then(|host| std::str::from_utf8(host).ok());
        let origins: Vec<_> = headers.all("origin").collect();
        let web = &place.settings.web;
        web.judge(
            host.unwrap_or_default(),
            &origins,
            place.host,
            place.encrypted,
        )
        .map_err(|unwelcome| match unwelcome {
            Unwelcome::Origin => BAD_ORIGIN,
            Unwelcome::Host => BAD_HOST,
        })?;
        let spoken = &place.settings.subprotocols;
        let offered = headers.all("sec-websocket-protocol");
        let subprotocol = offered
            .flat_map(|list| list.split(|byte| *byte == b','))
            .find_map(|offer| {
                let offer = offer.trim_ascii();
                spoken.iter().copied().find(|name| offer == name.as_bytes())
            });
        Ok((accept_key(key), subprotocol))
    }

    pub(in crate::transport::websocket) fn into_request(self) -> UpgradeRequest {
        let headers = self.headers.0.iter();
        let headers = headers.map(|header| (header.name.to_owned(), header.value.to_vec()));
        UpgradeRequest::new(self.target, headers.collect())
    }
}

async fn turn_away(stream: &mut impl ByteStream, (status, headers, text): Refusal) {
    let connection = if headers.is_empty() {
        "Connection: close\r\n"
    } else {
        ""
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}{connection}Content-Type: text/plain\r\n\
         Content-Length: {}\r\n\r\n{text}\n",
        text.len() + 1
    );
    say_and_close(stream, answer.as_bytes()).await;
}

fn failed(what: &str) -> TransportError {
    TransportError::Handshake(what.to_owned())
}
