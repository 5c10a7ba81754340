//! Which web pages may connect, and under which names a server is reached.
//!
//! A browser lets any page open a WebSocket to any server, and sends the user's cookies along; so may a
//! page of anyone's to a server on the user's own machine. It only says where the page comes from.

use super::TransportError;

/// Which web pages may connect to a WebSocket server, and under which names it is reached.
///
/// Without settings a request that has an `Origin`, so one of a browser, is taken only from pages of the
/// server's own host and port. A server that listens on loopback is reached as `localhost`, as a
/// loopback address or by the name that it listens at, and by no other: else a page could give a name of
/// its own the address 127.0.0.1, and be of the same origin.
#[derive(Clone, Debug, Default)]
pub struct WebAccess {
    origins: Vec<String>,
    any_origin: bool,
    hosts: Vec<String>,
    any_host: bool,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "websocket")]
pub(super) enum Unwelcome {
    Origin,
    Host,
}

impl WebAccess {
    /// Takes requests of pages of this origin, too: a scheme, a host, and a port if it is not the
    /// scheme's own, as in `https://app.example.com`.
    pub fn allow_origin(&mut self, origin: impl Into<String>) {
        self.origins.push(origin.into());
    }

    /// Takes requests of any page.
    pub fn allow_any_origin(&mut self) {
        self.any_origin = true;
    }

    /// Takes requests to this host name, too. From then on no other is taken on any address, except
    /// for those that a server on loopback is known by.
    pub fn allow_host(&mut self, host: impl Into<String>) {
        self.hosts.push(host.into());
    }

    /// Takes requests to any host name.
    pub fn allow_any_host(&mut self) {
        self.any_host = true;
    }

    /// Whether what was allowed can ever be met.
    ///
    /// # Errors
    ///
    /// An origin has no scheme, or holds more than one does; a host holds more than a name.
    pub fn check(&self) -> Result<(), TransportError> {
        for origin in &self.origins {
            let rest = origin.split_once("://").map(|(_, rest)| rest);
            if rest.is_none_or(|rest| rest.is_empty() || rest.contains('/')) {
                let reason =
                    "an origin is a scheme, a host and maybe a port: `https://example.com`";
                return Err(TransportError::invalid_url(origin, reason));
            }
        }
        for host in &self.hosts {
            if host.is_empty() || host.contains('/') || host_of(host) != host {
                let reason = "an allowed host is a name without scheme and port: `example.com`";
                return Err(TransportError::invalid_url(host, reason));
            }
        }
        Ok(())
    }
}

#[cfg(feature = "websocket")]
impl WebAccess {
    /// Looks at the headers of a request. `listens_at` is the host that the server listens at, where
    /// that is known.
    pub(super) fn judge(
        &self,
        host: &str,
        origins: &[&[u8]],
        listens_at: Option<&str>,
        encrypted: bool,
    ) -> Result<(), Unwelcome> {
        if !self.any_host && !self.is_known(host_of(host), listens_at) {
            return Err(Unwelcome::Host);
        }
        let welcome = match origins {
            [] => true,
            _ if self.any_origin => true,
            [origin] => std::str::from_utf8(origin)
                .is_ok_and(|origin| self.is_welcome(origin, host, encrypted)),
            _ => false,
        };
        match welcome {
            true => Ok(()),
            false => Err(Unwelcome::Origin),
        }
    }

    fn is_known(&self, host: &str, listens_at: Option<&str>) -> bool {
        let at_loopback = listens_at.filter(|at| is_loopback(at));
        if at_loopback.is_none() && self.hosts.is_empty() {
            return true;
        }
        let known = self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        known || at_loopback.is_some_and(|at| is_loopback(host) || at.eq_ignore_ascii_case(host))
    }

    fn is_welcome(&self, origin: &str, host: &str, encrypted: bool) -> bool {
        if self
            .origins
            .iter()
            .any(|own| own.eq_ignore_ascii_case(origin))
        {
            return true;
        }
        // A browser leaves the scheme's own port out of both. Behind a proxy that ends TLS the page
        // is https and the connection is not; the other way round somebody sits in between.
        match origin.split_once("://") {
            Some((scheme, of)) => {
                let same = of.eq_ignore_ascii_case(host);
                same && (scheme == "https" || scheme == "http" && !encrypted)
            }
            None => false,
        }
    }
}

