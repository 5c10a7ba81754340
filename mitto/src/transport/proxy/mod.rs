//! Reaches servers through an HTTP proxy (CONNECT, RFC 9110, section 9.3.6).

use std::fmt;

use data_encoding::BASE64;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::TransportError;
use super::http::{Head, MAX_BYTES, MAX_HEADERS, NoHead};
use super::socket::{Scheme, SocketUrl, connect_tcp};

const HTTP: Scheme = Scheme {
    prefix: "http://",
    port: None,
    tls: false,
    path: false,
};

/// An HTTP proxy, for the `proxy` method of a transport. TLS goes through it to the server; the way
/// to the proxy itself is plain.
///
/// # Examples
///
/// ```
/// use mitto::transport::proxy::Proxy;
/// use mitto::transport::tcp::Tcp;
///
/// # fn main() -> Result<(), mitto::transport::TransportError> {
/// let transport = Tcp::new().proxy(Proxy::new("http://user:password@proxy.example:3128")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Proxy {
    url: SocketUrl,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

impl Proxy {
    /// A proxy by its URL: `http://host:port`, or `http://user:password@host:port`, which sends them
    /// with Basic authentication. In user and password, `%` and what has a meaning in a URL are
    /// escaped with %.
    ///
    /// # Errors
    ///
    /// The URL is malformed, of another scheme, or names no port. The error does not show the
    /// password.
    pub fn new(url: &str) -> Result<Self, TransportError> {
        let (user, rest) = split_user(url);
        let invalid = |reason: &str| TransportError::invalid_url(&rest, reason);
        let parsed = SocketUrl::parse(&rest, &[HTTP])?;
        let authorization = match user {
            None => None,
            Some(user) => {
                let (name, password) = user.split_once(':').unwrap_or((user, ""));
                let wrong = || invalid("a % in user or password begins no escape");
                let mut credentials = unescape(name).ok_or_else(wrong)?;
                if credentials.contains(&b':') {
                    return Err(invalid("a user may hold no `:`"));
                }
                credentials.push(b':');
                credentials.extend(unescape(password).ok_or_else(wrong)?);
                Some(format!("Basic {}", BASE64.encode(&credentials)))
            }
        };
        Ok(Self {
            url: parsed,
            authorization,
        })
    }

    /// Reaches `place`, host and port, through the proxy.
    pub(super) async fn connect(&self, place: &str) -> Result<TcpStream, TransportError> {
        let mut stream = connect_tcp(&self.url, "the proxy ").await?;
        let authorization = match &self.authorization {
            Some(value) => format!("Proxy-Authorization: {value}\r\n"),
            None => String::new(),
        };
        let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{authorization}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let head = Head::read(&mut stream, |first| first == b'H').await;
        let head = head.map_err(explain)?;
        check(head.bytes(), place)?;
        match head.into_rest().is_empty() {
            true => Ok(stream),
            // The client speaks first in every protocol of ours.
            false => Err(failed("the proxy sent more than its answer")),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.url.to_string())
            .field("user", &self.authorization.is_some())
            .finish()
    }
}

/// The user, password included, and the URL without them.
fn split_user(url: &str) -> (Option<&str>, String) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    // The last one: a password with a `/` or an `@` that is not escaped must not be shown either.
    match rest.rfind('@') {
        Some(at) => (Some(&rest[..at]), format!("{scheme}{}", &rest[at + 1..])),
        None => (None, url.to_owned()),
    }
}

/// What a text means, with its %-escapes.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(plain)
}

fn explain(error: NoHead) -> TransportError {
    match error {
        NoHead::Io(error) => error.into(),
        NoHead::Ended => failed("the proxy closed the connection instead of answering"),
        NoHead::NotHttp(0x15) => failed("the proxy speaks TLS; only plain ones can be used"),
        NoHead::NotHttp(_) => failed("the proxy does not speak HTTP"),
        NoHead::TooLong => failed(&format!("the proxy's answer is over {MAX_BYTES} bytes")),
    }
}

fn check(head: &[u8], place: &str) -> Result<(), TransportError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    if !matches!(response.parse(head), Ok(httparse::Status::Complete(_))) {
        return Err(failed("the proxy's answer is not valid HTTP"));
    }
    match (response.code.unwrap_or(0), response.reason.unwrap_or("")) {
        (200..300, _) => Ok(()),
        (407, _) => Err(failed(
            "the proxy wants a user and password, or others: write `http://user:password@host:port`",
        )),
        (code, reason) => {
            let status = format!("{code} {reason}");
            let status: String = status.trim_end().escape_debug().take(60).collect();
            Err(failed(&format!(
                "the proxy does not connect to {place}: it answered {status}"
            )))
        }
    }
}

fn failed(what: &str) -> TransportError {
    TransportError::Proxy(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_unescaped_and_never_shown() {
        let proxy = Proxy::new("http://me:p%40ss%3A@here:1").unwrap();
        let expected = format!("Basic {}", BASE64.encode(b"me:p@ss:"));
        assert_eq!(proxy.authorization.as_ref(), Some(&expected));
        let shown = format!("{proxy:?}");
        assert!(shown.contains("here:1") && !shown.contains("p%40ss"));
        assert!(!shown.contains(&expected));
        assert_eq!(Proxy::new("http://here:1").unwrap().authorization, None);
    }

    #[test]
    fn unusable_urls_are_refused_without_their_password() {
        for url in [
            "http://me:secret@here",
            "https://me:secret@here:1",
            "http://me:secret%@here:1",
            "http://me:secret%4@here:1",
            "http://m%3Ae:secret@here:1",
            "http://me:secret@here:1/path",
            "http://me:secret@:1",
            "me:secret@here:1",
            "http://me:1/secret@here",
        ] {
            let error = Proxy::new(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
