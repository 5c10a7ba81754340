//! URLs of servers, with what they say of who connects.

use async_nats::ServerAddr;

use crate::queue::broker::{BrokerError, percent};

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Login {
    Nobody,
    Token(String),
    User(String, String),
}

/// A URL, taken apart.
pub(super) struct Servers {
    pub(super) addresses: Vec<ServerAddr>,
    pub(super) login: Login,
}

impl Servers {
    pub(super) fn parse(url: &str) -> Result<Self, BrokerError> {
        let invalid = |why: &str| BrokerError::Url {
            url: without_password(url),
            why: why.to_owned(),
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(invalid("it does not start with nats:// or tls://"));
        };
        if !matches!(scheme, "nats" | "tls") {
            return Err(invalid("it does not start with nats:// or tls://"));
        }
        let mut login = Login::Nobody;
        let mut addresses = Vec::new();
        for server in rest.trim_end_matches('/').split(',') {
            let server = server.trim();
            let server = server.strip_prefix("nats://").unwrap_or(server);
            let server = server.strip_prefix("tls://").unwrap_or(server);
            let host = match server.rsplit_once('@') {
                Some((said, host)) => {
                    if login == Login::Nobody {
                        login = self::login(said)
                            .ok_or_else(|| invalid("what is before the @ is not UTF-8"))?;
                    }
                    host
                }
                None => server,
            };
            if host.is_empty() || host.contains(['/', '?', '#']) {
                return Err(invalid("it has to name a host, and nothing after its port"));
            }
            let address = format!("{scheme}://{host}").parse();
            addresses.push(address.map_err(|_| invalid("its host or port is none"))?);
        }
        Ok(Self { addresses, login })
    }
}

/// A URL for people: with the user, without password and token.
pub(super) fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let servers: Vec<String> = rest.split(',').map(server_without_password).collect();
    match scheme {
        "" => servers.join(","),
        scheme => format!("{scheme}://{}", servers.join(",")),
    }
}

fn server_without_password(server: &str) -> String {
    match server.rsplit_once('@') {
        None => server.to_owned(),
        Some((said, host)) => match said.split_once(':') {
            Some((user, _)) => format!("{user}@{host}"),
            None => host.to_owned(),
        },
    }
}

fn login(said: &str) -> Option<Login> {
    Some(match said.split_once(':') {
        Some((user, password)) => Login::User(decoded(user)?, decoded(password)?),
        None => Login::Token(decoded(said)?),
    })
}

/// Without percent-encoding.
fn decoded(text: &str) -> Option<String> {
    String::from_utf8(percent::bytes(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_taken_from_the_url() {
        let servers = Servers::parse("nats://ada:p%40ss@one:4333,two").expect("a URL");
        assert_eq!(servers.login, Login::User("ada".into(), "p@ss".into()));
        let hosts: Vec<_> = servers
            .addresses
            .iter()
            .map(|address| (address.host(), address.port()))
            .collect();
        assert_eq!(hosts, [("one", 4333), ("two", 4222)]);
    }

    #[test]
    fn what_is_alone_before_the_host_is_a_token() {
        let servers = Servers::parse("tls://s3cret@one").expect("a URL");
        assert_eq!(servers.login, Login::Token("s3cret".into()));
    }

    #[test]
    fn secrets_are_not_shown() {
        for (url, shown) in [
            ("nats://ada:pass@one", "nats://ada@one"),
            ("nats://token@one:1", "nats://one:1"),
            ("nats://a:b@one,c:d@two", "nats://a@one,c@two"),
            ("a:b@one", "a@one"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "one:4222",
            "amqp://one",
            "nats://",
            "nats://one/two",
            "nats://one:port",
        ] {
            assert!(Servers::parse(url).is_err(), "{url}");
        }
    }
}