/// Whether a host, as URLs write it, is this machine whatever a name server says.
#[cfg(feature = "websocket")]
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// A host without its port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

#[cfg(all(test, feature = "websocket"))]
mod tests {
    use super::*;

    fn judge(access: &WebAccess, at: &str, host: &str, origin: &str) -> Result<(), Unwelcome> {
        let origins: Vec<_> = origin.split_whitespace().map(str::as_bytes).collect();
        access.judge(host, &origins, Some(at), false)
    }

    #[test]
    fn defaults_take_the_same_origin_alone() {
        let access = WebAccess::default();
        let (ok, host, origin) = (Ok(()), Err(Unwelcome::Host), Err(Unwelcome::Origin));
        for (at, to, from, expected) in [
            ("127.0.0.1", "127.0.0.1:80", "", ok),
            ("127.0.0.1", "localhost:80", "http://localhost:80", ok),
            ("127.0.0.1", "localhost:80", "http://LOCALHOST:80", ok),
            ("127.0.0.1", "localhost:80", "http://localhost:81", origin),
            ("127.0.0.1", "localhost:80", "https://evil.example", origin),
            ("127.0.0.1", "localhost:80", "null", origin),
            ("127.0.0.1", "localhost:80", "file://", origin),
            (
                "127.0.0.1",
                "localhost",
                "http://localhost.evil.example",
                origin,
            ),
            (
                "127.0.0.1",
                "localhost",
                "http://localhost http://localhost",
                origin,
            ),
            // A name of the attacker's with our address.
            (
                "127.0.0.1",
                "evil.example:80",
                "http://evil.example:80",
                host,
            ),
            ("127.0.0.1", "evil.example:80", "", host),
            ("127.0.0.1", "127.0.0.1.evil.example", "", host),
            ("127.0.0.1", "localhost.", "", host),
            ("::1", "[::1]:80", "http://[::1]:80", ok),
            ("[::1]", "[::1]", "", ok),
            ("localhost", "127.0.0.1", "", ok),
            ("localhost", "", "", host),
            ("0.0.0.0", "chat.example:80", "http://chat.example:80", ok),
            (
                "0.0.0.0",
                "chat.example:80",
                "http://evil.example:80",
                origin,
            ),
            ("0.0.0.0", "chat.example", "https://chat.example", ok),
        ] {
            assert_eq!(judge(&access, at, to, from), expected, "{at} {to} {from}");
        }
        let https = [&b"http://chat.example"[..]];
        let judged = access.judge("chat.example", &https, Some("0.0.0.0"), true);
        assert_eq!(judged, origin);
    }

    #[test]
    fn what_is_allowed_is_taken() {
        let mut access = WebAccess::default();
        access.allow_origin("https://good.example");
        access.allow_host("chat.example");
        access.check().unwrap();
        let at = "0.0.0.0";
        let good = "https://good.example";
        assert_eq!(judge(&access, at, "chat.example:9", good), Ok(()));
        for bad in ["https://good.example.evil.example", "http://good.example"] {
            let judged = judge(&access, at, "chat.example", bad);
            assert_eq!(judged, Err(Unwelcome::Origin), "{bad}");
        }
        let judged = judge(&access, at, "evil.example", good);
        assert_eq!(judged, Err(Unwelcome::Host));
        assert_eq!(judge(&access, "127.0.0.1", "localhost", good), Ok(()));
        access.allow_any_origin();
        access.allow_any_host();
        assert_eq!(judge(&access, "::1", "evil.example", "null"), Ok(()));
    }

    #[test]
    fn what_can_never_be_met_is_refused() {
        for origin in ["example.com", "https://", "https://example.com/", "null"] {
            let mut access = WebAccess::default();
            access.allow_origin(origin);
            access.check().unwrap_err();
        }
        for host in ["", "https://example.com", "example.com:80", "a/b"] {
            let mut access = WebAccess::default();
            access.allow_host(host);
            access.check().unwrap_err();
        }
        let mut access = WebAccess::default();
        access.allow_host("[::1]");
        access.check().unwrap();
    }
}
