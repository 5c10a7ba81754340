//! The keys that both ends of a link know.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;

use super::config::{HostConfig, KeySource};
use super::{ApplyError, CONFIGURE};
use crate::auth::{Authenticator, BearerToken, Claim, Identity, LINK};
use crate::status::Status;
use crate::transport::BoxFuture;

/// The longest key, in bytes.
const MAX: usize = 4096;

/// What may stand behind it.
const LINE_END: usize = "\r\n".len();

/// Reads the key of a host's links, where it has one.
pub(super) fn read(host: &HostConfig) -> Result<Option<String>, ApplyError> {
    let Some(source) = host.key() else {
        return Ok(None);
    };
    let (shown, read) = match source {
        KeySource::Env(name) => {
            let read = std::env::var(name).map_err(|error| error.to_string());
            (format!("the environment variable {name}"), read)
        }
        KeySource::File(path) => {
            let read = beginning(path).map_err(|error| error.to_string());
            (path.display().to_string(), read)
        }
    };
    let key = read.and_then(|text| match text.trim() {
        "" => Err("it is empty".to_owned()),
        key if key.len() > MAX => Err(format!("it is longer than {MAX} bytes")),
        key if key.contains(char::is_control) => Err("it has more than one line".to_owned()),
        key => Ok(key.to_owned()),
    });
    match key {
        Ok(key) => Ok(Some(key)),
        Err(why) => Err(ApplyError::Key {
            host: host.name().to_owned(),
            from: shown,
            why,
        }),
    }
}

/// As much of a file as a key may have, and what shows that there is more.
fn beginning(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = MAX + LINE_END + 1;
    let file = File::open(path)?;
    file.take(most as u64).read_to_string(&mut text)?;
    Ok(text)
}

/// Knows the other servers by the key of the host that listens; it is replaced while it listens.
#[derive(Clone, Default)]
pub(super) struct LinkKey {
    key: Arc<ArcSwapOption<BearerToken>>,
    /// Nobody else is asked who somebody is.
    is_last: bool,
}

impl LinkKey {
    pub(super) fn set(&self, key: Option<&str>) {
        self.key
            .store(key.map(|key| Arc::new(BearerToken::new(key))));
    }

    /// Whether nobody else is asked: then whoever shows something else is refused.
    pub(super) fn last(&self, is_last: bool) -> Self {
        Self {
            is_last,
            ..self.clone()
        }
    }
}

impl Authenticator for LinkKey {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let key = self.key.load();
        let found = match (claim.token(), &*key) {
            (Some(shown), Some(key)) if key.is(shown.secret()) => {
                Ok(Some(Identity::new("link").grant(LINK)))
            }
            (Some(_), _) if self.is_last => Err(Status::denied("the key is not that of this host")),
            _ => Ok(None),
        };
        Box::pin(std::future::ready(found))
    }
}

/// Knows who runs this process, at the other end of a Unix socket.
#[derive(Clone, Default)]
pub(super) struct OwnUser(Arc<OnceLock<u32>>);

impl OwnUser {
    /// The owner of the socket that this process has made.
    pub(super) fn is_owner_of(&self, url: &str) {
        #[cfg(all(unix, feature = "unix"))]
        if let Some(path) = url.strip_prefix("unix://")
            && let Ok(socket) = std::fs::metadata(path)
        {
            let _ = self.0.set(std::os::unix::fs::MetadataExt::uid(&socket));
        }
        let _ = url;
    }
}

impl Authenticator for OwnUser {
    fn authenticate<'a>(
        &'a self,
        claim: &'a Claim,
    ) -> BoxFuture<'a, Result<Option<Identity>, Status>> {
        let user = claim.peer().unix.map(|unix| unix.uid);
        let is_own = user.is_some() && user == self.0.get().copied();
        let own = is_own.then(|| Identity::new("the same user").grant(CONFIGURE));
        Box::pin(std::future::ready(Ok(own)))
    }
}
