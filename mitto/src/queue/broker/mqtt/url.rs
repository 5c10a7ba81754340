//! URLs of brokers, with what they say of who connects.

use crate::queue::broker::{BrokerError, percent};

/// A URL, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encrypted: bool,
    pub(super) user: Option<String>,
    pub(super) password: Option<Vec<u8>>,
}

impl Url {
    /// Reads `mqtt://user:password@host:port`.
    pub(super) fn parse(url: &str) -> Result<Self, BrokerError> {
        let invalid = |why: &str| BrokerError::Url {
            url: without_password(url),
            why: why.to_owned(),
        };
        let (encrypted, rest) = match url.split_once("://") {
            Some(("mqtt", rest)) => (false, rest),
            Some(("mqtts", rest)) => (true, rest),
            _ => return Err(invalid("it does not start with mqtt:// or mqtts://")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (said, place) = match rest.rsplit_once('@') {
            Some((said, place)) => (Some(said), place),
            None => (None, rest),
        };
        if place.contains(['/', '?', '#']) {
            return Err(invalid("it has to name a host, and nothing after its port"));
        }
        let usual = if encrypted { 8883 } else { 1883 };
        let (host, port) = match place
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            Some((host, port)) => (
                host,
                port.strip_prefix(':').or(port.is_empty().then_some("")),
            ),
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, Some("")),
            },
        };
        let port = match port {
            Some("") => Some(usual),
            port => port.and_then(|port| port.parse().ok()),
        };
        let port = port.ok_or_else(|| invalid("its port is none"))?;
        if host.is_empty() {
            return Err(invalid("it names no host"));
        }
        let (user, password) = match said.map(|said| said.split_once(':').unwrap_or((said, ""))) {
            Some((user, password)) => (
                Some(user),
                said.is_some_and(|said| said.contains(':'))
                    .then_some(password),
            ),
            None => (None, None),
        };
        let user = match user.map(|user| String::from_utf8(percent::bytes(user))) {
            Some(Err(_)) => return Err(invalid("its user is not UTF-8")),
            Some(Ok(user)) => Some(user).filter(|user| !user.is_empty()),
            None => None,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            encrypted,
            user,
            password: password.map(percent::bytes),
        })
    }
}

/// A URL for people: with the user, without the password.
pub(super) fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    match rest.rsplit_once('@') {
        None => url.to_owned(),
        Some((said, place)) => {
            let user = said.split_once(':').map_or(said, |(user, _)| user);
            format!("{scheme}{user}@{place}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let url = Url::parse("mqtt://ada:p%40s:s@one:4333/").expect("a URL");
        assert_eq!((&*url.host, url.port, url.encrypted), ("one", 4333, false));
        assert_eq!(url.user.as_deref(), Some("ada"));
        assert_eq!(url.password.as_deref(), Some(&b"p@s:s"[..]));
        let url = Url::parse("mqtts://[::1]").expect("a URL");
        assert_eq!((&*url.host, url.port, url.encrypted), ("::1", 8883, true));
        assert_eq!((url.user, url.password), (None, None));
        let url = Url::parse("mqtt://token@one").expect("a URL");
        assert_eq!((url.user.as_deref(), url.password), (Some("token"), None));
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("mqtt://ada:pass@one", "mqtt://ada@one"),
            ("mqtt://ada:p@ss@one:1", "mqtt://ada@one:1"),
            ("a:b@one", "a@one"),
            ("mqtt://one", "mqtt://one"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "one:1883",
            "amqp://one",
            "mqtt://",
            "mqtt://:1883",
            "mqtt://one/two",
            "mqtt://one:port",
            "mqtt://[::1",
            "mqtt://[::1]1",
            "mqtt://%ff@one",
        ] {
            assert!(Url::parse(url).is_err(), "{url}");
        }
    }
}
