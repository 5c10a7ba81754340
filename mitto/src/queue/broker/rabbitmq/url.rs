//! Where the broker is.

use lapin::uri::{AMQPUri, SASLMechanism};

use crate::queue::broker::BrokerError;

/// How long a line waits for a sign of life, in seconds: it is lost after twice that.
const HEARTBEAT: u16 = 10;

/// A URL, taken apart.
#[derive(Clone)]
pub(super) struct Url {
    pub(super) uri: AMQPUri,
    /// Without its password.
    pub(super) shown: String,
}

impl Url {
    /// Reads `amqp://user:password@host:port/virtual%2fhost`.
    pub(super) fn parse(url: &str) -> Result<Self, BrokerError> {
        let shown = without_password(url);
        let wrong = |why: &str| BrokerError::Url {
            url: shown.clone(),
            why: why.to_owned(),
        };
        if !(url.starts_with("amqp://") || url.starts_with("amqps://")) {
            return Err(wrong("it begins with neither `amqp://` nor `amqps://`"));
        }
        // The parser's own words may quote the URL.
        let mut uri: AMQPUri = url.parse().map_err(|_| {
            wrong(
                "write `amqp://user:password@host:port/vhost`, with signs in a part as in `%2f` for `/`",
            )
        })?;
        if let Some(host) = ipv6(url) {
            host.clone_into(&mut uri.authority.host);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self { uri, shown })
    }

    /// Who the broker finds that we are, where it checks that by name.
    pub(super) fn user(&self) -> Option<&str> {
        match self.uri.query.auth_mechanism {
            None | Some(SASLMechanism::Plain | SASLMechanism::AMQPlain) => {
                Some(&self.uri.authority.userinfo.username)
            }
            _ => None,
        }
    }
}

/// The URL with `***` in place of a password, whatever else may be wrong with it.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return match url.contains('@') {
            true => "***".to_owned(),
            false => url.to_owned(),
        };
    };
    let Some((user, place)) = rest.rsplit_once('@') else {
        return url.to_owned();
    };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
        None => format!("{scheme}://{user}@{place}"),
    }
}

/// The address in brackets, which the parser leaves out.
fn ipv6(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?.strip_prefix('[')?;
    Some(host.split_once(']')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_never_shown() {
        for (url, shown) in [
            ("amqp://me:secret@host/v", "amqp://me:***@host/v"),
            ("amqp://me:s@c:ret@host", "amqp://me:***@host"),
            ("amqp://me@host", "amqp://me@host"),
            ("amqp://host:5672", "amqp://host:5672"),
            ("me:secret@host", "***"),
            ("http://me:secret@host", "http://me:***@host"),
            ("amqp://me:secret@host:port", "amqp://me:***@host:port"),
        ] {
            assert_eq!(without_password(url), shown);
            if let Err(error) = Url::parse(url) {
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn parts_are_found() {
        let url = Url::parse("amqp://me:p%40ss@[::1]:5673/%2f").expect("a URL");
        let authority = &url.uri.authority;
        assert_eq!((authority.host.as_str(), authority.port), ("::1", 5673));
        assert_eq!(authority.userinfo.password, "p@ss");
        assert_eq!((url.uri.vhost.as_str(), url.user()), ("/", Some("me")));
        let url = Url::parse("amqps://127.0.0.1").expect("a URL");
        let authority = &url.uri.authority;
        assert_eq!(
            (authority.host.as_str(), authority.port),
            ("127.0.0.1", 5671)
        );
        assert_eq!(url.uri.query.heartbeat, Some(10));
    }

    #[test]
    fn wrong_urls_say_what_to_write() {
        for url in ["http://host", "amqp://host:port", "host"] {
            let error = Url::parse(url).err().expect("it is wrong").to_string();
            assert!(error.contains(url) && error.contains("amqp://"), "{error}");
        }
    }
}
