use std::fmt;

use crate::transport::TransportError;

/// A URL scheme over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// With `://`.
    pub(crate) prefix: &'static str,
    /// The port where a URL names none.
    pub(crate) port: Option<u16>,
    /// Whether TLS goes around it.
    pub(crate) tls: bool,
    /// Whether a URL may hold a path and a query.
    pub(crate) path: bool,
}

/// A URL of a [`Scheme`], taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketUrl {
    scheme: Scheme,
    /// As written: an IPv6 address keeps its brackets.
    host: String,
    port: u16,
    /// Path and query; starts with `/`.
    target: String,
}

impl SocketUrl {
    /// Takes apart a URL of one of `schemes`.
    pub(crate) fn parse(url: &str, schemes: &[Scheme]) -> Result<Self, TransportError> {
        let invalid = |reason: &str| TransportError::invalid_url(url, reason);
        let found = schemes.iter().find_map(|scheme| {
            let (prefix, rest) = url.split_at_checked(scheme.prefix.len())?;
            let same = prefix.eq_ignore_ascii_case(scheme.prefix);
            same.then_some((*scheme, rest))
        });
        let Some((scheme, rest)) = found else {
            let prefixes: Vec<_> = schemes.iter().map(|scheme| scheme.prefix).collect();
            let reason = format!("it does not start with {}", prefixes.join(" or "));
            return Err(invalid(&reason));
        };
        // What goes into a request's head must not be able to end a line of it.
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
        if target != "/" && !scheme.path {
            return Err(invalid("nothing may follow host and port"));
        }
        let (host, port) = split_port(authority)
            .ok_or_else(|| invalid("the port is not a number from 0 to 65535"))?;
        if host.is_empty() || host == "[]" {
            return Err(invalid("it names no host"));
        }
        let port = port
            .or(scheme.port)
            .ok_or_else(|| invalid("it names no port"))?;
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            target: match target.starts_with('/') {
                true => target.to_owned(),
                false => format!("/{target}"),
            },
        })
    }

    /// Whether TLS goes around it.
    #[cfg(any(feature = "tls", test))]
    pub(crate) fn tls(&self) -> bool {
        self.scheme.tls
    }

    /// The host to look up, without brackets.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The same URL with the port that the system has chosen.
    pub(crate) fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Host and port; the port only if it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        match Some(self.port) == self.scheme.port {
            true => self.host.clone(),
            false => self.host_and_port(),
        }
    }

    /// Host and port.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(feature = "websocket")]
impl SocketUrl {
    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// The path alone.
    pub(crate) fn path(&self) -> &str {
        path_of(&self.target)
    }
}

impl fmt::Display for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target.as_str() {
            "/" => "",
            target => target,
        };
        write!(f, "{}{}{target}", self.scheme.prefix, self.authority())
    }
}

/// The path in front of a query.
#[cfg(feature = "websocket")]
pub(crate) fn path_of(target: &str) -> &str {
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

    const WS: Scheme = Scheme {
        prefix: "ws://",
        port: Some(80),
        tls: false,
        path: true,
    };
    const TLS: Scheme = Scheme {
        prefix: "tls://",
        port: None,
        tls: true,
        path: false,
    };

    #[test]
    fn parts_are_found() {
        for (text, host, port, target, shown) in [
            ("ws://a", "a", 80, "/", "ws://a"),
            ("WS://a:80/", "a", 80, "/", "ws://a"),
            ("ws://a:1/b/c?d=e#f", "a", 1, "/b/c?d=e", "ws://a:1/b/c?d=e"),
            ("ws://a?d", "a", 80, "/?d", "ws://a/?d"),
            ("ws://[::1]:0", "::1", 0, "/", "ws://[::1]:0"),
            ("tls://a:1", "a", 1, "/", "tls://a:1"),
            ("tls://a:1/", "a", 1, "/", "tls://a:1"),
        ] {
            let url = SocketUrl::parse(text, &[WS, TLS]).unwrap();
            assert_eq!((url.host(), url.port()), (host, port));
            assert_eq!(url.target, target);
            assert_eq!(url.to_string(), shown);
            assert_eq!(url.tls(), text.starts_with("tls"));
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
            "tls://a",
            "tls://a:1/path",
            "tls://a:1?query",
        ] {
            assert!(SocketUrl::parse(text, &[WS, TLS]).is_err(), "{text}");
        }
    }
}
