use std::fmt;
use std::sync::Arc;

use super::{Transport, TransportError};

/// The schemes that need a cargo feature, and which; Unix sockets need a Unix, too.
const FEATURES: &[(&str, &str)] = &[
    ("tcp", "`tcp`"),
    ("tls", "`tls`"),
    ("unix", "`unix`"),
    ("ws", "`websocket`"),
    ("wss", "`websocket` and `tls`"),
];

/// The one place where a URL's scheme picks the transport: the user's own first, then the built-in
/// ones.
#[derive(Clone)]
pub struct Transports {
    all: Vec<Arc<dyn Transport>>,
}

impl Transports {
    /// The given transports, and the built-in ones behind them: a given one that serves the same
    /// scheme is taken instead.
    pub fn new(custom: Vec<Arc<dyn Transport>>) -> Self {
        let built_in: Vec<Arc<dyn Transport>> = vec![
            #[cfg(feature = "websocket")]
            Arc::new(super::websocket::WebSocket::new()),
            #[cfg(feature = "tcp")]
            Arc::new(super::tcp::Tcp::new()),
            #[cfg(all(feature = "unix", unix))]
            Arc::new(super::unix::Unix::new()),
        ];
        Self {
            all: custom.into_iter().chain(built_in).collect(),
        }
    }

    /// The transport for a URL.
    ///
    /// # Errors
    ///
    /// The URL has no scheme, or one that no transport serves: then the error names the known ones,
    /// or the cargo feature that is off.
    pub fn by_url(&self, url: &str) -> Result<&Arc<dyn Transport>, TransportError> {
        let Some((scheme, _)) = url.split_once("://") else {
            let reason = "it has no scheme; write `ws://127.0.0.1:8080`, for example";
            return Err(TransportError::invalid_url(url, reason));
        };
        let scheme = scheme.to_ascii_lowercase();
        self.all
            .iter()
            .find(|transport| transport.schemes().contains(&scheme.as_str()))
            .ok_or_else(|| self.unknown(scheme))
    }

    fn unknown(&self, scheme: String) -> TransportError {
        let known: Vec<_> = self
            .all
            .iter()
            .flat_map(|transport| transport.schemes())
            .copied()
            .collect();
        let hint = if let Some((_, feature)) = FEATURES.iter().find(|(of, _)| *of == scheme) {
            format!("turn on the cargo feature {feature} of mitto")
        } else if scheme == "memory" {
            "give both ends the same `Memory` with `.transport(memory.clone())`".to_owned()
        } else {
            format!("known are {}", known.join(", "))
        };
        TransportError::UnknownScheme {
            scheme,
            known,
            hint,
        }
    }
}

impl Default for Transports {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl fmt::Debug for Transports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.all.iter().map(|transport| transport.schemes()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::memory::Memory;

    #[test]
    fn scheme_picks_the_transport() {
        let transports = Transports::new(vec![Arc::new(Memory::new())]);
        assert!(transports.by_url("MEMORY://a").is_ok());
    }

    #[test]
    fn unknown_scheme_lists_the_known_ones() {
        let transports = Transports::new(vec![Arc::new(Memory::new())]);
        let error = transports.by_url("gopher://a").err().unwrap().to_string();
        assert!(error.contains("`gopher://`"), "{error}");
        assert!(error.contains("memory"), "{error}");
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn scheme_of_a_feature_that_is_off_names_it() {
        let error = Transports::default().by_url("tls://a").err().unwrap();
        assert!(error.to_string().contains("feature `tls`"), "{error}");
        let error = Transports::default().by_url("wss://a").err().unwrap();
        assert!(error.to_string().contains("and `tls`"), "{error}");
    }

    #[test]
    fn memory_without_an_instance_says_what_to_do() {
        let error = Transports::default().by_url("memory://a").err().unwrap();
        assert!(error.to_string().contains(".transport("), "{error}");
    }
}
