use std::fmt;

use crate::transport::TransportError;

const SCHEME: &str = "ws://";
const DEFAULT_PORT: u16 = 80;

/// A `ws://` URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WsUrl {
    /// As written: an IPv6 address keeps its brackets.
    host: String,
    port: u16,
    /// Path and query; starts with `/`.
    target: String,
}

impl WsUrl {
    pub(super) fn parse(url: &str) -> Result<Self, TransportError> {
        let invalid = |reason: &str| TransportError::invalid_url(url, reason);
        let rest = match url.split_at_checked(SCHEME.len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
            _ => return Err(invalid("it does not start with `ws://`")),
        };
        // What goes into the request's head must not be able to end a line of it.
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid("escape spaces and what is not ASCII with %"));
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, target) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        if authority.contains('@') {
            return Err(invalid("it holds a user; send credentials another way"));
        }
        let (host, port) = split_port(authority)
            .ok_or_else(|| invalid("the port is not a number from 0 to 65535"))?;
        if host.is_empty() || host == "[]" {
            return Err(invalid("it names no host"));
        }
        Ok(Self {
            host: host.to_owned(),
            port: port.unwrap_or(DEFAULT_PORT),
            target: match target.starts_with('/') {
                true => target.to_owned(),
                false => format!("/{target}"),
            },
        })
    }

    /// The host to look up, without brackets.
    pub(super) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The same URL with the port that the system has chosen.
    pub(super) fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Host and port, as the `Host` header wants it.
    pub(super) fn authority(&self) -> String {
        match self.port {
            DEFAULT_PORT => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    /// The path alone.
    pub(super) fn path(&self) -> &str {
        path_of(&self.target)
    }
}

impl fmt::Display for WsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target.as_str() {
            "/" => "",
            target => target,
        };
        write!(f, "{SCHEME}{}{target}", self.authority())
    }
}

/// The path in front of a query.
pub(super) fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let after_host = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(after_host);
    match port.strip_prefix(':') {
        Some("") => None,
        Some(port) => Some((host, Some(port.parse().ok()?))),
        None if port.is_empty() => Some((host, None)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        for (text, host, port, target, shown) in [
            ("ws://a", "a", 80, "/", "ws://a"),
            ("WS://a:80/", "a", 80, "/", "ws://a"),
            ("ws://a:1/b/c?d=e#f", "a", 1, "/b/c?d=e", "ws://a:1/b/c?d=e"),
            ("ws://a?d", "a", 80, "/?d", "ws://a/?d"),
            ("ws://[::1]:0", "::1", 0, "/", "ws://[::1]:0"),
        ] {
            let url = WsUrl::parse(text).unwrap();
            assert_eq!((url.host(), url.port(), url.target()), (host, port, target));
            assert_eq!(url.to_string(), shown);
        }
    }

    #[test]
    fn unusable_urls_are_refused() {
        for text in [
            "http://a",
            "ws://",
            "ws://:1",
            "ws://[]:1",
            "ws://a:",
            "ws://a:x",
            "ws://a:65536",
            "ws://[::1]1",
            "ws://user:secret@a",
            "ws://a/b c",
            "ws://a/\r\nX: y",
            "ws://ä",
        ] {
            assert!(WsUrl::parse(text).is_err(), "{text}");
        }
    }
}
